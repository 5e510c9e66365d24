// How a session comes into memory: what is read, when it may be ours, and what recovery writes for a host that died.
#include <algorithm>
#include <set>

#include "core/engine/closed_record.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// After so many recoveries that ended with their host, a session is left alone.
constexpr std::int64_t kMaxRecoveries = 3;
constexpr std::string_view kPendingCommand = "pending";
constexpr std::uint32_t kMaxToolEvents = 100'000;
constexpr std::uint32_t kTranscriptPage = 2'000;

RecordQuery records_of(std::string_view kind, std::string_view status, const std::string& session_id) {
  RecordQuery query;
  query.kind = kind;
  query.status = status;
  query.session_id = session_id;
  return query;
}

}  // namespace

void SessionRuntime::load(Inline where) {
  state_ = State::loading;
  forget_rows();
  host_.read(
      [self = shared_from_this()] {
        auto found = std::make_shared<Loaded>(self->read_all());
        if (self->running_here()) {
          self->loaded(std::move(*found));
        } else {
          self->post([self, found] { self->loaded(std::move(*found)); });
        }
      },
      where);
}

SessionRuntime::Loaded SessionRuntime::read_all() {
  Loaded found;
  Store& store = host_.store();
  const auto failed = [&](const Error& error) { found.error = error; };
  found.head = store.head(id_);
  if (!*found.head) {
    if (found.head->error().code() != ErrorCode::session_not_found) failed(found.head->error());
    return found;
  }
  auto session = store.get_session({}, id_);
  if (!session) return failed(session.error()), found;
  found.session = std::move(*session);
  RunQuery live;
  live.session_id = id_;
  live.statuses = {RunStatus::running};
  auto running = store.list_runs(live);
  if (!running) return failed(running.error()), found;
  found.running = std::move(*running);
  for (const Run& run : found.running) {
    EventQuery calls;
    calls.session_id = id_;
    calls.run_id = run.id;
    calls.types = {"tool_call_started", "tool_call_completed", "tool_call_failed"};
    calls.limit = kMaxToolEvents;
    auto events = store.get_events(calls);
    if (!events) return failed(events.error()), found;
    found.tool_events[run.id] = std::move(*events);
  }
  for (const std::string_view kind : {record_kind::kCommand, record_kind::kQueue}) {
    auto records = store.list_records(records_of(kind, {}, id_));
    if (!records) return failed(records.error()), found;
    for (Record& record : *records) {
      if (is_worn_out(record, engine_.clock.now())) {
        found.worn_out.push_back(std::move(record));
      } else if (kind == record_kind::kCommand && record.status == kPendingCommand) {
        found.commands.push_back(std::move(record));
      } else if (kind == record_kind::kQueue && record.status == kRunningStatus) {
        found.running_entries[record.id] = std::move(record);
      }
    }
  }
  auto queue = read_queue(store, id_);
  if (!queue) return failed(queue.error()), found;
  found.queue = std::move(*queue);
  auto open = open_approvals(store, id_);
  if (!open) return failed(open.error()), found;
  found.open_approvals = std::move(*open);
  auto remembered = remembered_approvals(store, id_);
  if (!remembered) return failed(remembered.error()), found;
  found.remembered = std::move(*remembered);
  if (!found.running.empty()) {
    auto held = store.list_records(records_of(record_kind::kHold, {}, id_));
    if (!held) return failed(held.error()), found;
    for (const Record& record : *held) {
      if (auto noted = noted_hold(record)) found.holds.push_back(std::move(*noted));
    }
    auto count = store.get_record({}, record_kind::kRecovery, id_);
    if (count) found.recoveries = count->value;
    if (count) found.recovering_host = count->body;
  }
  return found;
}

void SessionRuntime::loaded(Loaded found) {
  if (abandoned()) return;
  if (found.error) {
    state_ = State::cold;
    answer_waiting([&](const SessionOp::Ptr& op) { failed(op, *found.error); });
    return;
  }
  if (!*found.head) {  // there is no such session; a verb may make it
    exists_ = false;
    writer_->reset(Head{}, id_, false);
    ready();
    return;
  }
  const Head& head = **found.head;
  const bool mine = head.owner == host_.host_id();
  named_owner_ = mine;
  const std::string provider(find_string(found.session.metadata, "provider").value_or(""));
  create(std::move(found.session), provider);
  row_.committed_version = row_.session.version;
  writer_->reset(head, row_.session.chain_id, false);
  worn_out_ = std::move(found.worn_out);
  unattended_ = std::move(found.open_approvals);
  remembered_ = std::move(found.remembered);
  unclaimed_ = std::move(found.queue);
  if (!head.owner.empty() && head.owner_alive && !mine) {
    state_ = State::cold;
    answer_waiting([&](const SessionOp::Ptr& op) {
      if (op->ask_owner) {
        op->ask_owner(*this, op);
      } else {
        op->act(*this, op);
      }
    });
    return;
  }
  keep_parked(found);
  if (found.running.empty()) {
    ready();
    take_commands(std::move(found.commands));
    if (mine) claim_queue();
    return;
  }
  recover(std::move(found));
}

