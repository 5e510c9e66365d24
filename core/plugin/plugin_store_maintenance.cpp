#include "core/plugin/plugin_store_maintenance.hpp"

#include <exception>

#include "core/model/json.hpp"
#include "core/plugin/collect.hpp"
#include "core/plugin/host_services.hpp"

namespace asmgr {
namespace {

boost::json::array ranges_json(std::span<const SequenceRange> sequences) {
  boost::json::array ranges;
  for (const SequenceRange& range : sequences) ranges.push_back(boost::json::array{range.first, range.last});
  return ranges;
}

// How many numbers the ranges have; at most UINT64_MAX.
std::uint64_t numbers_in(std::span<const SequenceRange> sequences) {
  std::uint64_t total = 0;
  for (const SequenceRange& range : sequences) {
    const std::uint64_t more = range.last - range.first;
    total = more >= UINT64_MAX - total ? UINT64_MAX : total + more + 1;
  }
  return total;
}

// Reads the one text that an answer is, an object; what is wrong with it goes to `problem`.
boost::json::object one_answer(TextCollector& answer, std::string& problem) {
  if (answer.texts().size() != 1) {
    problem = "it did not push one answer";
    return {};
  }
  auto json = parse_json_object(answer.texts().front(), "answer");
  if (json) return std::move(*json);
  problem = json.error().message();
  return {};
}

std::uint64_t count_in(const boost::json::object& answer, std::string_view key, std::string& problem) {
  const auto found = find_int(answer, key);
  if (found && *found >= 0) return static_cast<std::uint64_t>(*found);
  if (problem.empty()) problem = "its answer's \"" + std::string(key) + "\" is not a whole number of at least 0";
  return 0;
}

std::string take_size(const asmgr_session_size& row, std::string_view previous, SessionSize& out) {
  if (std::string problem = problem_with_text(row.id, "id"); !problem.empty()) return problem;
  out.session_id = view_of_text(row.id);
  if (out.session_id <= previous) return "session '" + out.session_id + "' came after '" + std::string(previous) + "'";
  out.events = row.events;
  out.text_bytes = row.text_bytes;
  return {};
}

std::string take_problem(const asmgr_str& text, StoreProblem& out) {
  if (std::string problem = problem_with_text(text, "problem"); !problem.empty()) return problem;
  const auto json = parse_json_object(view_of_text(text), "problem");
  if (!json) return json.error().message();
  const auto kind = find_string(*json, "kind");
  const auto session_id = find_string(*json, "session_id");
  const auto message = find_string(*json, "message");
  if (!kind || kind->empty()) return "a problem has no \"kind\"";
  if (!session_id) return "a problem has no \"session_id\"";
  if (!message || message->empty()) return "a problem has no \"message\"";
  out = {std::string(*kind), std::string(*session_id), std::string(*message)};
  return {};
}

}  // namespace

std::string PluginStoreMaintenance::missing_functions(const asmgr_store_maintenance* table) {
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, retain), "retain");
  missing.note(ASMGR_HAS(table, check), "check");
  missing.note(ASMGR_HAS(table, sizes), "sizes");
  missing.note(ASMGR_HAS(table, measure), "measure");
  return missing.names();
}

Result<std::uint64_t> PluginStoreMaintenance::retain(const boost::json::object& order, std::string_view key,
                                                     const CancelToken& cancel) {
  const CallSite site = instance_.site("maintenance.retain");
  const std::string order_json = to_text(order);
  TextCollector report;
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.retain, instance_.get(), text_of(order_json), cancel_handle(&cancel), report.sink(), &error);
  if (!report.problem().empty()) return misbehaviour(site, report.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  std::string problem;
  const boost::json::object answer = one_answer(report, problem);
  const std::uint64_t count = problem.empty() ? count_in(answer, key, problem) : 0;
  if (!problem.empty()) return misbehaviour(site, problem);
  return count;
}

