// A session manager over a real store plugin and a scripted provider, in three lines.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/hash_chain.hpp"
#include "tests/core/engine/support/scripted_provider.hpp"
#include "tests/core/engine/support/store_double.hpp"

namespace asmgr::testing {

// Opened once, for everybody who waits at it.
class Latch {
 public:
  void open() {
    open_ = true;
    open_.notify_all();
  }
  void wait() { open_.wait(false); }

 private:
  std::atomic<bool> open_{false};
};

class World {
 public:
  explicit World(ScriptedProvider::Script script, const std::string& store_plugin = "memory",
                 EnforcementGrade grade = EnforcementGrade::intercept) {
    std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-engine-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    const std::string file = folder_ + "/asmgr.yaml";
    std::ofstream(file)
        << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR "\"]}\nstores:\n  local: {plugin: " << store_plugin
        << (store_plugin == "sqlite" ? ", config: {path: ./test.db, durability: normal}" : "")
        << "}\nproviders:\n  shell: {plugin: shell}\npipelines:\n  default: {store: local, provider: shell}\n";
    auto deployment = Deployment::load(file);
    if (!deployment) {
      ADD_FAILURE() << deployment.error().message();
      std::abort();
    }
    wiring = deployment->wiring();
    store = std::make_shared<StoreDouble>(wiring.stores["local"]);
    wiring.stores["local"] = store;
    provider = std::make_shared<ScriptedProvider>(std::move(script), grade);
    wiring.providers["test"] = provider;
    wiring.pipelines["default"].provider = "test";
    wiring.pipelines["default"].timeouts.cancel_grace = std::chrono::milliseconds(200);
    wiring.host.drain_timeout = std::chrono::milliseconds(2000);
  }
  ~World() {
    manager_.reset();
    wiring = {};
    provider.reset();
    store.reset();
    std::filesystem::remove_all(folder_);
  }

  // A file of the deployment: the SQLite store's is test.db.
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  Wiring wiring;
  std::shared_ptr<StoreDouble> store;
  std::shared_ptr<ScriptedProvider> provider;
  std::shared_ptr<Observer> observer;
  bool serves = false;                   // the managers that are made from now on look for work
  const Clock* manager_clock = nullptr;  // null = the system's; outlives the manager

  // Made at first use, so that a test can change the wiring before.
  SessionManager& manager() {
    if (manager_ == nullptr) {
      ManagerOptions options;
      options.observer = observer;
      options.serves = serves;
      options.clock = manager_clock;
      options.log = [this](const LogLine& line) {
        std::lock_guard lock(log_mutex_);
        log_.emplace_back(line.message);
        if (std::getenv("ASMGR_TEST_LOG") != nullptr) std::fprintf(stderr, "%s\n", log_.back().c_str());
      };
      manager_ = std::make_unique<SessionManager>(wiring, options);
    }
    return *manager_;
  }
  void end_manager() { manager_.reset(); }
  // What the manager has logged so far and holds `part`.
  std::vector<std::string> logged(std::string_view part) {
    std::lock_guard lock(log_mutex_);
    std::vector<std::string> lines;
    for (const std::string& line : log_) {
      if (line.find(part) != std::string::npos) lines.push_back(line);
    }
    return lines;
  }

  std::string active_session() {
    StartSessionOptions start;
    start.agent_id = "tester";
    auto session = manager().start_session(start);
    EXPECT_TRUE(session) << session.error().message();
    EXPECT_TRUE(manager().activate_session({session->id, "", {}, {}}));
    return session->id;
  }
  std::string pending_run(const std::string& session_id) {
    StartRunOptions start;
    start.session_id = session_id;
    start.input = boost::json::object{{"prompt", "hello"}};
    auto run = manager().start_run(start);
    EXPECT_TRUE(run) << run.error().message();
    return run->id;
  }
  Result<RunResult> execute(const std::string& run_id, EventCallback callback = {}) {
    ExecuteRunOptions options;
    options.run_id = run_id;
    options.execution.event_callback = std::move(callback);
    return manager().execute_run(std::move(options));
  }
  // Without a thread of the test's: nothing it calls can hang in a plugin.
  std::future<Result<RunResult>> begin(const std::string& run_id) {
    auto told = std::make_shared<std::promise<Result<RunResult>>>();
    ExecuteRunOptions options;
    options.run_id = run_id;
    manager().begin_execute_run(options, [told](Result<RunResult> result) { told->set_value(std::move(result)); });
    return told->get_future();
  }
  std::vector<Event> events(const std::string& session_id) {
    GetEventsOptions options;
    options.session_id = session_id;
    options.limit = 1'000'000;
    auto events = manager().get_session_events(options);
    EXPECT_TRUE(events) << events.error().message();
    return events ? *events : std::vector<Event>{};
  }
  // Gapless, chained, one terminal event for the run; returns the type names.
  std::vector<std::string> checked_types(const std::string& session_id) {
    std::vector<std::string> types;
    ChainVerifier verifier(session_id);
    for (const Event& event : events(session_id)) {
      auto verified = verifier.next(view_of(event));
      EXPECT_TRUE(verified) << verified.error().message();
      types.push_back(event.type_name);
    }
    return types;
  }

 private:
  std::string folder_;
  std::mutex log_mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<SessionManager> manager_;
};

// Polls until `condition` holds; false after ten seconds.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

inline void complete_with_text(ScriptedRun& run) {
  run.text("hi");
  run.finish(FinishStatus::completed,
             R"({"output":{"content":"hi"},"token_usage":{"input_tokens":3,"output_tokens":1}})");
}

}  // namespace asmgr::testing
