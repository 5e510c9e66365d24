// The provider of a history: each run's agent does what the plan says, some of it against the rules.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/ports/provider.hpp"
#include "tests/simulation/plan.hpp"

namespace asmgr {
class RunLink;
}

namespace asmgr::simulation {

class Agent final : public Provider {
 public:
  // Calm: every run is answered, whatever the plan says.
  enum class Mood : std::uint8_t { as_planned, calm };
  Agent(const HistoryPlan& plan, Mood mood);
  // Who ignored a cancel comes back now.
  void release();
  // The same, and waits for all. Must be called before the agent goes: its last user may be a thread of its own.
  void end();

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override;
  void cancel(std::uint64_t start) noexcept override;
  void resume(std::uint64_t start) noexcept override;
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict, std::string_view,
                                     std::string_view) override;
  [[nodiscard]] Result<void> steer(std::uint64_t, std::string_view) override;
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  // One start: its channel is kept alive beyond finish, for agents that go on talking.
  struct Talk {
    const RunContext* context = nullptr;  // only until finish
    std::shared_ptr<RunLink> link;
    std::string run_id;
    std::string session_id;
    std::map<std::uint64_t, ToolVerdict> verdicts;  // guarded by mutex_
  };
  [[nodiscard]] Behaviour behaviour_of(const std::string& run_id) const;
  void act(Talk& talk, Behaviour behaviour);
  void answer(Talk& talk);
  void talk_long(Talk& talk);
  void count_usage(Talk& talk);
  void finish_twice(Talk& talk);
  void finish_in_a_race(Talk& talk);
  void repeat_event_ids(Talk& talk);
  void send_nonsense(Talk& talk);
  void use_tools(Talk& talk);
  void wait_for_cancel(Talk& talk);
  void wait_for_release();
  // True: allowed.
  [[nodiscard]] bool ask(Talk& talk, std::uint64_t ticket, const std::string& call);

  const HistoryPlan& plan_;
  Mood mood_;
  ProviderInfo info_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::map<std::uint64_t, std::shared_ptr<Talk>> talks_;
  std::vector<std::thread> threads_;
};

}  // namespace asmgr::simulation
