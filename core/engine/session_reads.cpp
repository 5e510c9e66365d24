// The reading verbs. They read the store on the caller's thread.
#include <algorithm>

#include "core/engine/audit_act.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/log_reader.hpp"
#include "core/engine/session_manager.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

struct SeenSession {
  StoreHost* host = nullptr;
  ListedSession listed;
};

// A session as its store has it, recovered first when its host is dead.
Result<SeenSession> look_at(Engine& engine, const std::string& session_id, const std::string& tenant) {
  auto host = engine.store_of_session(session_id);
  if (!host) return host.error();
  Store& store = (*host)->store();
  auto head = store.head(session_id);
  if (!head) return head.error();
  if (auto recovered = engine.recover_if_needed(**host, session_id, *head); !recovered) return recovered.error();
  auto session = store.get_session(tenant, session_id);
  if (!session) return session.error();
  if (session->deleted_at.is_set()) return no_session(session_id);
  head = store.head(session_id);
  if (!head) return head.error();
  return SeenSession{*host, ListedSession{std::move(*session), head->last_sequence, false}};
}

Result<void> check_page(std::uint32_t limit, const std::vector<std::string>& types) {
  if (limit == 0) return Error(ErrorCode::validation_error, "limit must be at least 1");
  for (const std::string& type : types) {
    if (type.empty()) return Error(ErrorCode::invalid_event_type, "an event type may not be empty");
  }
  return {};
}

class StoredAndLive final : public EventStream {
 public:
  StoredAndLive(Engine& engine, StoreHost& host, StreamEventsOptions options)
      : engine_(engine),
        host_(host),
        options_(std::move(options)),
        reader_(host, options_.session_id, LogReader::Filter{options_.run_id, options_.types, options_.since},
                options_.after, options_.limit) {
    // The run's end must be seen even when its type is filtered out.
    if (options_.until == StreamUntil::run_terminal && (!options_.types.empty() || options_.since)) {
      end_watch_ = std::make_unique<LogReader>(
          host, options_.session_id,
          LogReader::Filter{options_.run_id, {"run_completed", "run_failed", "run_cancelled", "run_timeout"}},
          options_.after, options_.limit);
    }
  }

  Result<const Event*> next() override {
    const std::int64_t began = engine_.clock().monotonic_ns();
    while (true) {
      if (!ready_.empty()) {
        current_ = std::move(ready_.front());
        ready_.pop_front();
        cursor_ = current_.sequence_number;
        if (options_.until == StreamUntil::run_terminal && is_run_terminal(current_.type)) ended_ = true;
        return &current_;
      }
      if (ended_ || options_.stop.stop_requested()) return nullptr;
      const bool at_end = reached_end();  // asked before reading, so that nothing can come between
      auto polled = reader_.poll([this](const EventView& event) { ready_.push_back(to_event(event)); }, options_.limit);
      if (!polled) return polled.error();
      if (!ready_.empty()) continue;
      if (at_end) return nullptr;
      if (waited_too_long(began)) return nullptr;
      reader_.wait(pace(), options_.stop);
      if (host_.store().changes() == nullptr) reader_.look_again();
    }
  }
  [[nodiscard]] std::uint64_t cursor() const noexcept override { return std::max(cursor_, options_.after); }

 private:
  [[nodiscard]] bool waited_too_long(std::int64_t began) const {
    const auto limit = std::chrono::nanoseconds(options_.wait_timeout).count();
    return limit != 0 && engine_.clock().monotonic_ns() - began >= limit;
  }
  [[nodiscard]] std::chrono::milliseconds pace() const {
    auto longest = host_.store().changes() == nullptr ? options_.poll_interval : std::chrono::milliseconds(1000);
    if (options_.until != StreamUntil::forever) longest = std::min(longest, std::chrono::milliseconds(250));
    if (options_.wait_timeout.count() != 0) longest = std::min(longest, options_.wait_timeout);
    return std::max(longest, std::chrono::milliseconds(1));
  }
  [[nodiscard]] bool reached_end() {
    if (options_.until == StreamUntil::session_terminal) {
      auto session = host_.store().get_session({}, options_.session_id);
      if (!session || !is_terminal(session->status)) return false;
      RunQuery running;
      running.session_id = options_.session_id;
      running.statuses = {RunStatus::running};
      running.limit = 1;
      auto runs = host_.store().list_runs(running);
      reader_.look_again();
      return runs && runs->empty();
    }
    if (end_watch_ == nullptr) return false;
    bool over = false;
    (void)end_watch_->poll([&over](const EventView&) { over = true; });
    if (over) reader_.look_again();
    return over;
  }

  Engine& engine_;
  StoreHost& host_;
  StreamEventsOptions options_;
  LogReader reader_;
  std::unique_ptr<LogReader> end_watch_;
  std::deque<Event> ready_;
  Event current_;
  std::uint64_t cursor_ = 0;
  bool ended_ = false;
};

}  // namespace

// An owner that is dead, or none at all while a run is said to run: then loading the session here recovers it.
Result<void> SessionManager::Engine::recover_if_needed(StoreHost& host, const std::string& session_id,
                                                       const Head& head) {
  if (head.owner == host.host_id() || (head.owner_alive && !head.owner.empty())) return {};
  RunQuery running;
  running.session_id = session_id;
  running.statuses = {RunStatus::running};
  auto runs = host.store().list_runs(running);
  if (!runs) return runs.error();
  const bool any = std::any_of(runs->begin(), runs->end(), [](const Run& run) { return run.waiting_on.empty(); });
  if (!any) return {};
  auto recovered = block<bool>([&](Handler<bool> done) {
    send<bool>(
        host, session_id, Inline::yes,
        [done](SessionRuntime& session, const SessionOp::Ptr& op) {
          if (session.finish(op)) done(true);
        },
        done, std::nullopt);
  });
  if (!recovered) return recovered.error();
  return {};
}

