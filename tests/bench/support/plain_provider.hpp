// A provider that only speaks: nothing stops it, asks it or is asked by it.
#pragma once

#include "core/ports/provider.hpp"

namespace asmgr::bench {

class PlainProvider : public Provider {
 public:
  explicit PlainProvider(const char* name) {
    info_.name = name;
    info_.grade = EnforcementGrade::intercept;
  }
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  void cancel(std::uint64_t) noexcept override {}
  void resume(std::uint64_t) noexcept override {}
  [[nodiscard]] Result<void> resolve(std::uint64_t, std::uint64_t, ToolVerdict, std::string_view,
                                     std::string_view) override {
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t, std::string_view) override { return {}; }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  ProviderInfo info_;
};

}  // namespace asmgr::bench
