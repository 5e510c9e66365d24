// What a store answers to a unit, and what is done about it.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "core/engine/unit_in_flight.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{20};
constexpr std::chrono::milliseconds kLongestBackoff{1000};

}  // namespace

void UnitWriter::came_back() {
  Unit& unit = *in_flight_;
  if (unit.status.outcome == CommitOutcome::ambiguous) return resolve_ambiguous();
  if (unit.status.outcome != CommitOutcome::filled) {
    return retry(unit.status.error.value_or(
        Error(ErrorCode::storage_connection_failed, "the store was busy for longer than its own limit")));
  }
  switch (unit.result.answer) {
    case CommitAnswer::ok:
      return succeed();
    case CommitAnswer::stale_epoch:
    case CommitAnswer::sequence_conflict:
      return fail(Error(ErrorCode::stale_epoch, "session " + session_id_ + " is owned by another host now"), true);
    case CommitAnswer::version_conflict:
      return resolve_record_conflict();
    case CommitAnswer::already_exists:
      return drop_existing();
    case CommitAnswer::limit_exceeded:
      return fail(unit.result.error.value_or(Error(ErrorCode::policy_violation, "a budget is used up")), false);
    case CommitAnswer::refused:
      break;
  }
  const Error error = unit.result.error.value_or(Error(ErrorCode::storage_write_failed));
  if (error.category() == ErrorCategory::storage) return retry(error);
  fail(error, false);
}

void UnitWriter::succeed() {
  const std::shared_ptr<Unit> unit = std::exchange(in_flight_, nullptr);
  Staged& content = unit->content;
  if (unit->session_row != nullptr) unit->session_row->committed_version = unit->unit.session->session.version;
  for (std::size_t i = 0; i < unit->unit.runs.size(); ++i) {
    content.runs[i]->committed_version = unit->unit.runs[i].run.version;
  }
  if (unit->unit.take) {
    owned_ = true;
    epoch_ = unit->result.epoch;
  }
  if (unit->unit.release) owned_ = false;
  if (!content.events.empty()) {
    committed_sequence_ = content.events.back().sequence_number;
    committed_hash_ = content.events.back().hash;
    auto published = std::make_shared<PublishedUnit>();
    published->events = std::move(content.events);
    published->batches = std::move(content.batches);
    published->names = std::move(content.names);
    topic_->publish(published);
    just_written_ = std::move(published);
  }
  for (const auto& [credit, count] : content.credits) credit->returned(count);
  session_just_written_ = unit->unit.session ? &unit->unit.session->session : nullptr;
  const Result<void> ok;
  for (const auto& handler : content.handlers) handler(ok);
  session_just_written_ = nullptr;
  just_written_.reset();
}

std::span<const EventView> UnitWriter::just_written() const noexcept {
  return just_written_ == nullptr ? std::span<const EventView>() : just_written_->events;
}

void UnitWriter::fail(const Error& error, bool was_lost) {
  const std::shared_ptr<Unit> unit = std::exchange(in_flight_, nullptr);
  const bool was_take = unit->unit.take;
  for (const auto& [credit, count] : unit->content.credits) credit->returned(count);
  if (was_lost) owned_ = false;
  host_.audit().undone(unit->content.acts, error);
  losing_ = was_lost;
  const Result<void> failed = error;
  std::deque<Staged> behind;
  if (was_lost) {  // what was staged upon it must not be written, nor taken for written
    behind = std::exchange(sealed_, {});
    behind.push_back(std::exchange(staged_, {}));
  }
  for (const auto& handler : unit->content.handlers) handler(failed);
  for (const Staged& content : behind) {
    for (const auto& [credit, count] : content.credits) credit->returned(count);
    for (const auto& handler : content.handlers) handler(failed);
  }
  losing_ = false;
  if (was_lost) events_.lost(was_take);
}

std::string UnitWriter::describe() const {
  return "writing to session " + session_id_ + " in store '" + host_.name() + "'";
}

void UnitWriter::retry(const Error& error) {
  if (giving_up_) return fail(Error(error).with_context(describe()), false);
  engine_.happened(Incident::unit_retried, host_.name());
  const std::int64_t now = engine_.clock.monotonic_ns();
  if (failing_since_ns_ == 0) {
    failing_since_ns_ = now;
    engine_.log({.level = ASMGR_LOG_WARN,
                 .message = describe() + " failed: " + error.message() + "; trying again",
                 .session_id = session_id_,
                 .plugin = host_.name()});
  }
  if (!failing_reported_ && now - failing_since_ns_ >= std::chrono::nanoseconds(store_retry_).count()) {
    failing_reported_ = true;
    events_.store_failing(
        Error(ErrorCode::storage_write_failed,
              describe() + " failed for " + std::to_string(store_retry_.count()) + " ms: " + error.message())
            .with_detail("cause", boost::json::value(code_name(error.code()))));
  }
  backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kLongestBackoff);
  auto timer = std::make_shared<boost::asio::steady_timer>(engine_.pool, backoff_);
  timer->async_wait([this, timer, session = events_.hold()](const boost::system::error_code&) {
    events_.post([this, session] {
      if (in_flight_ == nullptr) return;
      if (giving_up_)
        return fail(Error(ErrorCode::storage_write_failed, describe() + " failed and the host ends"), false);
      send();
    });
  });
}