Result<ListedSession> SessionManager::get_session(const std::string& session_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto seen = look_at(*engine_, session_id, tenant);
  if (!seen) return seen.error();
  return std::move(seen->listed);
}

Result<Run> SessionManager::get_run(const std::string& run_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto found = engine_->find_run(run_id, tenant);
  if (!found) return found.error();
  auto seen = look_at(*engine_, found->session_id, tenant);
  if (!seen) return seen.error();
  return found->host->store().get_run(tenant, run_id);
}

Result<std::vector<Run>> SessionManager::get_session_runs(ListRunsOptions options) {
  if (EngineThread::here()) return blocking_here();
  if (options.limit == 0) return Error(ErrorCode::validation_error, "limit must be at least 1");
  auto seen = look_at(*engine_, options.session_id, options.tenant);
  if (!seen) return seen.error();
  RunQuery query;
  query.tenant = options.tenant;
  query.session_id = options.session_id;
  query.statuses = options.statuses;
  query.after_id = options.after_id;
  query.limit = options.limit;
  return seen->host->store().list_runs(query);
}

Result<SessionUsage> SessionManager::get_session_usage(const std::string& session_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto seen = look_at(*engine_, session_id, tenant);
  if (!seen) return seen.error();
  SessionUsage usage;
  bool known = true;
  double cost = 0;
  RunQuery query;
  query.session_id = session_id;
  while (true) {
    auto runs = seen->host->store().list_runs(query);
    if (!runs) return runs.error();
    for (const Run& run : *runs) {
      if (run.token_usage.empty() && !run.cost_usd) continue;
      ++usage.runs;
      usage.tokens = usage.tokens + run.token_usage;
      cost += run.cost_usd.value_or(0);
      known = known && run.cost_usd.has_value();
    }
    if (runs->size() < query.limit) break;
    query.after_id = runs->back().id;
  }
  if (known && usage.runs != 0) usage.cost_usd = cost;
  return usage;
}

Result<std::vector<Event>> SessionManager::get_session_events(GetEventsOptions options) {
  if (EngineThread::here()) return blocking_here();
  if (auto page = check_page(options.limit, options.types); !page) return page.error();
  auto seen = look_at(*engine_, options.session_id, options.tenant);
  if (!seen) return seen.error();
  EventQuery query;
  query.tenant = options.tenant;
  query.session_id = options.session_id;
  query.run_id = options.run_id;
  query.types = options.types;
  query.since = options.since;
  query.after = options.after;
  query.before = options.before;
  query.limit = options.limit;
  if (options.wait.count() == 0) return seen->host->store().get_events(query);
  // Woken by what is committed, here or elsewhere; the page itself is always read from the store.
  LogReader reader(*seen->host, options.session_id, {options.run_id, options.types, options.since}, options.after,
                   options.limit);
  const std::int64_t until = engine_->clock().monotonic_ns() + std::chrono::nanoseconds(options.wait).count();
  while (true) {
    auto events = seen->host->store().get_events(query);
    if (!events || !events->empty()) return events;
    const std::int64_t left = until - engine_->clock().monotonic_ns();
    if (left <= 0) return events;
    if (auto polled = reader.poll([](const EventView&) {}); !polled) return polled.error();
    events = seen->host->store().get_events(query);
    if (!events || !events->empty()) return events;
    auto longest = std::chrono::milliseconds(seen->host->store().changes() == nullptr ? 250 : 1000);
    reader.wait(std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(left))));
  }
}

Result<Transcript> SessionManager::get_transcript(const TranscriptOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto seen = look_at(*engine_, options.session_id, options.tenant);
  if (!seen) return seen.error();
  TranscriptBuilder builder(options.session_id);
  EventQuery query;
  query.session_id = options.session_id;
  query.limit = std::numeric_limits<std::uint32_t>::max();
  std::optional<Error> failed;
  auto visited = seen->host->store().visit_events(query, [&](const EventView& event) {
    if (auto taken = builder.append(event); !taken) failed = taken.error();
    return !failed;
  });
  if (failed) return *failed;
  if (!visited) return visited.error();
  auto transcript = builder.transcript();
  if (!transcript) return transcript.error();
  return truncate(std::move(*transcript), options.limits);
}

Result<std::unique_ptr<EventStream>> SessionManager::stream_session_events(StreamEventsOptions options) {
  if (EngineThread::here()) return blocking_here();
  if (auto page = check_page(options.limit, options.types); !page) return page.error();
  if (options.until == StreamUntil::run_terminal && options.run_id.empty()) {
    return Error(ErrorCode::validation_error, "a stream until the end of a run needs a run_id");
  }
  auto seen = look_at(*engine_, options.session_id, options.tenant);
  if (!seen) return seen.error();
  if (options.after > seen->listed.last_sequence) {
    return Error(ErrorCode::invalid_cursor,
                 "cursor " + std::to_string(options.after) + " lies beyond the last event (" +
                     std::to_string(seen->listed.last_sequence) + ") of session " + options.session_id);
  }
  StoreHost& host = *seen->host;
  return std::unique_ptr<EventStream>(std::make_unique<StoredAndLive>(*engine_, host, std::move(options)));
}

}  // namespace asmgr
