#include "core/engine/execution.hpp"

#include "core/engine/owed_answer.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

constexpr std::chrono::milliseconds kAnswerPace{20};

std::uint64_t last_sequence_of(StoreHost& host, const std::string& session_id) {
  auto head = host.store().head(session_id);
  return head ? head->last_sequence : 0;
}

struct Prepared {
  Engine::FoundRun found;
  RunPlan plan;
};

Result<Prepared> prepare(Engine& engine, const ExecuteRunOptions& options) {
  if (engine.draining()) {
    return Error(ErrorCode::invalid_operation, "this host is draining and takes no new run; submit it to another one");
  }
  auto found = engine.find_run(options.run_id, options.tenant);
  if (!found) return found.error();
  auto plan = plan_run(*engine.wiring(), options.execution, options.caller);
  if (!plan) return plan.error();
  plan->submitted_ns = engine.clock().monotonic_ns();
  return Prepared{std::move(*found), std::move(*plan)};
}

// A blocking execution: the caller's thread delivers the events while it waits.
Result<RunResult> execute_here(Engine& engine, const ExecuteRunOptions& options) {
  auto prepared = prepare(engine, options);
  if (!prepared) return prepared.error();
  return deliver_until_ended(
      engine, prepared->found, options.run_id, {options.execution.event_callback, prepared->plan.events},
      [&](Handler<RunResult> ended) {
        send_submission(engine, Inline::yes,
                        {prepared->found, options.run_id, options.tenant, prepared->plan, nullptr, std::move(ended)});
      });
}

}  // namespace

Result<RunResult> deliver_until_ended(Engine& engine, const Engine::FoundRun& found, const std::string& run_id,
                                      const WantedEvents& wanted,
                                      const std::function<void(Handler<RunResult>)>& begin) {
  StoreHost& host = *found.host;
  std::unique_ptr<CallbackDelivery> delivery;
  if (wanted.callback) {
    delivery =
        std::make_unique<CallbackDelivery>(host, found.session_id, run_id, last_sequence_of(host, found.session_id),
                                           wanted.callback, *engine.context().counters);
  }
  auto waiting = std::make_shared<Waiting<RunResult>>();
  begin([waiting](Result<RunResult> result) { waiting->answer(std::move(result)); });
  while (delivery != nullptr && !waiting->is_answered()) {
    delivery->deliver();
    if (!waiting->is_answered()) delivery->wait(kAnswerPace);
  }
  auto result = waiting->wait();
  if (delivery != nullptr) {
    delivery->look_again();
    delivery->deliver();
  }
  if (!result) return result;
  if (delivery != nullptr) result->callback_failures = delivery->failures();
  fill_events(host, wanted.in_result, *result);
  return result;
}

namespace {

// Without a thread that waits: events are delivered on the store's reader threads.
class DetachedExecution : public std::enable_shared_from_this<DetachedExecution> {
 public:
  DetachedExecution(StoreHost& host, ResultEvents events, Handler<RunResult> handler)
      : host_(host), events_(events), handler_(std::move(handler)) {}

  void follow(Engine& engine, const std::string& session_id, const ExecuteRunOptions& options) {
    const std::lock_guard lock(mutex_);  // it may be woken before it is known here
    delivery_ = std::make_unique<CallbackDelivery>(
        host_, session_id, options.run_id, last_sequence_of(host_, session_id), options.execution.event_callback,
        *engine.context().counters, [weak = weak_from_this()] {
          if (auto self = weak.lock()) self->pump();
        });
  }
  void answered(Result<RunResult> result) {
    host_.read(
        [self = shared_from_this(), result = std::move(result)]() mutable {
          const EngineThread::Scope scope;
          std::lock_guard lock(self->mutex_);
          if (self->delivery_ != nullptr) {
            self->delivery_->look_again();
            self->delivery_->deliver();
            if (result) result->callback_failures = self->delivery_->failures();
            self->delivery_.reset();
          }
          if (result) fill_events(self->host_, self->events_, *result);
          self->handler_(std::move(result));
        },
        Inline::no);
  }

 private:
  void pump() {
    if (queued_.exchange(true)) return;
    host_.read(
        [self = shared_from_this()] {
          self->queued_ = false;
          const EngineThread::Scope scope;
          std::lock_guard lock(self->mutex_);
          if (self->delivery_ != nullptr) self->delivery_->deliver();
        },
        Inline::no);
  }
  StoreHost& host_;
  ResultEvents events_;
  Handler<RunResult> handler_;
  std::atomic<bool> queued_{false};
  std::mutex mutex_;  // one delivery at a time
  std::unique_ptr<CallbackDelivery> delivery_;
};

void submit_at(Engine& engine, Inline where, const ExecuteRunOptions& options, Handler<Run> handler) {
  engine.look_up<Prepared>(
      where, [&engine, options] { return prepare(engine, options); },
      [&engine, where, options, handler](Result<Prepared> prepared) {
        if (!prepared) return handler(prepared.error());
        StoreHost& host = *prepared->found.host;
        send_submission(engine, where,
                        {prepared->found, options.run_id, options.tenant, prepared->plan,
                         [&host, run_id = options.run_id, handler](const Result<void>& accepted) {
                           if (!accepted) return handler(accepted.error());
                           host.read([&host, run_id, handler] { handler(host.store().get_run({}, run_id)); },
                                     Inline::no);
                         },
                         nullptr});
      });
}

}  // namespace

