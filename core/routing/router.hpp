// A provider made of providers: who starts it gets the one of its targets that is best for the run now, and another one
// when that fails before anything was shown.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/ports/provider.hpp"
#include "core/routing/route_settings.hpp"
#include "core/routing/routed_run.hpp"

namespace asmgr {

// What is known of the targets lives as long as the router, in memory.
class Router final : public Provider {
 public:
  struct Target {
    std::shared_ptr<Provider> provider;  // may be a router
    std::int64_t weight = 1;
  };
  // At least one target. `prices` (may be null) are for lowest_cost; `clock` outlives the router and its runs.
  Router(std::string name, RouteSettings settings, std::vector<Target> targets,
         std::shared_ptr<const PriceTable> prices = nullptr, const Clock& clock = system_clock());

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  // Errors: provider_unavailable with why each target was left out ({"targets": [{"target","reason","message",...}]}).
  [[nodiscard]] Result<void> start(const RunContext& context) override;
  void cancel(std::uint64_t start) noexcept override;
  void resume(std::uint64_t start) noexcept override;
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                     std::string_view note, std::string_view edited_input_json) override;
  [[nodiscard]] Result<void> steer(std::uint64_t start, std::string_view message_json) override;
  // A routed token (routed_token.hpp).
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t start) override;

  [[nodiscard]] const TargetBoard& board() const noexcept { return parts_->board; }

 private:
  [[nodiscard]] std::optional<std::size_t> target_that_has(const RunContext& context) const;
  [[nodiscard]] Error nobody_can(const RouteChoice& choice) const;
  [[nodiscard]] std::shared_ptr<RoutedRun> find(std::uint64_t start) const;
  [[nodiscard]] std::shared_ptr<RouteAttempt> attempt_of(std::uint64_t start) const;

  std::shared_ptr<RouterParts> parts_;
  ProviderInfo info_;
};

// {"targets":[...]} of those that were left out, for an error or an explanation:
// {"target","reason","message","until"?}.
[[nodiscard]] boost::json::object left_out_json(const TargetBoard& board, const TargetStanding& standing);

}  // namespace asmgr
