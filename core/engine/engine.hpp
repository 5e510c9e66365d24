// The machinery behind SessionManager: threads, stores, sessions, and the way from a verb to a session.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <thread>

#include "core/engine/engine_context.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/session_manager.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/engine/store_set.hpp"

namespace asmgr {

class UpkeepSchedule;

class SessionManager::Engine {
 public:
  Engine(const Wiring& wiring, ManagerOptions options);
  // Must be called before the destructor. False when a thread is still inside a plugin that hung: then the engine must
  // be left where it is, because that thread may come back.
  [[nodiscard]] bool shut_down();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // As it is now; who works with it keeps it.
  [[nodiscard]] std::shared_ptr<const Wiring> wiring() const { return wiring_.get(); }
  // What runs, and what waits, goes on as it was planned; what comes next is wired anew.
  void exchange(const Wiring& wiring);
  [[nodiscard]] EngineContext& context() noexcept { return context_; }
  [[nodiscard]] SessionDirectory& sessions() noexcept { return *sessions_; }
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }

  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] bool draining() const noexcept { return draining_; }
  void begin_draining();
  // The id of some session that has runs, queued ones or writes on their way.
  [[nodiscard]] std::optional<std::string> anything_busy();

  // -- finding things -----------------------------------------------------------------------------------------------
  [[nodiscard]] Result<StoreHost*> store_of_pipeline(const std::string& pipeline);
  // Empty: the default pipeline's. Errors: not_found.
  [[nodiscard]] Result<StoreHost*> store_named(const std::string& name);
  // The store that has the session, the default pipeline's asked first. Errors: session_not_found. Reads the store.
  [[nodiscard]] Result<StoreHost*> store_of_session(const std::string& session_id);
  struct FoundRun {
    StoreHost* host = nullptr;
    std::string session_id;
  };
  // Whether some living host looks for work in it. Reads the store.
  [[nodiscard]] bool is_served(StoreHost& host);
  [[nodiscard]] Result<FoundRun> find_run(const std::string& run_id, const std::string& tenant);
  // The default pipeline's first, those that are only left for their sessions last.
  [[nodiscard]] std::vector<StoreHost*> stores();

  // Calls `then` with what `find` found: on this thread when it is a caller's, else on a reader thread.
  template <typename T>
  void look_up(Inline where, std::function<Result<T>()> find, std::function<void(Result<T>)> then) {
    if (where == Inline::yes) return then(find());
    default_store().read([find = std::move(find), then = std::move(then)] { then(find()); }, Inline::no);
  }

  // Runs work that reads a store, and may take long, on a reader thread.
  void on_reader_thread(std::function<void()> work) { default_store().read(std::move(work), Inline::no); }

  // -- sending verbs ------------------------------------------------------------------------------------------------
  // What a session owned by another process is asked, and how its answer is read.
  template <typename T>
  struct Remote {
    std::string verb;
    boost::json::object args;
    Caller caller;
    RemoteWait wait;
    std::function<Result<T>(StoreHost&)> read;  // the thing itself, once the owner says that it is done
  };
  using Act = std::function<void(SessionRuntime&, const SessionOp::Ptr&)>;
  template <typename T>
  void send(StoreHost& host, const std::string& session_id, Inline where, Act act, Handler<T> handler,
            std::optional<Remote<T>> remote);

  // Waits for a command record to be closed; `handler` gets its status, or the error in it.
  void command(StoreHost& host, const std::string& session_id, const std::string& verb, boost::json::object args,
               const Caller& caller, const RemoteWait& wait, std::function<void()> owner_is_gone,
               Handler<std::string> handler);
  // Queues a run for the owner of its session (invalid_operation when it is queued or running already; `resumed`: that
  // is this caller's own doing), and waits for its end or for the owner's.
  void queue_elsewhere(StoreHost& host, const std::string& session_id, const std::string& run_id, const RunPlan& plan,
                       bool resumed, std::function<void(const Result<void>&)> then);
  void await_elsewhere(StoreHost& host, const std::string& session_id, const std::string& run_id, const RunPlan& plan,
                       std::function<void()> owner_is_gone, Handler<RunResult> handler);
  [[nodiscard]] Result<RunResult> result_from_store(StoreHost& host, const std::string& run_id, ResultEvents events);

  // -- reading ------------------------------------------------------------------------------------------------------
  // Recovers the session when its host is dead, before it is read.
  [[nodiscard]] Result<void> recover_if_needed(StoreHost& host, const std::string& session_id, const Head& head);

 private:
  void shut_down_sessions();
  [[nodiscard]] bool everybody_is_back();
  void end_threads();
  struct StuckCommit {
    std::int64_t since_ns = 0;
    bool thread_replaced = false;
    bool providers_stopped = false;
  };
  [[nodiscard]] std::string default_store_name() const;
  [[nodiscard]] StoreHost& default_store();
  [[nodiscard]] std::unique_ptr<StoreHost> make_store_host(const Wiring& wiring, const std::string& name,
                                                           std::shared_ptr<Store> store);
  void overdue(const WatchedCall& call);
  void changed(StoreHost& host, const Change& change);
  void add_pool_thread();
  // For a host that looks for work: takes the sessions that nobody owns and that have something to do.
  void look_for_work();
  void look_for_work_in(StoreHost& host);
  void wake_session(StoreHost& host, const std::string& session_id);
  // Says to other hosts that this one takes commands, and that it no longer does.
  void announce(StoreHost& host);
  void withdraw(StoreHost& host);
  void take_host_commands(StoreHost& host);
  void housekeeping();
  // A commit that does not come back: its thread is replaced, then the providers of its store are stopped.
  void look_after_commit(StoreHost& host, StuckCommit& known);
  void cancel_runs(const std::function<bool(const RunPlan&)>& which);

  CurrentWiring wiring_;
  ManagerOptions options_;
  const Clock& clock_;
  std::shared_ptr<std::atomic<std::uint64_t>> last_start_ = std::make_shared<std::atomic<std::uint64_t>>(0);
  std::atomic<bool> stopping_{false};
  std::atomic<bool> draining_{false};
  std::atomic<bool> taking_commands_{false};
  Settled settled_;
  HostSlots slots_;
  RunOutcomes outcomes_;
  PluginFaults faults_;
  std::unique_ptr<boost::asio::thread_pool> pool_;
  std::unique_ptr<HelperThreads> helpers_;
  std::unique_ptr<CallWatch> watch_;
  EngineContext context_;
  std::unique_ptr<SessionDirectory> sessions_;
  StoreSet stores_;
  std::mutex housekeeping_mutex_;
  std::condition_variable housekeeping_wake_;
  std::thread housekeeping_thread_;
  std::unique_ptr<UpkeepSchedule> upkeep_;  // of a host that looks for work
  std::mutex extra_threads_mutex_;
  std::vector<std::thread> extra_threads_;  // in place of those that hang in a plugin
};

template <typename T>
void SessionManager::Engine::send(StoreHost& host, const std::string& session_id, Inline where, Act act,
                                  Handler<T> handler, std::optional<Remote<T>> remote) {
  auto op = std::make_shared<SessionOp>();
  op->where = where;
  op->act = std::move(act);
  op->fail = [handler](const Error& error) { handler(error); };
  if (remote) {
    op->caller = remote->caller;
    op->ask_owner = [this, &host, session_id, handler, remote = std::move(*remote)](SessionRuntime& session,
                                                                                    const SessionOp::Ptr& asked) {
      if (!session.finish(asked)) return;
      auto act_here = asked->act;
      auto again = [this, &host, session_id, act_here, handler, remote] {
        send<T>(host, session_id, Inline::no, act_here, handler, remote);
      };
      command(host, session_id, remote.verb, remote.args, remote.caller, remote.wait, again,
              [handler, remote, &host](Result<std::string> status) {
                if (!status) {
                  handler(status.error());
                } else {
                  handler(remote.read(host));
                }
              });
    };
  }
  sessions_->submit(host, session_id, std::move(op));
}

}  // namespace asmgr
