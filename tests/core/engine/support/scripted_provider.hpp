// A provider that does what a test's function says, on a thread per start.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/ports/provider.hpp"

namespace asmgr::testing {

// One start, as the test's function sees it.
class ScriptedRun {
 public:
  explicit ScriptedRun(const RunContext& context) : context_(context) {}

  EmitAnswer emit(EventType type, const std::string& data, EmitMode mode = EmitMode::may_block) {
    EventView event;
    event.type = type;
    event.type_name = type_name(type);
    event.data = data;
    return context_.channel->emit({&event, 1}, mode);
  }
  EmitAnswer text(const std::string& delta, EmitMode mode = EmitMode::may_block) {
    return emit(EventType::message_streamed, R"({"content":")" + delta + R"("})", mode);
  }
  // Asks and waits for the verdict; deny when the run is cancelled meanwhile.
  ToolVerdict ask(const std::string& call, const std::string& tool, const std::string& input = "{}") {
    return answer_to(call, tool, input).verdict;
  }
  struct Answered {
    ToolVerdict verdict = ToolVerdict::deny;
    std::string note;
    std::string edited_input;
  };
  Answered answer_to(const std::string& call, const std::string& tool, const std::string& input = "{}") {
    return answer_about(R"({"tool_call_id":")" + call + R"(","tool_name":")" + tool + R"(","tool_input":)" + input +
                        "}");
  }
  // The same, with the whole call as JSON.
  ToolVerdict ask_about(const std::string& tool_call) { return answer_about(tool_call).verdict; }
  Answered answer_about(const std::string& tool_call) {
    const std::uint64_t ticket = ++last_ticket_;
    context_.channel->ask(ticket, tool_call);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answers_.contains(ticket) || context_.cancel->cancelled(); });
    return answers_.contains(ticket) ? answers_[ticket] : Answered{};
  }
  // Asks, and runs the tool when it may: both its events.
  Answered call_tool(const std::string& call, const std::string& tool, const std::string& input = "{}") {
    Answered answer = answer_to(call, tool, input);
    if (answer.verdict != ToolVerdict::allow) return answer;
    emit(EventType::tool_call_started,
         R"({"tool_call_id":")" + call + R"(","tool_name":")" + tool + R"(","tool_input":)" + input + "}");
    emit(EventType::tool_call_completed,
         R"({"tool_call_id":")" + call + R"(","tool_name":")" + tool + R"(","tool_output":"done"})");
    return answer;
  }
  void finish(FinishStatus status, const std::string& result = "{}") { context_.channel->finish(status, result); }
  void wait_for_cancel() { context_.cancel->wait_for(std::chrono::seconds(10)); }
  [[nodiscard]] const RunContext& context() const { return context_; }

  void resolved(std::uint64_t ticket, Answered answer) {
    std::lock_guard lock(mutex_);
    answers_[ticket] = std::move(answer);
    changed_.notify_all();
  }
  void wake() {
    std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  void steered(std::string message) {
    std::lock_guard lock(mutex_);
    told_.push_back(std::move(message));
    changed_.notify_all();
  }
  // The next message that it is told while it runs; empty when it is cancelled first.
  std::string next_message() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !told_.empty() || context_.cancel->cancelled(); });
    if (told_.empty()) return {};
    std::string message = std::move(told_.front());
    told_.erase(told_.begin());
    return message;
  }

 private:
  const RunContext& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::uint64_t> last_ticket_{0};  // a script may ask on several threads
  std::map<std::uint64_t, Answered> answers_;
  std::vector<std::string> told_;
};

class ScriptedProvider final : public Provider {
 public:
  using Script = std::function<void(ScriptedRun&)>;
  explicit ScriptedProvider(Script script, EnforcementGrade grade = EnforcementGrade::intercept)
      : script_(std::move(script)) {
    info_.name = "test";
    info_.vendor = "test";
    info_.grade = grade;
    info_.describe_json = "{}";
    info_.capabilities.push_back({"streaming", CapabilityType::sampling, true, "", {}, {}});
  }
  ~ScriptedProvider() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void set_name(const std::string& name) { info_.name = name; }
  void offer(Capability capability) { info_.capabilities.push_back(std::move(capability)); }
  void set_vendor(const std::string& vendor, bool reports_totals) {
    info_.vendor = vendor;
    info_.usage_is_total = reports_totals;
  }
  void set_models(std::vector<std::string> models) { info_.models = std::move(models); }
  void set_max_output_tokens(std::int64_t most) { info_.max_output_tokens = most; }
  void honour(std::vector<std::string> hints) { info_.hints = std::move(hints); }
  void set_can_steer() { info_.can_steer = true; }
  void set_resumes_natively() { info_.can_resume_natively = true; }
  // Runs inside start itself, before the thread begins; may hang.
  std::function<void(const RunContext&)> in_start;
  std::string token;  // of its own session
  std::optional<Error> steer_refusal;
  void set_starts_over() { info_.starts_over = true; }
  std::atomic<int> starts{0};
  std::atomic<int> returned{0};  // starts that came back
  std::atomic<int> cancels{0};
  std::atomic<int> resumes{0};

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override {
    ++starts;
    if (in_start) in_start(context);
    auto run = std::make_shared<ScriptedRun>(context);
    std::lock_guard lock(mutex_);
    runs_[context.start] = run;
    threads_.emplace_back([this, run] { script_(*run); });
    ++returned;
    return {};
  }
  void cancel(std::uint64_t start) noexcept override {
    ++cancels;
    if (auto run = find(start)) run->wake();
  }
  void resume(std::uint64_t) noexcept override {
    ++resumes;
    resumes.notify_all();
  }
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                     std::string_view note, std::string_view edited) override {
    if (auto run = find(start)) run->resolved(ticket, {verdict, std::string(note), std::string(edited)});
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t start, std::string_view message) override {
    if (steer_refusal) return *steer_refusal;
    if (auto run = find(start)) run->steered(std::string(message));
    return {};
  }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return token; }

 private:
  std::shared_ptr<ScriptedRun> find(std::uint64_t start) {
    std::lock_guard lock(mutex_);
    auto at = runs_.find(start);
    return at == runs_.end() ? nullptr : at->second;
  }
  ProviderInfo info_;
  Script script_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<ScriptedRun>> runs_;
  std::vector<std::thread> threads_;
};

}  // namespace asmgr::testing
