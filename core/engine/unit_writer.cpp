#include "core/engine/unit_writer.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/engine/copied_log.hpp"
#include "core/engine/unit_in_flight.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
UnitWriter::UnitWriter(EngineContext& engine, StoreHost& host, std::string session_id, Events events)
    : engine_(engine),
      host_(host),
      session_id_(std::move(session_id)),
      events_(std::move(events)),
      topic_(host.topics().get(session_id_)) {}

UnitWriter::~UnitWriter() = default;

void UnitWriter::reset(const Head& head, std::string_view chain_id, bool owned) {
  committed_sequence_ = head.last_sequence;
  committed_hash_ = head.last_sequence == 0 ? hasher_.first(chain_id) : head.hash;
  epoch_ = head.epoch;
  owned_ = owned;
}

void UnitWriter::stage(EventBatch batch, const std::shared_ptr<const EventNames>& names,
                       const std::shared_ptr<EventCredit>& credit, std::size_t credited) {
  const Timestamp now = engine_.clock.now();
  const std::span<EventView> events = batch.events();
  for (std::size_t i = 0; i < events.size(); ++i) {
    EventView& event = events[i];
    if (char* room = batch.id_room(i)) write_event_id(now, room);
    if (!event.timestamp.is_set()) event.timestamp = now;
    event.session_id = names->session_id;
    event.run_id = names->run_id;
    event.provider = names->provider;
    if (event.correlation_id.empty()) event.correlation_id = names->correlation_id;
    if (event.metadata == "{}") event.metadata = names->metadata;
    if (names->spill != nullptr && event.data.size() > names->spill->max_event_bytes) {
      staged_.large.emplace_back(event.data.data(), names->spill);
    }
    staged_.events.push_back(event);
  }
  if (credit != nullptr) {
    if (staged_.credits.empty() || staged_.credits.back().first != credit) {
      staged_.credits.emplace_back(credit, 0);
    }
    staged_.credits.back().second += credited;
  }
  if (staged_.names.empty() || staged_.names.back() != names) staged_.names.push_back(names);
  staged_.batches.push_back(std::move(batch));
}

void UnitWriter::stage(EventType type, const boost::json::object& data,
                       const std::shared_ptr<const EventNames>& names) {
  stage(EventBatch::single(type, engine_.clock.now(), to_text(data)), names);
}

void UnitWriter::stage_copy(const std::shared_ptr<const CopiedLog>& log,
                            const std::shared_ptr<const EventNames>& names) {
  for (EventView event : log->events()) {
    event.session_id = names->session_id;
    staged_.events.push_back(event);
  }
  staged_.names.push_back(log);
  staged_.names.push_back(names);
}

void UnitWriter::stage_run(const std::shared_ptr<RunRow>& row) {
  if (std::find(staged_.runs.begin(), staged_.runs.end(), row) == staged_.runs.end()) staged_.runs.push_back(row);
}

void UnitWriter::stage_record(RecordWrite write) {
  staged_.records.push_back(std::move(write));
}

void UnitWriter::when_durable(std::function<void(const Result<void>&)> handler) {
  staged_.handlers.push_back(std::move(handler));
}

bool UnitWriter::Staged::empty() const noexcept {
  return events.empty() && runs.empty() && records.empty() && handlers.empty() && session == nullptr && !release;
}

void UnitWriter::seal() {
  if (staged_.empty()) return;
  // What is staged from now on changes the rows too, and goes with its own events.
  if (staged_.session != nullptr) staged_.sealed_session = staged_.session->session;
  for (const auto& row : staged_.runs) staged_.sealed_runs.push_back(row->run);
  sealed_.push_back(std::exchange(staged_, {}));
}

void UnitWriter::dispatch() {
  if (in_flight_ != nullptr || (sealed_.empty() && staged_.empty())) return;
  in_flight_ = std::make_shared<Unit>(events_.post, *this);
  Unit& unit = *in_flight_;
  if (sealed_.empty()) {
    unit.content = std::exchange(staged_, {});
  } else {
    unit.content = std::move(sealed_.front());
    sealed_.pop_front();
  }
  unit.session_row = unit.content.session;
  unit.unit.release = unit.content.release;
  unit.unit.session_id = session_id_;
  if (unit.session_row != nullptr) {
    SessionRow& row = *unit.session_row;
    if (!unit.content.as_they_are) {
      row.session.version = row.committed_version + 1;
      row.session.updated_at = engine_.clock.now();
    }
    Session& written = unit.content.sealed_session ? *unit.content.sealed_session : row.session;
    written.version = row.session.version;
    written.updated_at = row.session.updated_at;
    unit.unit.session = SessionWrite{written, row.committed_version};
  }
  for (std::size_t i = 0; i < unit.content.runs.size(); ++i) {
    RunRow& row = *unit.content.runs[i];
    if (!unit.content.as_they_are) row.run.version = row.committed_version + 1;
    Run& written = unit.content.sealed_runs.empty() ? row.run : unit.content.sealed_runs[i];
    written.version = row.run.version;
    unit.unit.runs.push_back(RunWrite{written, row.committed_version});
  }
  unit.unit.records = std::move(unit.content.records);
  drop_repeated();
  const bool nothing_to_write = unit.content.events.empty() && unit.unit.runs.empty() && unit.unit.records.empty() &&
                                unit.session_row == nullptr && !unit.unit.release;
  if (nothing_to_write) {
    succeed();
    return dispatch();  // nothing will come back that would make the next one leave
  }
  failing_since_ns_ = 0;
  failing_reported_ = false;
  backoff_ = {};
  if (!unit.content.large.empty()) return spill();
  send();
}

// An id from outside that stands twice in one unit: the first is the event. (The store knows those of earlier units.)
void UnitWriter::drop_repeated() {
  std::unordered_set<std::string_view> ids;
  std::erase_if(in_flight_->content.events,
                [&](const EventView& event) { return event.caller_id && !ids.insert(event.id).second; });
}

void UnitWriter::number_and_chain(std::vector<EventView>& events) {
  std::uint64_t sequence = committed_sequence_;
  Hash previous = committed_hash_;
  for (EventView& event : events) {
    event.sequence_number = ++sequence;
    if (event.pruned) {
      previous = event.hash = hasher_.link(previous, event);
    } else {
      previous = hasher_.chain(previous, event);
    }
  }
}

void UnitWriter::send() {
  Unit& unit = *in_flight_;
  number_and_chain(unit.content.events);
  unit.unit.events = unit.content.events;
  const bool claims_the_log = !unit.content.events.empty() || unit.session_row != nullptr || unit.unit.release;
  unit.unit.take = claims_the_log && !owned_;
  if (claims_the_log || owned_) {
    unit.unit.owner = host_.host_id();
    unit.unit.epoch = epoch_;
    unit.unit.expected_last_sequence = committed_sequence_;
  }
  unit.session = events_.hold();
  if (!unit.unit.take) return submit(unit);
  host_.register_host(Inline::no, [this, held = in_flight_, session = unit.session](Result<void> registered) {
    if (registered) {
      submit(*held);
    } else {
      held->committed(CommitStatus{CommitOutcome::failed, registered.error()});
    }
  });
}

void UnitWriter::submit(Unit& unit) {
  if (unit.content.acts.empty()) {
    host_.commits().submit(unit);
  } else {
    host_.audit().submit(unit, unit.content.acts);
  }
}

}  // namespace asmgr
