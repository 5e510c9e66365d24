#include "core/engine/session_runtime.hpp"

#include <algorithm>
#include <thread>

#include "core/engine/closed_record.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr int kMaxAttempts = 8;
constexpr std::size_t kRememberedRows = 256;
constexpr std::size_t kMaxStagedEvents = 512;

}  // namespace

SessionRuntime::SessionRuntime(EngineContext& engine, StoreHost& host, SessionDirectory& directory,
                               std::string session_id, RecoveryCause cause)
    : engine_(engine),
      host_(host),
      directory_(directory),
      id_(std::move(session_id)),
      cause_(std::move(cause)),
      serialiser_(
          [this](std::function<void()> run) {
            engine_.schedule([self = shared_from_this(), run = std::move(run)] { run(); });
          },
          [this] { drained(); }) {
  writer_ = std::make_unique<UnitWriter>(
      engine_, host_, id_,
      UnitWriter::Events{
          .post = [this](std::function<void()> task) { serialiser_.post(std::move(task)); },
          .hold = [this]() -> std::shared_ptr<void> { return shared_from_this(); },
          .lost = [this](bool was_take) { lost(was_take); },
          .store_failing = [this](const Error& error) { store_failing(error); },
      });
}

SessionRuntime::~SessionRuntime() = default;

// -- any thread -----------------------------------------------------------------------------------------------------

void SessionRuntime::submit(SessionOp::Ptr op) {
  {
    std::lock_guard lock(ops_mutex_);
    ops_.push_back(op);
  }
  const auto where = op->where == Inline::yes ? Serialiser::Where::here : Serialiser::Where::pool;
  serialiser_.post([self = shared_from_this(), op = std::move(op)] { self->accept(op); }, where);
}

void SessionRuntime::records_changed() {
  if (records_check_queued_.exchange(true)) return;
  serialiser_.post([self = shared_from_this()] { self->check_records(); });
}

std::vector<SessionOp::Ptr> SessionRuntime::abandon() {
  abandoned_.store(true, std::memory_order_release);
  std::lock_guard lock(ops_mutex_);
  for (const auto& weak : links_) {
    if (auto link = weak.lock()) {
      link->cut_off();
      link->token.cancel();
    }
  }
  return std::exchange(ops_, {});
}

void SessionRuntime::store_stuck(const Error& error) {
  // Before the providers are told: what they answer to that comes after the cause.
  serialiser_.post([self = shared_from_this(), error] { self->store_failing(error); });
  std::vector<SessionOp::Ptr> unanswered;
  {
    std::lock_guard lock(ops_mutex_);
    unanswered = ops_;
    for (const auto& weak : links_) {
      if (auto link = weak.lock()) link->token.cancel();
    }
  }
  for (const SessionOp::Ptr& op : unanswered) {
    if (finish(op)) op->fail(error);
  }
  for (const std::string& run_id : directory_.runs_of(shared_from_this())) engine_.outcomes.settle(run_id, error);
}

void SessionRuntime::await_links() {
  std::vector<std::shared_ptr<RunLink>> links;
  {
    std::lock_guard lock(ops_mutex_);
    for (const auto& weak : links_) {
      if (auto link = weak.lock()) links.push_back(std::move(link));
    }
  }
  for (const auto& link : links) {
    link->cut_off();
    link->await_outside();
  }
}

void SessionRuntime::remember_link(const std::shared_ptr<RunLink>& link) {
  std::lock_guard lock(ops_mutex_);
  std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
  links_.push_back(link);
}

// -- inside the serialiser ------------------------------------------------------------------------------------------

void SessionRuntime::accept(const SessionOp::Ptr& op, Known known) {
  if (op->is_done() || abandoned()) return;  // the session's next runtime has it
  active_ns_ = engine_.clock.monotonic_ns();
  if (retired_) {
    if (finish(op)) {
      auto again = std::make_shared<SessionOp>();
      again->act = op->act;
      again->fail = op->fail;
      again->ask_owner = op->ask_owner;
      again->command = op->command;
      again->caller = op->caller;
      again->resumed = op->resumed;
      directory_.submit(host_, id_, std::move(again));
    }
    return;
  }
  if (shutting_down_) {
    if (finish(op)) op->fail(Error(ErrorCode::invalid_operation, "this host is shutting down"));
    return;
  }
  if (known == Known::earlier && state_ == State::ready && may_be_outdated()) state_ = State::cold;
  if (state_ == State::ready) {
    op->act(*this, op);
    return;
  }
  waiting_.push_back(op);
  if (state_ == State::cold) load(op->where);
}

