#include "core/engine/engine.hpp"

#include <future>

#include "core/engine/bounded_store.hpp"
#include "core/engine/engine_thread.hpp"
#include "core/engine/upkeep_schedule.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kHousekeepingPace{2000};
constexpr std::chrono::milliseconds kFastestHousekeeping{10};
constexpr std::chrono::seconds kReadLimit{30};
constexpr std::chrono::milliseconds kStuckPatience{500};
constexpr std::chrono::milliseconds kCommitLook{1};
constexpr std::chrono::seconds kIdleBeforeRelease{10};
constexpr std::chrono::seconds kAuditPatience{1};
constexpr std::chrono::seconds kLastGrace{6};  // for runs that outlasted drain_timeout and were cancelled then

// Asks inside the session's serialiser; nothing when the session is stuck in a plugin.
std::optional<bool> ask(const std::shared_ptr<SessionRuntime>& session, std::function<bool()> question) {
  auto answer = std::make_shared<std::promise<bool>>();
  std::future<bool> told = answer->get_future();
  session->post([answer, question = std::move(question)] { answer->set_value(question()); });
  if (told.wait_for(std::chrono::seconds(2)) != std::future_status::ready) return std::nullopt;
  return told.get();
}

// The longest that a pipeline goes on trying to write into this store.
std::chrono::milliseconds store_retry_of(const Wiring& wiring, const std::string& store) {
  std::chrono::milliseconds longest{0};
  for (const auto& [name, pipeline] : wiring.pipelines) {
    if (pipeline.store == store) longest = std::max(longest, pipeline.store_retry);
  }
  return longest.count() != 0 ? longest : Pipeline{}.store_retry;
}

std::size_t thread_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency()) + 1U;
}

}  // namespace

SessionManager::Engine::Engine(const Wiring& wiring, ManagerOptions options)
    : wiring_(wiring),
      options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock()),
      slots_(wiring.host.max_parallel_sessions, wiring.host.max_parallel_runs),
      outcomes_(clock_),
      pool_(std::make_unique<boost::asio::thread_pool>(thread_count(options_.threads))),
      helpers_(std::make_unique<HelperThreads>()),
      watch_(std::make_unique<CallWatch>(
          clock_, wiring.host.plugin_call_timeout, [this](const WatchedCall& call) { overdue(call); },
          options_.observer.get())),
      context_{clock_,
               new_id("host_", clock_.now()),
               wiring.host,
               wiring.takes_runs,
               options_.serves,
               EngineLog(options_.log, wiring_),
               *pool_,
               *helpers_,
               *watch_,
               outcomes_,
               faults_,
               std::make_shared<EngineCounters>(),
               last_start_,
               stopping_,
               draining_,
               settled_,
               slots_,
               wiring_,
               options_.observer.get()},
      sessions_(std::make_unique<SessionDirectory>(context_, [this](const boost::json::object& entry) {
        return asmgr::plan_from_entry(*wiring_.get(), entry);
      })) {
  stores_.exchange(wiring.stores, [&](const auto& name, auto store) { return make_store_host(wiring, name, store); });
  for (const std::string& warning : wiring.warnings) context_.log({.level = ASMGR_LOG_WARN, .message = warning});
  if (options_.serves) {
    for (StoreHost* host : stores()) {
      host->watch_changes();
      announce(*host);
    }
    look_for_work();
    upkeep_ = std::make_unique<UpkeepSchedule>(*this);
  }
  housekeeping_thread_ = std::thread([this] { housekeeping(); });
}

std::unique_ptr<StoreHost> SessionManager::Engine::make_store_host(const Wiring& wiring, const std::string& name,
                                                                   std::shared_ptr<Store> store) {
  StoreHost::Options host;
  host.name = name;
  host.host_id = context_.host_id;
  host.host_ttl = context_.host.host_ttl;
  host.clock = &clock_;
  host.schedule = [this](std::function<void()> work) { context_.schedule(std::move(work)); };
  host.log = context_.log;
  host.on_change = [this](StoreHost& changed_host, const Change& change) { changed(changed_host, change); };
  host.store_retry = store_retry_of(wiring, name);
  host.observer = context_.observer;
  const bool in_process = store->info().fast_commit;
  auto readable = in_process ? store : std::make_shared<BoundedStore>(store, kReadLimit);
  return std::make_unique<StoreHost>(std::move(readable), std::move(host));
}