namespace {

// Empty when the store could not be asked.
template <typename T>
std::optional<bool> has_version(const Result<T>& found, std::uint64_t version) {
  if (found) return found->version == version;
  return found.error().category() == ErrorCategory::resource ? std::optional(false) : std::nullopt;
}

// Whether a unit that moves no head was written: by the version of the first thing in it. Empty: nobody can tell.
std::optional<bool> was_written(Store& store, const CommitUnit& unit) {
  if (unit.session) return has_version(store.get_session({}, unit.session_id), unit.session->session.version);
  if (!unit.runs.empty()) {
    const Run& run = unit.runs.front().run;
    return has_version(store.get_run({}, run.id), run.version);
  }
  for (const RecordWrite& write : unit.records) {
    const Record& record = write.record;
    if (write.kind != RecordWrite::Kind::put) continue;
    return has_version(store.get_record(record.tenant, record.kind, record.id), record.version);
  }
  return std::nullopt;
}

}  // namespace

// The head tells: events move its number, a take moves its epoch. For what moves neither the versions do.
void UnitWriter::resolve_ambiguous() {
  engine_.happened(Incident::unit_ambiguous, host_.name());
  host_.read(
      [this, session = events_.hold(), in_question = in_flight_] {
        auto head = host_.store().head(session_id_);
        const std::optional<bool> written = was_written(host_.store(), in_question->unit);
        events_.post([this, session, head = std::move(head), written] {
          if (in_flight_ == nullptr) return;
          Unit& unit = *in_flight_;
          const std::uint64_t before = unit.unit.expected_last_sequence;
          const std::uint64_t after = before + unit.content.events.size();
          if (!head && head.error().code() != ErrorCode::session_not_found) return retry(head.error());
          const bool never_made = !head && unit.unit.take && unit.unit.epoch == 0;
          if (never_made) return send();
          const std::uint64_t epoch = unit.unit.epoch + (unit.unit.take ? 1 : 0);
          const bool ours = head && head->owner == host_.host_id() && head->epoch == epoch;
          const bool moved = after != before || unit.unit.take;
          if (ours && moved && head->last_sequence == after) {
            unit.result.epoch = epoch;
            return succeed();
          }
          if (head && head->epoch == unit.unit.epoch && head->last_sequence == before && moved) return send();
          if (!moved && written) return *written ? succeed() : send();
          if (!moved) {
            return fail(Error(ErrorCode::storage_ambiguous, describe() + ": the outcome of the commit is unknown"),
                        false);
          }
          fail(Error(ErrorCode::stale_epoch, "session " + session_id_ + " is owned by another host now"), true);
        });
      },
      Inline::no);
}

// A record moved (a command expired, an approval was decided): the unit goes again without the writes that came too
// late.
void UnitWriter::resolve_record_conflict() {
  host_.read(
      [this, session = events_.hold(), unit = in_flight_] {
        std::vector<RecordWrite> kept;
        for (const RecordWrite& write : unit->unit.records) {
          if (write.kind == RecordWrite::Kind::add || write.expected_version == kVersionAny) {
            kept.push_back(write);
            continue;
          }
          auto stored = host_.store().get_record(write.record.tenant, write.record.kind, write.record.id);
          const std::uint64_t version = stored ? stored->version : kVersionAbsent;
          if (version == write.expected_version) kept.push_back(write);
        }
        events_.post([this, session, kept = std::move(kept)]() mutable {
          if (in_flight_ == nullptr) return;
          if (kept.size() == in_flight_->unit.records.size()) {
            // A row moved. In a unit that needs the session, only another owner can have done that.
            const bool needs_session = !in_flight_->content.events.empty() || in_flight_->session_row != nullptr;
            return fail(in_flight_->result.error.value_or(Error(ErrorCode::version_conflict)), needs_session);
          }
          in_flight_->unit.records = std::move(kept);
          send();
        });
      },
      Inline::no);
}

// Events that the log has already keep their first number; the others close ranks.
void UnitWriter::drop_existing() {
  std::vector<EventView>& events = in_flight_->content.events;
  std::vector<bool> known(events.size(), false);
  bool any = false;
  for (const ExistingEvent& existing : in_flight_->result.existing) {
    if (existing.index < known.size()) any = known[existing.index] = true;
  }
  if (!any) {
    return fail(Error(ErrorCode::plugin_misbehaved,
                      "store '" + host_.name() + "' answered that events exist and did not say which"),
                false);
  }
  std::size_t index = 0;
  std::erase_if(events, [&](const EventView&) { return known[index++]; });
  send();
}

}  // namespace asmgr
