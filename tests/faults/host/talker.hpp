// A provider that talks for some tens of milliseconds, in events of random sizes, and ends well.
#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "core/ports/provider.hpp"

namespace asmgr::faults {

class Talker final : public Provider {
 public:
  explicit Talker(std::uint32_t seed);
  // Waits for all that still talk; their host must have gone.
  ~Talker() override;

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override;
  void cancel(std::uint64_t) noexcept override {}  // they look at the token
  void resume(std::uint64_t) noexcept override {}  // and wait in emit
  [[nodiscard]] Result<void> resolve(std::uint64_t, std::uint64_t, ToolVerdict, std::string_view,
                                     std::string_view) override {
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t, std::string_view) override {
    return Error(ErrorCode::capability_not_supported);
  }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  static void talk(const RunContext& context, std::uint32_t seed);

  ProviderInfo info_;
  std::uint32_t seed_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace asmgr::faults