bool SessionRuntime::may_be_outdated() const noexcept {
  return !answers_for_it() && writer_->idle() && runs_.empty() && queue_.empty() && !parked_goes_on();
}

bool SessionRuntime::parked_goes_on() const noexcept {
  return std::any_of(parked_.begin(), parked_.end(), [](const auto& parked) { return parked.second.may_go_on(); });
}

// But for those whose input is known here alone.
void SessionRuntime::forget_rows() {
  std::erase_if(rows_, [](const auto& row) { return !row.second->verbatim_input.has_value(); });
}

bool SessionRuntime::finish(const SessionOp::Ptr& op) {
  if (!op->done()) return false;
  std::lock_guard lock(ops_mutex_);
  std::erase(ops_, op);
  return true;
}

void SessionRuntime::failed(const SessionOp::Ptr& op, const Error& error) {
  if (error.code() == ErrorCode::stale_epoch && op->command) {
    // Its record stands: whoever owns the session next carries it out.
    std::erase(taken_commands_, op->command->id);
    (void)finish(op);
    return;
  }
  if (error.code() == ErrorCode::stale_epoch && ++op->attempts < kMaxAttempts && !shutting_down_) {
    serialiser_.post([self = shared_from_this(), op] { self->accept(op); });
    return;
  }
  if (finish(op)) op->fail(error);
}

void SessionRuntime::create(Session session, std::string provider) {
  row_ = SessionRow{std::move(session), kVersionAbsent};
  exists_ = true;
  writer_->reset(Head{}, row_.session.chain_id, false);
  auto names = std::make_shared<EventNames>();
  names->session_id = id_;
  names->provider = std::move(provider);
  names_ = std::move(names);
}

void SessionRuntime::uncreate() {
  exists_ = false;
  row_ = {};
  state_ = State::cold;
}

void SessionRuntime::close_command(const Record& command, bool done, const boost::json::object& body) {
  writer_->stage_record(
      close_record(command, done ? "done" : "refused", to_text(body), command.version, engine_.clock.now()));
}

void SessionRuntime::remember(std::shared_ptr<RunRow> row) {
  if (rows_.size() >= kRememberedRows) rows_.erase(rows_.begin());
  rows_[row->run.id] = std::move(row);
}

void SessionRuntime::with_run(const std::string& run_id, Inline where,
                              std::function<void(Result<std::shared_ptr<RunRow>>)> then) {
  if (auto at = runs_.find(run_id); at != runs_.end()) {
    then(Error(ErrorCode::invalid_operation, "run " + run_id + " is being carried out already")
             .with_detail("status", boost::json::value(status_name(at->second->run().status))));
    return;
  }
  if (auto at = rows_.find(run_id); at != rows_.end()) {
    then(at->second);
    return;
  }
  host_.read(
      [self = shared_from_this(), run_id, seen = runs_moved_, then = std::move(then)]() mutable {
        auto run = self->host_.store().get_run({}, run_id);
        auto deliver = [self, run_id, seen, run = std::move(run), then = std::move(then)]() mutable {
          // Lost or looked at anew meanwhile: the verb that asked begins again.
          if (self->state_ != State::ready) {
            return then(Error(ErrorCode::stale_epoch, "session " + self->id_ + " is being looked at anew"));
          }
          const bool too_old = self->runs_moved_ != seen || self->rows_.contains(run_id);
          if (too_old) return self->with_run(run_id, Inline::no, std::move(then));
          if (!run) {
            then(run.error());
            return;
          }
          auto row = std::make_shared<RunRow>();
          row->committed_version = run->version;
          row->run = std::move(*run);
          if (row->run.session_id == self->id_) self->remember(row);
          then(std::move(row));
        };
        if (self->running_here()) {
          deliver();
        } else {
          self->post(std::move(deliver));
        }
      },
      where);
}

void SessionRuntime::run_ended(const std::string& run_id) {
  runs_.erase(run_id);
  forget_run(run_id);
  directory_.run_ended(run_id);
  active_ns_ = engine_.clock.monotonic_ns();
  start_queued();
  if (!runs_.empty() || writer_->losing()) return;
  for (const auto& [op, then] : std::exchange(no_run_lives_, {})) then();
}

