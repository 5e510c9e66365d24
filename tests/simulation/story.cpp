#include "tests/simulation/story.hpp"

namespace asmgr::simulation {
namespace {

constexpr std::size_t kLines = 2000;

std::string describe(const RecordWrite& write) {
  const Record& record = write.record;
  std::string text = record.kind + " " + record.id;
  if (write.kind == RecordWrite::Kind::remove) return text + " removed";
  return text + "=" + (record.status.empty() ? std::to_string(record.value) : record.status);
}

std::string describe(const CommitUnit& unit) {
  std::string text = unit.session_id + " epoch " + std::to_string(unit.epoch);
  if (unit.take) text += " take";
  if (unit.release) text += " release";
  if (unit.session) text += ", session=" + std::string(status_name(unit.session->session.status));
  for (const RunWrite& write : unit.runs)
    text += ", " + write.run.id + "=" + std::string(status_name(write.run.status));
  for (const RecordWrite& write : unit.records) text += ", " + describe(write);
  for (const EventView& event : unit.events) text += ", +" + std::string(type_name(event.type));
  return text;
}

std::string_view name_of(CommitAnswer answer) {
  switch (answer) {
    case CommitAnswer::ok:
      return "ok";
    case CommitAnswer::version_conflict:
      return "version conflict";
    case CommitAnswer::sequence_conflict:
      return "sequence conflict";
    case CommitAnswer::stale_epoch:
      return "stale epoch";
    case CommitAnswer::already_exists:
      return "already exists";
    case CommitAnswer::limit_exceeded:
      return "limit exceeded";
    case CommitAnswer::refused:
      break;
  }
  return "refused";
}

}  // namespace

void Story::tell(const std::string& who, const std::string& what) {
  using std::chrono::microseconds;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin_).count();
  if (lines_.size() == kLines) lines_.erase(lines_.begin(), lines_.begin() + kLines / 2);
  lines_.push_back(std::to_string(now) + "us " + who + ": " + what + "\n");
}

std::string Story::text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += line;
  return text;
}

std::string describe(std::span<const CommitUnit* const> units, std::span<const UnitResult> results) {
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    text += (i == 0 ? "[" : " [") + describe(*units[i]) + " -> " + std::string(name_of(results[i].answer)) + "]";
  }
  return text;
}

}  // namespace asmgr::simulation