Result<std::uint64_t> PluginStoreMaintenance::prune(std::string_view session_id,
                                                    std::span<const SequenceRange> sequences, std::uint32_t batch_size,
                                                    const CancelToken& cancel) {
  const auto pruned = retain(
      {{"prune", {{"session_id", session_id}, {"sequences", ranges_json(sequences)}}}, {"batch_size", batch_size}},
      "events_pruned", cancel);
  if (pruned && *pruned > numbers_in(sequences))
    return misbehaviour(instance_.site("maintenance.retain"),
                        "it says that it pruned " + std::to_string(*pruned) + " events of the " +
                            std::to_string(numbers_in(sequences)) + " it was told");
  return pruned;
}

Result<std::uint64_t> PluginStoreMaintenance::remove(std::string_view session_id, std::uint64_t epoch,
                                                     std::uint32_t batch_size, const CancelToken& cancel) {
  return retain({{"remove", {{"session_id", session_id}, {"epoch", epoch}}}, {"batch_size", batch_size}},
                "rows_removed", cancel);
}

Result<std::uint64_t> PluginStoreMaintenance::compact(const CancelToken& cancel) {
  return retain({{"compact", boost::json::object()}}, "bytes_freed", cancel);
}

Result<std::vector<SessionSize>> PluginStoreMaintenance::sizes(std::string_view after_id, std::uint32_t limit) {
  const CallSite site = instance_.site("maintenance.sizes");
  const std::size_t most = limit == 0 ? 1000 : limit;
  std::vector<SessionSize> rows;
  auto collector = collect<asmgr_session_size>([&](const asmgr_session_size& row) {
    if (rows.size() == most) return "it pushed more than the " + std::to_string(most) + " rows asked for";
    SessionSize size;
    std::string problem = take_size(row, rows.empty() ? after_id : rows.back().session_id, size);
    if (problem.empty()) rows.push_back(std::move(size));
    return problem;
  });
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.sizes, instance_.get(), text_of(after_id), limit, collector.sink(), &error);
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return rows;
}

Result<StoreSize> PluginStoreMaintenance::measure() {
  const CallSite site = instance_.site("maintenance.measure");
  TextCollector answer;
  asmgr_error error;
  const asmgr_status status = call(error, table_.measure, instance_.get(), answer.sink(), &error);
  if (!answer.problem().empty()) return misbehaviour(site, answer.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  std::string problem;
  const boost::json::object json = one_answer(answer, problem);
  StoreSize size;
  if (problem.empty()) {
    size.schema_version = count_in(json, "schema_version", problem);
    size.bytes = count_in(json, "bytes", problem);
    size.free_bytes = count_in(json, "free_bytes", problem);
    size.sessions = count_in(json, "sessions", problem);
    size.runs = count_in(json, "runs", problem);
    size.events = count_in(json, "events", problem);
    size.pruned_events = count_in(json, "pruned_events", problem);
    size.records = count_in(json, "records", problem);
  }
  if (problem.empty() && size.free_bytes > size.bytes) problem = "it has more free bytes than bytes";
  if (problem.empty() && size.pruned_events > size.events) problem = "it has more pruned events than events";
  if (!problem.empty()) return misbehaviour(site, problem);
  return size;
}

Result<void> PluginStoreMaintenance::check(const CancelToken& cancel, const ProblemVisitor& visitor) {
  const CallSite site = instance_.site("maintenance.check");
  GuardedVisits visits;
  auto collector = collect<asmgr_str>(
      [&](const asmgr_str& text) -> std::string {
        StoreProblem found;
        if (std::string problem = take_problem(text, found); !problem.empty()) return problem;
        visits.once([&] { return visitor(found); });
        return {};
      },
      &visits.enough());
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.check, instance_.get(), cancel_handle(&cancel), collector.sink(), &error);
  visits.rethrow();
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK && !visits.enough()) return error_from_call(site, status, error);
  return {};
}

}  // namespace asmgr