void SessionManager::Engine::exchange(const Wiring& wiring) {
  // The stores first: who still works with the old wiring finds those that are leaving.
  const std::vector<StoreHost*> added = stores_.exchange(
      wiring.stores, [&](const auto& name, auto store) { return make_store_host(wiring, name, store); });
  wiring_.set(wiring);
  slots_.set_limits(wiring.host.max_parallel_sessions, wiring.host.max_parallel_runs);
  for (const std::string& warning : wiring.warnings) context_.log({.level = ASMGR_LOG_WARN, .message = warning});
  if (wiring.host.host_ttl != context_.host.host_ttl ||
      wiring.host.plugin_call_timeout != context_.host.plugin_call_timeout) {
    context_.log({.level = ASMGR_LOG_WARN,
                  .message = "host.host_ttl and host.plugin_call_timeout are as they were; a restart changes them"});
  }
  if (!options_.serves) return;
  for (StoreHost* host : added) {
    host->watch_changes();
    announce(*host);
  }
  look_for_work();
}

SessionManager::Engine::~Engine() = default;

// Ends in the order of dependence: no new work, runs cancelled and waited for, then sessions, threads, stores.
bool SessionManager::Engine::shut_down() {
  stopping_ = true;
  upkeep_.reset();
  // Whoever waits for our own runs is gone; those of other processes may finish.
  cancel_runs([](const RunPlan& plan) { return !plan.from_elsewhere; });
  const std::int64_t until =
      clock_.monotonic_ns() + std::chrono::nanoseconds(wiring_.get()->host.drain_timeout).count();
  const auto busy = [this] {
    for (const auto& session : sessions_->all()) {
      const auto idle = ask(session, [session] { return session->runs().empty() && session->writer().idle(); });
      if (!idle.value_or(true)) return true;
    }
    return false;
  };
  const auto wait_while_busy = [&](std::int64_t limit) {
    while (true) {
      const std::uint64_t seen = settled_.times();
      const std::int64_t left = limit - clock_.monotonic_ns();
      if (left <= 0 || !busy()) return;
      settled_.wait(seen, std::chrono::nanoseconds(left));
    }
  };
  wait_while_busy(until);
  cancel_runs([](const RunPlan&) { return true; });
  wait_while_busy(clock_.monotonic_ns() + std::chrono::nanoseconds(kLastGrace).count());
  for (StoreHost* host : stores()) host->ask_waiters();
  shut_down_sessions();
  { std::lock_guard lock(housekeeping_mutex_); }
  housekeeping_wake_.notify_all();
  if (housekeeping_thread_.joinable()) housekeeping_thread_.join();
  for (StoreHost* host : stores()) host->audit().finish(kAuditPatience);
  helpers_->end();
  if (!everybody_is_back()) {
    for (StoreHost* host : stores()) host->let_row_expire();
    return false;
  }
  if (options_.serves) {
    for (StoreHost* host : stores()) withdraw(*host);
  }
  end_threads();
  return true;
}

void SessionManager::Engine::shut_down_sessions() {
  const Error ended(ErrorCode::cancelled, "this host is shutting down");
  for (const auto& sessions : {sessions_->all(), sessions_->removed()}) {
    for (const auto& session : sessions) {
      (void)ask(session, [session, ended] { return session->shut_down(ended), true; });
      session->await_links();
    }
  }
}

// First who gives others work: readers, then sessions, then commits. What is left in a queue then is dropped, and so
// answered, while all else is still here.
void SessionManager::Engine::end_threads() {
  for (StoreHost* host : stores()) host->end_reads();
  shut_down_sessions();
  for (StoreHost* host : stores()) host->commits().finish();
  pool_->stop();  // timers of runs that were given up are still waiting
  pool_->join();
  {
    const std::lock_guard lock(extra_threads_mutex_);
    for (std::thread& thread : extra_threads_) thread.join();
  }
  for (const auto& sessions : {sessions_->all(), sessions_->removed()}) {
    for (const auto& session : sessions) session->drop_tasks();
  }
  for (const auto& session : sessions_->all()) sessions_->remove(session.get());
  pool_.reset();
  stores_.clear();
}

