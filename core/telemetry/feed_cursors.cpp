#include "core/telemetry/feed_cursors.hpp"

#include <array>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kChangeId = "change";
constexpr std::string_view kCaughtUpAt = "caught_up_at";
constexpr std::uint32_t kCursorPage = 1000;

Timestamp caught_up_at(const Record& change) {
  const auto body = parse_json_object(change.body, "a feed's progress");
  if (!body) return {};
  const auto text = find_string(*body, kCaughtUpAt);
  const auto time = text ? parse_timestamp(*text) : Result<Timestamp>(Timestamp{});
  return time ? *time : Timestamp{};
}

}  // namespace

Result<FeedProgress> FeedCursors::read() {
  FeedProgress progress;
  version_ = kVersionAbsent;
  RecordQuery query;
  query.kind = kind_;
  query.limit = kCursorPage;
  while (true) {
    auto records = store_.list_records(query);
    if (!records) return std::move(records).error().with_context("reading the cursors of " + kind_);
    for (const Record& found : *records) {
      if (found.id != kChangeId) {
        progress.delivered[found.id] = static_cast<std::uint64_t>(found.value);
        continue;
      }
      version_ = found.version;
      progress.change = static_cast<std::uint64_t>(found.value);
      progress.caught_up_at = caught_up_at(found);
    }
    if (records->size() < kCursorPage) return progress;
    query.after_id = records->back().id;
  }
}

Record FeedCursors::record(std::string id, std::int64_t value) const {
  Record made;
  made.kind = kind_;
  made.id = std::move(id);
  made.version = 1;
  made.status = "delivered";
  made.value = value;
  return made;
}

Result<void> FeedCursors::write(const Step& step) {
  CommitUnit unit;
  Record change = record(std::string(kChangeId), static_cast<std::int64_t>(step.change));
  change.version = version_ + 1;
  if (step.caught_up_at.is_set()) {
    boost::json::object body;
    body[kCaughtUpAt] = format_timestamp(step.caught_up_at);
    change.body = to_text(body);
  }
  unit.records.push_back(RecordWrite{std::move(change), version_, RecordWrite::Kind::put, 0, 0});
  for (const auto& [session, sequence] : step.moved) {
    if (step.finished.contains(session)) continue;
    unit.records.push_back(
        RecordWrite{record(session, static_cast<std::int64_t>(sequence)), kVersionAny, RecordWrite::Kind::put, 0, 0});
  }
  for (const std::string& session : step.finished) {
    unit.records.push_back(RecordWrite{record(session, 0), kVersionAny, RecordWrite::Kind::remove, 0, 0});
  }
  const std::array<const CommitUnit*, 1> units{&unit};
  std::array<UnitResult, 1> results;
  const CommitStatus status = store_.commit(units, results, kWaitStoreLimit);
  if (status.outcome != CommitOutcome::filled) {
    return status.error.value_or(Error(ErrorCode::storage_connection_failed, "the store was busy"))
        .with_context("writing the cursors of " + kind_);
  }
  if (results[0].answer == CommitAnswer::version_conflict) {
    return Error(ErrorCode::version_conflict, "another process feeds consumer " + kind_ + " too");
  }
  if (results[0].answer != CommitAnswer::ok) {
    return results[0]
        .error.value_or(Error(ErrorCode::storage_write_failed))
        .with_context("writing the cursors of " + kind_);
  }
  ++version_;
  return {};
}

}  // namespace asmgr