void SessionRuntime::when_no_run_lives(const SessionOp::Ptr& op, std::function<void()> then) {
  if (runs_.empty()) {
    then();
  } else {
    no_run_lives_.emplace_back(op, std::move(then));
  }
}

void SessionRuntime::drained() {
  if (abandoned()) return;
  // What was closed a day ago goes with the next write of its owner; it is worth none of its own.
  if (!worn_out_.empty() && writer_->owned() && !writer_->idle()) {
    for (Record& record : std::exchange(worn_out_, {})) {
      const std::uint64_t version = record.version;
      writer_->stage_record(RecordWrite{std::move(record), version, RecordWrite::Kind::remove, 0, 0});
    }
  }
  writer_->dispatch();
  if (records_unseen_ && state_ == State::ready && answers_for_it()) {
    records_unseen_ = false;
    records_changed();
  }
  if (engine_.stopping.load(std::memory_order_relaxed) || engine_.draining.load(std::memory_order_relaxed)) {
    engine_.settled.notify();
  }
}

// Somebody else owns the session. Taking it failed: look again, and ask the owner. Losing it in the middle: stop
// everything, the new owner's recovery closes the runs.
void SessionRuntime::lost(bool was_take) {
  named_owner_ = false;
  for (const QueuedRun& queued : std::exchange(queue_, {})) left_to_owner(queued.row->run.id);
  const Error error(ErrorCode::stale_epoch, "another host took session " + id_ + " over; its runs go on or end there");
  for (const auto& [op, then] : std::exchange(no_run_lives_, {})) failed(op, error);
  if (was_take && runs_.empty()) {
    engine_.slots.pass(id_);
    state_ = State::cold;
    exists_ = false;
    forget_rows();
    return;
  }
  engine_.happened(Incident::session_lost, host_.name());
  engine_.log({.level = ASMGR_LOG_WARN, .message = error.message(), .session_id = id_});
  for (auto& [run_id, run] : std::exchange(runs_, {})) {
    run->abandon(error);
    directory_.run_ended(run_id);
    engine_.outcomes.settle(run_id, error);
  }
  engine_.slots.pass(id_);
  retire();
}

void SessionRuntime::store_failing(const Error& error) {
  engine_.log({.level = ASMGR_LOG_ERROR, .message = error.message(), .session_id = id_, .plugin = host_.name()});
  const auto runs = runs_;
  for (const auto& [run_id, run] : runs) {
    engine_.outcomes.settle(run_id, error);
    run->end(EndCause{EndCause::Kind::failed, error, std::nullopt, {}});
  }
}

void SessionRuntime::retire() {
  retired_ = true;
  directory_.remove(this);
  for (const SessionOp::Ptr& op : std::exchange(waiting_, {})) {
    serialiser_.post([self = shared_from_this(), op] { self->accept(op); });
  }
}

void SessionRuntime::retire_if_idle(std::int64_t idle_ns) {
  const bool keeps_input =
      std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.second->verbatim_input.has_value(); });
  const bool busy = !runs_.empty() || !queue_.empty() || parked_goes_on() || !waiting_.empty() || !writer_->idle() ||
                    keeps_input || (state_ != State::ready && state_ != State::cold);
  if (retired_ || busy || engine_.clock.monotonic_ns() - active_ns_ < idle_ns) return;
  if (!writer_->owned()) {
    retire();
    return;
  }
  writer_->release();
  writer_->when_durable([this](const Result<void>& released) {
    // Verbs that came meanwhile take the session again.
    if (released) named_owner_ = false;
    if (released && runs_.empty() && writer_->idle()) retire();
  });
}

void SessionRuntime::shut_down(const Error& error) {
  shutting_down_ = true;
  writer_->give_up();
  answer_waiting([&](const SessionOp::Ptr& op) {
    if (finish(op)) op->fail(error);
  });
  for (const auto& [op, then] : std::exchange(no_run_lives_, {})) {
    if (finish(op)) op->fail(error);
  }
  for (const QueuedRun& queued : std::exchange(queue_, {})) engine_.outcomes.settle(queued.row->run.id, error);
  engine_.slots.pass(id_);
  const auto runs = runs_;
  for (const auto& [run_id, run] : runs) {
    run->abandon(error);
    engine_.outcomes.settle(run_id, error);
  }
  runs_.clear();
}

}  // namespace asmgr
