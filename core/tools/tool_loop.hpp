// Makes of a provider of grade `own`, which answers with one model call per start, one that carries out whole runs.
//
// Each model call is offered the tools of a ToolSet. Where the model wants some of them, the engine is asked about each
// (so that policies and people decide), what is allowed runs, and the provider is started again with the results, until
// it ends in another way or has had its turns. To the engine this is a provider that asks before each tool.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "core/ports/provider.hpp"
#include "core/tools/tool_set.hpp"

namespace asmgr {

struct ToolLoopOptions {
  std::size_t parallel = 4;                                     // calls of one run at a time
  std::chrono::milliseconds timeout = std::chrono::minutes(2);  // of one call
  std::size_t max_result_bytes = 1024 * 1024;                   // of one call; cut, and said so
};

class ToolRun;

// For one run: it remembers the starts it was given, so that they can be asked for afterwards. What the provider does
// besides - runs that end without tools, its own questions about tools it runs itself - passes through.
class ToolLoop final : public Provider {
 public:
  ToolLoop(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools, ToolLoopOptions options);
  ~ToolLoop() override;

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return provider_->info(); }
  [[nodiscard]] Result<void> start(const RunContext& context) override;
  void cancel(std::uint64_t start) noexcept override;
  void resume(std::uint64_t start) noexcept override;
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                     std::string_view note, std::string_view edited_input_json) override;
  [[nodiscard]] Result<void> steer(std::uint64_t start, std::string_view message_json) override;
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t start) override;

 private:
  [[nodiscard]] std::shared_ptr<ToolRun> find(std::uint64_t start) const;

  std::shared_ptr<Provider> provider_;
  std::shared_ptr<const ToolSet> tools_;
  ToolLoopOptions options_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<ToolRun>> runs_;
};

}  // namespace asmgr
