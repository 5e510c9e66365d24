// The sessions this process has a runtime for. Thread-safe; asked per verb, never per event.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/session_runtime.hpp"

namespace asmgr {

class SessionDirectory {
 public:
  // Makes the plan of a run that another process queued.
  using PlanMaker = std::function<Result<RunPlan>(const boost::json::object& entry)>;

  SessionDirectory(EngineContext& engine, PlanMaker plan_maker) : engine_(engine), plan_maker_(std::move(plan_maker)) {}

  [[nodiscard]] std::shared_ptr<SessionRuntime> get(StoreHost& host, const std::string& session_id);
  [[nodiscard]] std::shared_ptr<SessionRuntime> find(StoreHost& host, const std::string& session_id);
  void submit(StoreHost& host, const std::string& session_id, SessionOp::Ptr op);
  void remove(const SessionRuntime* runtime);
  // A plugin call inside the session hung: a new runtime takes the session over and recovers it.
  void replace(const std::shared_ptr<SessionRuntime>& hung, RecoveryCause cause);
  [[nodiscard]] std::vector<std::shared_ptr<SessionRuntime>> all();
  // Removed ones that somebody still works in: a provider's thread, a write on its way.
  [[nodiscard]] std::vector<std::shared_ptr<SessionRuntime>> removed();
  [[nodiscard]] Result<RunPlan> plan_from_entry(const boost::json::object& entry) const { return plan_maker_(entry); }

  // Which session a run that is executed here belongs to; empty = not here.
  void run_lives(const std::string& run_id, const std::shared_ptr<SessionRuntime>& session);
  void run_ended(const std::string& run_id);
  [[nodiscard]] std::vector<std::string> runs_of(const std::shared_ptr<SessionRuntime>& session);
  [[nodiscard]] std::shared_ptr<SessionRuntime> session_of_run(const std::string& run_id);

 private:
  struct Key {
    const StoreHost* host;
    std::string session_id;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return std::hash<std::string>{}(key.session_id); }
  };
  EngineContext& engine_;
  PlanMaker plan_maker_;
  std::mutex mutex_;
  std::unordered_map<Key, std::shared_ptr<SessionRuntime>, KeyHash> sessions_;
  std::unordered_map<std::string, std::weak_ptr<SessionRuntime>> runs_;
  std::vector<std::weak_ptr<SessionRuntime>> removed_;
};

}  // namespace asmgr