CallbackDelivery::CallbackDelivery(StoreHost& host, const std::string& session_id, const std::string& run_id,
                                   std::uint64_t after, EventCallback callback, EngineCounters& counters,
                                   std::function<void()> on_ready)
    : callback_(std::move(callback)),
      counters_(counters),
      reader_(host, session_id, LogReader::Filter{run_id, {}}, after, 256, std::move(on_ready)) {}

void CallbackDelivery::deliver() {
  const EngineThread::Scope scope;  // a blocking verb in the callback would wait for itself
  (void)reader_.poll([this](const EventView& event) {
    try {
      callback_(event);
    } catch (...) {
      ++failures_;
      counters_.callback_failures.fetch_add(1, std::memory_order_relaxed);
    }
  });
}

namespace {

// Its entry stands, and who was to carry it out does not: whoever can be asked now is asked.
void submit_again(Engine& engine, Submission submission) {
  submission.accepted = nullptr;
  submission.resumed = true;
  send_submission(engine, Inline::no, std::move(submission));
}

void await_here(Engine& engine, const std::shared_ptr<const Submission>& sent) {
  engine.context().outcomes.get(sent->run_id)->when_settled([&engine, sent](const Result<RunResult>& result) {
    const bool waits_on = !result && find_bool(result.error().details(), kNotBegun).value_or(false);
    if (waits_on && !engine.stopping()) {
      submit_again(engine, *sent);
    } else {
      sent->ended(result);
    }
  });
}

}  // namespace

void send_submission(Engine& engine, Inline where, Submission submission) {
  auto sent = std::make_shared<const Submission>(std::move(submission));
  const auto refuse = [sent](const Error& error) {
    if (sent->accepted) sent->accepted(error);
    if (sent->ended) sent->ended(error);
  };
  auto op = std::make_shared<SessionOp>();
  op->where = where;
  op->resumed = sent->resumed;
  op->fail = refuse;
  op->act = [&engine, sent](SessionRuntime& session, const SessionOp::Ptr& asked) {
    execute_run(session, asked, sent->run_id, sent->tenant, sent->plan, [&engine, sent] {
      if (sent->accepted) sent->accepted({});
      if (sent->ended) await_here(engine, sent);
    });
  };
  op->ask_owner = [&engine, sent, refuse](SessionRuntime& session, const SessionOp::Ptr& asked) {
    if (!session.finish(asked)) return;
    const Engine::FoundRun found = sent->found;
    engine.queue_elsewhere(*found.host, found.session_id, sent->run_id, sent->plan, sent->resumed,
                           [&engine, sent, refuse, found](const Result<void>& queued) {
                             if (!queued) return refuse(queued.error());
                             if (sent->accepted) sent->accepted({});
                             if (!sent->ended) return;
                             engine.await_elsewhere(
                                 *found.host, found.session_id, sent->run_id, sent->plan,
                                 [&engine, sent] { submit_again(engine, *sent); }, sent->ended);
                           });
  };
  engine.sessions().submit(*sent->found.host, sent->found.session_id, std::move(op));
}

void fill_events(StoreHost& host, ResultEvents wanted, RunResult& result) {
  if (wanted == ResultEvents::none || !result.events.empty()) return;
  EventQuery query;
  query.session_id = result.session_id;
  query.run_id = result.run_id;
  query.after = result.first_sequence;
  const auto append = [&] {
    auto found = host.store().get_events(query);
    if (!found) {
      result.warnings.push_back("the result's events could not be read: " + found.error().message());
      return;
    }
    for (Event& event : *found) result.events.push_back(std::move(event));
  };
  query.before = result.last_sequence + 1;
  if (wanted == ResultEvents::all) {
    query.limit = 1'000'000;
    return append();
  }
  // The first and the last: found at the two ends, however long the run was.
  query.limit = 1;
  query.types = {"run_started"};
  append();
  query.types = {"run_completed", "run_failed", "run_cancelled", "run_timeout"};
  query.order = Order::descending;
  append();
}

Result<RunResult> SessionManager::execute_run(ExecuteRunOptions options) {
  if (EngineThread::here()) return blocking_here();
  return execute_here(*engine_, options);
}

void SessionManager::begin_execute_run(ExecuteRunOptions options, Handler<RunResult> handler) {
  Engine& engine = *engine_;
  engine.look_up<Prepared>(
      Inline::no, [&engine, options] { return prepare(engine, options); },
      [&engine, options, handler = owed(std::move(handler))](Result<Prepared> prepared) {
        if (!prepared) return handler(prepared.error());
        auto execution = std::make_shared<DetachedExecution>(*prepared->found.host, prepared->plan.events, handler);
        if (options.execution.event_callback) execution->follow(engine, prepared->found.session_id, options);
        send_submission(engine, Inline::no,
                        {prepared->found, options.run_id, options.tenant, prepared->plan, nullptr,
                         [execution](Result<RunResult> result) { execution->answered(std::move(result)); }});
      });
}

void SessionManager::begin_submit_run(ExecuteRunOptions options, Handler<Run> handler) {
  submit_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

Result<Run> SessionManager::submit_run(ExecuteRunOptions options) {
  return block<Run>([&](Handler<Run> done) { submit_at(*engine_, Inline::yes, options, std::move(done)); });
}

}  // namespace asmgr
