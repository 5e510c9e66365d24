#include "core/engine/copy_writer.hpp"

#include <algorithm>

namespace asmgr {
namespace {

constexpr std::size_t kMaxUnits = 100;  // each has a block of memory
constexpr int kBusyTries = 5;           // each waits as long as the store itself does

Error not_written(const CommitStatus& status, const std::string& store) {
  Error why = status.error.value_or(
      Error(status.outcome == CommitOutcome::ambiguous ? ErrorCode::storage_ambiguous : ErrorCode::storage_error,
            status.outcome == CommitOutcome::busy ? "somebody else writes all the time" : "it did not say why"));
  return std::move(why).with_context("store '" + store + "' did not take what was copied");
}

}  // namespace

CopyCounts& CopyCounts::operator+=(const CopyCounts& more) noexcept {
  sessions += more.sessions;
  runs += more.runs;
  events += more.events;
  records += more.records;
  return *this;
}

Result<void> CopyWriter::add(std::unique_ptr<CopyUnit> unit) {
  if (is_dry()) {
    written_ += unit->brings;
    return {};
  }
  rows_ += unit->rows + 1;
  bytes_ += unit->bytes;
  unit->unit.events = unit->log.events();
  waiting_.push_back(std::move(unit));
  if (rows_ < options_.unit_rows && bytes_ < options_.unit_bytes && waiting_.size() < kMaxUnits) return {};
  return flush();
}

Result<void> CopyWriter::flush() {
  if (waiting_.empty()) return {};
  std::vector<const CommitUnit*> units;
  units.reserve(waiting_.size());
  for (const auto& unit : waiting_) units.push_back(&unit->unit);
  std::vector<UnitResult> results(units.size());
  CommitStatus status = to_.commit(units, results, kWaitStoreLimit);
  for (int i = 1; status.outcome == CommitOutcome::busy && i < kBusyTries; ++i) {
    status = to_.commit(units, results, kWaitStoreLimit);
  }
  if (status.outcome == CommitOutcome::filled) sort_out(std::move(results));
  waiting_.clear();
  rows_ = 0;
  bytes_ = 0;
  if (status.outcome == CommitOutcome::filled) return {};
  return not_written(status, to_.info().name);
}

void CopyWriter::sort_out(std::vector<UnitResult> results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].answer == CommitAnswer::ok) {
      written_ += waiting_[i]->brings;
      continue;
    }
    Error error =
        results[i].error.value_or(Error(ErrorCode::storage_error, "the store refused it and did not say why"));
    refusals_.push_back({waiting_[i]->unit.session_id, std::move(error)});
  }
}

bool CopyWriter::waits(const std::string& session_id) const noexcept {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const auto& unit) { return unit->unit.session_id == session_id; });
}

std::optional<Error> CopyWriter::take_refusal(const std::string& session_id) {
  const auto found = std::find_if(refusals_.begin(), refusals_.end(),
                                  [&](const Refusal& refusal) { return refusal.session_id == session_id; });
  if (found == refusals_.end()) return std::nullopt;
  Error error = std::move(found->error);
  refusals_.erase(found);
  return error;
}

std::vector<CopyProblem> CopyWriter::take_refusals() {
  std::vector<CopyProblem> problems;
  for (const Refusal& refusal : refusals_) problems.push_back({refusal.session_id, refusal.error.message()});
  refusals_.clear();
  return problems;
}

}  // namespace asmgr