// They are left as they are, until what they wait for is decided.
void SessionRuntime::keep_parked(Loaded& found) {
  noted_answers_.clear();
  parked_.clear();
  for (const Run& run : found.running) {
    if (run.waiting_on.empty()) continue;
    ParkedRun parked;
    parked.row = std::make_shared<RunRow>();
    parked.row->run = run;
    parked.row->committed_version = run.version;
    parked.calls = read_calls(found.tool_events.at(run.id));
    for (const NotedHold& noted : found.holds) {
      if (noted.run_id == run.id) parked.holds.push_back(noted);
    }
    if (const auto entry = found.running_entries.find(run.id); entry != found.running_entries.end()) {
      parked.queue_entry = entry->second;
    }
    parked_[run.id] = std::move(parked);
    // Who waits for it here, since a plugin hung or the session was lost, learns that it waits for somebody else.
    RunResult result = result_of_idle_run(run);
    result.waiting_on = run.waiting_on;
    if (engine_.outcomes.find(run.id) != nullptr) engine_.outcomes.settle(run.id, std::move(result));
  }
  std::erase_if(found.running, [](const Run& run) { return !run.waiting_on.empty(); });
}

// Recovery is counted before it is tried, so that a session whose recovery ends its host is met with care.
void SessionRuntime::recover(Loaded found) {
  if (found.recoveries >= kMaxRecoveries) {
    state_ = State::cold;
    const Error error(ErrorCode::recovery_exhausted, "session " + id_ +
                                                         " was left alone: recovering it ended its host " +
                                                         std::to_string(found.recoveries) +
                                                         " times; look into the host's log, then fork or delete it");
    answer_waiting([&](const SessionOp::Ptr& op) { failed(op, error); });
    return;
  }
  state_ = State::recovering;
  // A try of this host's that failed has not ended it.
  if (found.recovering_host == host_.host_id()) return finish_rollbacks(std::make_shared<Loaded>(std::move(found)));
  CommitUnit count;
  Record record;
  record.kind = record_kind::kRecovery;
  record.id = id_;
  record.session_id = id_;
  record.status = "counting";
  record.version = static_cast<std::uint64_t>(found.recoveries) + 1;
  record.value = found.recoveries + 1;
  record.body = host_.host_id();
  count.records.push_back(RecordWrite{record, kVersionAny, RecordWrite::Kind::put, 0, 0});
  auto kept = std::make_shared<Loaded>(std::move(found));
  host_.write(std::move(count), [self = shared_from_this(), kept](const CommitStatus& status, UnitResult& result) {
    const bool counted = status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok;
    std::optional<Error> error = status.error ? status.error : result.error;
    self->post([self, kept, counted, error] {
      if (self->abandoned()) return;
      if (!counted) {
        self->state_ = State::cold;
        self->answer_waiting([&](const SessionOp::Ptr& op) {
          self->failed(op, error.value_or(Error(ErrorCode::storage_write_failed)));
        });
        return;
      }
      self->finish_rollbacks(kept);
    });
  });
}

void SessionRuntime::stage_recovery(const Loaded& found) {
  const Timestamp now = engine_.clock.now();
  for (const Run& run : found.running) {
    auto names = std::make_shared<EventNames>();
    names->session_id = id_;
    names->run_id = run.id;
    names->provider = run.provider;
    const LoggedCalls calls = read_calls(found.tool_events.at(run.id));
    stage_calls_in_doubt(*writer_, calls, names);
    auto row = std::make_shared<RunRow>();
    row->run = run;
    row->committed_version = run.version;
    const Error error = Error(cause_.code, cause_.message).with_detail("recovered", true);
    row->run.status = RunStatus::failed;
    row->run.error = error;
    row->run.ended_at = now;
    writer_->stage(EventType::run_failed, error_event_data(error), names);
    writer_->stage_run(row);
    const std::int64_t elapsed_ms = run.started_at.is_set() ? (now.us - run.started_at.us) / 1000 : 0;
    const RunUsage used = usage_of(run, calls, elapsed_ms);
    for (const NotedHold& noted : found.holds) {
      if (noted.run_id == run.id) stage_settlement(*writer_, session(), run.id, noted.hold, used);
    }
    if (auto entry = found.running_entries.find(run.id); entry != found.running_entries.end()) {
      writer_->stage_record(close_record(entry->second, "done", {}, kVersionAny, now));
    }
    writer_->when_durable([this, row](const Result<void>& durable) {
      if (!durable) return;
      engine_.happened(Incident::run_recovered, host_.name());
      RunResult result;
      result.session_id = id_;
      result.run_id = row->run.id;
      result.status = row->run.status;
      result.error = row->run.error;
      result.token_usage = row->run.token_usage;
      result.cost_usd = row->run.cost_usd;
      result.provider = row->run.provider;
      point_at_end(result, writer_->just_written());
      engine_.outcomes.settle(row->run.id, std::move(result));
      directory_.run_ended(row->run.id);
    });
  }
  Record counted;
  counted.kind = record_kind::kRecovery;
  counted.id = id_;
  writer_->stage_record(RecordWrite{std::move(counted), kVersionAny, RecordWrite::Kind::remove, 0, 0});
  writer_->when_durable([this, commands = found.commands](const Result<void>& durable) {
    if (abandoned()) return;
    if (!durable) {
      state_ = State::cold;
      answer_waiting([&](const SessionOp::Ptr& op) { failed(op, durable.error()); });
      return;
    }
    engine_.log({.level = ASMGR_LOG_INFO, .message = "recovered session " + id_, .session_id = id_});
    ready();
    take_commands(commands);
    if (named_owner_) claim_queue();
  });
}