// Who has outlasted all this may never come back.
bool SessionManager::Engine::everybody_is_back() {
  if (!watch_->all_back_within(kStuckPatience)) return false;
  const std::int64_t until = clock_.monotonic_ns() + std::chrono::nanoseconds(kStuckPatience).count();
  for (StoreHost* host : stores()) {
    while (host->commits().running_since() != 0) {
      if (clock_.monotonic_ns() > until) return false;
      std::this_thread::sleep_for(kCommitLook);
    }
  }
  return true;
}

std::optional<std::string> SessionManager::Engine::anything_busy() {
  for (const auto& session : sessions_->all()) {
    const auto idle = ask(
        session, [session] { return session->runs().empty() && session->queue().empty() && session->writer().idle(); });
    if (!idle.value_or(false)) return session->id();
  }
  return std::nullopt;
}

void SessionManager::Engine::cancel_runs(const std::function<bool(const RunPlan&)>& which) {
  for (const auto& session : sessions_->all()) {
    session->post([session, which] {
      for (const auto& [id, run] : std::map(session->runs())) {
        if (run->park_if_waiting() || !which(run->plan())) continue;
        run->end(EndCause{EndCause::Kind::cancelled, std::nullopt, std::nullopt, {}});
      }
    });
  }
}

// What only waits for a person is left to whoever that answers: it would be waited for here until the time is up.
void SessionManager::Engine::begin_draining() {
  draining_ = true;
  for (const auto& session : sessions_->all()) {
    session->post([session] {
      for (const auto& [id, run] : std::map(session->runs())) (void)run->park_if_waiting();
    });
  }
}

std::string SessionManager::Engine::default_store_name() const {
  const auto wiring = wiring_.get();
  auto pipeline = find_pipeline(*wiring, {});
  return pipeline ? (*pipeline)->store : std::string();
}

StoreHost& SessionManager::Engine::default_store() {
  return *stores_.named(default_store_name()).front();
}

Result<StoreHost*> SessionManager::Engine::store_of_pipeline(const std::string& name) {
  const auto wiring = wiring_.get();
  auto pipeline = find_pipeline(*wiring, name);
  if (!pipeline) return pipeline.error();
  if (StoreHost* host = stores_.find((*pipeline)->store)) return host;
  return Error(ErrorCode::not_found,
               "pipeline '" + (*pipeline)->name + "' names a store '" + (*pipeline)->store + "' that does not exist");
}

Result<StoreHost*> SessionManager::Engine::store_named(const std::string& name) {
  if (name.empty()) return store_of_pipeline({});
  if (StoreHost* host = stores_.find(name)) return host;
  return Error(ErrorCode::not_found, "there is no store '" + name + "'; name one of the configuration's `stores`");
}

std::vector<StoreHost*> SessionManager::Engine::stores() {
  std::vector<StoreHost*> list = stores_.named(default_store_name());
  const std::vector<StoreHost*> leaving = stores_.leaving();
  list.insert(list.end(), leaving.begin(), leaving.end());
  return list;
}

Result<StoreHost*> SessionManager::Engine::store_of_session(const std::string& session_id) {
  const std::vector<StoreHost*> hosts = stores();
  for (StoreHost* host : hosts) {
    if (sessions_->find(*host, session_id) != nullptr) return host;
  }
  if (hosts.size() == 1) return hosts.front();
  for (StoreHost* host : hosts) {
    auto head = host->store().head(session_id);
    if (head) return host;
    if (head.error().code() != ErrorCode::session_not_found) return head.error();
  }
  return Error(ErrorCode::session_not_found, "there is no session " + session_id);
}

Result<SessionManager::Engine::FoundRun> SessionManager::Engine::find_run(const std::string& run_id,
                                                                          const std::string& tenant) {
  if (auto session = sessions_->session_of_run(run_id); session != nullptr && tenant.empty()) {
    return FoundRun{&session->host(), session->id()};
  }
  for (StoreHost* host : stores()) {
    auto run = host->store().get_run(tenant, run_id);
    if (run) return FoundRun{host, run->session_id};
    if (run.error().code() != ErrorCode::run_not_found) return run.error();
  }
  return Error(ErrorCode::run_not_found, "there is no run " + run_id);
}

// -- what happens by itself -----------------------------------------------------------------------------------------

