#include "core/tools/tool_loop.hpp"

#include "core/tools/tool_run.hpp"

namespace asmgr {

ToolLoop::ToolLoop(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools, ToolLoopOptions options)
    : provider_(std::move(provider)), tools_(std::move(tools)), options_(options) {}

ToolLoop::~ToolLoop() = default;

Result<void> ToolLoop::start(const RunContext& context) {
  auto run = ToolRun::of(provider_, tools_, options_, context);
  if (!run) return run.error();
  {
    const std::lock_guard lock(mutex_);
    runs_.emplace(context.start, *run);
  }
  (*run)->begin();
  return {};
}

void ToolLoop::cancel(std::uint64_t start) noexcept {
  if (auto run = find(start)) run->cancel();
}

void ToolLoop::resume(std::uint64_t start) noexcept {
  if (auto run = find(start)) run->resume();
}

Result<void> ToolLoop::resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict, std::string_view note,
                               std::string_view edited_input_json) {
  auto run = find(start);
  return run == nullptr ? Result<void>() : run->resolve(ticket, verdict, note, edited_input_json);
}

Result<void> ToolLoop::steer(std::uint64_t start, std::string_view message_json) {
  auto run = find(start);
  if (run == nullptr) return Error(ErrorCode::run_not_found, "the run is over");
  return run->steer(message_json);
}

Result<std::string> ToolLoop::resume_token(std::uint64_t start) {
  auto run = find(start);
  return run == nullptr ? Result<std::string>(std::string()) : run->resume_token();
}

std::shared_ptr<ToolRun> ToolLoop::find(std::uint64_t start) const {
  const std::lock_guard lock(mutex_);
  const auto at = runs_.find(start);
  return at == runs_.end() ? nullptr : at->second;
}

}  // namespace asmgr