void SessionRuntime::ready() {
  state_ = State::ready;
  host_.watch_changes();
  answer_waiting([this](const SessionOp::Ptr& op) { accept(op, Known::just_now); });
}

void SessionRuntime::answer_waiting(const std::function<void(const SessionOp::Ptr&)>& answer) {
  for (const SessionOp::Ptr& op : std::exchange(waiting_, {})) answer(op);
}

// -- what other processes ask for -----------------------------------------------------------------------------------

void SessionRuntime::check_records() {
  records_check_queued_.store(false);
  if (retired_ || abandoned() || engine_.stopping) return;
  if (state_ != State::ready || !answers_for_it()) {
    records_unseen_ = true;
    if (state_ == State::ready || state_ == State::cold) ask_who_owns();
    return;
  }
  host_.read(
      [self = shared_from_this()] {
        Store& store = self->host_.store();
        auto commands = store.list_records(records_of(record_kind::kCommand, kPendingCommand, self->id_));
        auto entries = read_queue(store, self->id_);
        auto open = open_approvals(store, self->id_);
        self->post(
            [self, commands = std::move(commands), entries = std::move(entries), open = std::move(open)]() mutable {
              if (self->abandoned() || self->retired_ || self->engine_.stopping) return;
              self->records_missed_ = !commands || !entries || !open;
              if (open) self->attend_to(std::move(*open));
              if (commands) self->take_commands(std::move(*commands));
              if (entries) self->unclaimed_ = std::move(*entries);
              self->claim_queue();
            });
      },
      Inline::no);
}

// To others the store's word counts: who writes a command or a queue entry has seen there that the session is ours, be
// it that our own unit has not come back yet, or that we have not written since we loaded it.
void SessionRuntime::ask_who_owns() {
  host_.read(
      [self = shared_from_this()] {
        auto head = self->host_.store().head(self->id_);
        self->post([self, head = std::move(head)] {
          if (self->abandoned() || self->retired_ || self->engine_.stopping) return;
          self->records_missed_ = !head;
          if (!head || head->owner != self->host_.host_id()) return;
          self->named_owner_ = true;
          if (self->state_ == State::cold) self->load(Inline::no);
        });
      },
      Inline::no);
}

void SessionRuntime::look_again() {
  if (std::exchange(records_missed_, false)) records_changed();
}

void SessionRuntime::take_commands(std::vector<Record> commands) {
  for (Record& command : commands) {
    if (std::find(taken_commands_.begin(), taken_commands_.end(), command.id) != taken_commands_.end()) continue;
    taken_commands_.push_back(command.id);
    if (taken_commands_.size() > 1000) taken_commands_.erase(taken_commands_.begin());
    if (command.due_at.is_set() && command.due_at < engine_.clock.now()) {
      writer_->stage_record(close_record(command, "expired", {}, command.version, engine_.clock.now()));
      continue;
    }
    carry_out_command(*this, std::move(command));
  }
}

void SessionRuntime::with_transcript(std::function<void(Result<Transcript>)> then) {
  if (transcript_ == nullptr) transcript_ = std::make_unique<TranscriptBuilder>(id_);
  EventQuery query;
  query.session_id = id_;
  query.after = transcript_->last_sequence();
  query.limit = kTranscriptPage;
  host_.read(
      [self = shared_from_this(), query, then = std::move(then)]() mutable {
        auto events = self->host_.store().get_events(query);
        auto take = [self, events = std::move(events), then = std::move(then)]() mutable {
          if (!events) return then(events.error());
          for (const Event& event : *events) {
            if (auto taken = self->transcript_->append(view_of(event)); !taken) return then(taken.error());
          }
          if (events->size() == kTranscriptPage) return self->with_transcript(std::move(then));
          then(self->transcript_->transcript());
        };
        self->post(std::move(take));
      },
      Inline::no);
}

void SessionRuntime::with_kept_input(const std::string& run_id, std::function<void(Result<boost::json::value>)> then) {
  host_.read(
      [self = shared_from_this(), run_id, then = std::move(then)] {
        self->post([then, input = read_kept_input(self->host_.store(), run_id)]() mutable { then(std::move(input)); });
      },
      Inline::no);
}

}  // namespace asmgr