void SessionManager::Engine::overdue(const WatchedCall& call) {
  auto* raw = static_cast<SessionRuntime*>(call.subject);
  const std::string plugin(call.plugin);
  const int hangs = faults_.count_hang(plugin);
  const std::string message = "'" + plugin + "' did not return from " + std::string(call.function) + " within " +
                              std::to_string(context_.host.plugin_call_timeout.count()) +
                              " ms; the runs of its session are ended";
  context_.happened(Incident::plugin_hung, plugin);
  context_.log(
      {.level = ASMGR_LOG_ERROR,
       .message = "plugin_hung: " + message +
                  (hangs >= PluginFaults::kDisabledAfter ? "; it is not called again until this host restarts" : ""),
       .session_id = raw->id(),
       .plugin = plugin});
  add_pool_thread();
  sessions_->replace(raw->shared_from_this(), RecoveryCause{ErrorCode::plugin_hung, message});
}

// In place of one that may be stuck in a plugin.
void SessionManager::Engine::add_pool_thread() {
  std::lock_guard lock(extra_threads_mutex_);
  extra_threads_.emplace_back([pool = pool_.get()] {
    const EngineThread::Scope scope;
    pool->attach();
  });
}

void SessionManager::Engine::changed(StoreHost& host, const Change& change) {
  if (change.session_id.empty()) {
    for (const auto& session : sessions_->all()) {
      if (&session->host() == &host) session->records_changed();
    }
    if (!options_.serves) return;
    if ((change.kinds & Change::kRecords) != 0) take_host_commands(host);
    // Only said where changes may have passed unseen: work may be among them.
    if ((change.kinds & Change::kRuns) != 0) look_in(host, host.looks().take_now(clock_.monotonic_ns()));
    return;
  }
  const std::shared_ptr<SessionRuntime> session = sessions_->find(host, change.session_id);
  if ((change.kinds & Change::kRecords) != 0 && session != nullptr) session->records_changed();
  if ((change.kinds & Change::kRecords) != 0 && session == nullptr && options_.serves) {
    wake_session(host, change.session_id);
  }
  // What this process commits reaches its subscribers without the store; what others do, they read.
  if (auto topic = host.topics().find(change.session_id); topic != nullptr) {
    if (session == nullptr || !session->owns()) topic->poke();
  }
}

void SessionManager::Engine::look_after_commit(StoreHost& host, StuckCommit& known) {
  const std::int64_t since = host.commits().running_since();
  if (since != known.since_ns) known = StuckCommit{since, false, false};
  if (since == 0) return;
  const std::chrono::nanoseconds stuck_for(system_clock().monotonic_ns() - since);
  const std::string message = "store '" + host.name() + "' has not come back from commit for " +
                              std::to_string(std::chrono::ceil<std::chrono::milliseconds>(stuck_for).count()) + " ms";
  if (!known.thread_replaced && stuck_for >= context_.host.plugin_call_timeout) {
    known.thread_replaced = true;
    context_.log({.level = ASMGR_LOG_WARN, .message = message + "; its sessions wait", .plugin = host.name()});
    if (host.store().info().fast_commit) add_pool_thread();  // else the thread is the store's own
  }
  if (known.providers_stopped || stuck_for < host.store_retry()) return;
  known.providers_stopped = true;
  const Error error(ErrorCode::storage_ambiguous,
                    message + "; whether its units were written is not known until it does, look after the store");
  context_.log({.level = ASMGR_LOG_ERROR, .message = error.message(), .plugin = host.name()});
  for (const auto& session : sessions_->all()) {
    if (&session->host() == &host) session->store_stuck(error);
  }
}

void SessionManager::Engine::housekeeping() {
  std::unique_lock lock(housekeeping_mutex_);
  std::chrono::milliseconds pace = context_.host.plugin_call_timeout / 4;
  std::map<StoreHost*, StuckCommit> stuck;
  for (StoreHost* host : stores()) pace = std::min(pace, host->store_retry() / 4);
  pace = std::clamp(pace, kFastestHousekeeping, kHousekeepingPace);
  while (rest(lock, pace)) {
    for (StoreHost* host : stores()) look_after_commit(*host, stuck[host]);
    for (const auto& session : sessions_->all()) {
      session->post([session] {
        session->look_again();
        session->give_up_waiting();
        session->retire_if_idle(std::chrono::nanoseconds(kIdleBeforeRelease).count());
      });
    }
  }
}

}  // namespace asmgr
