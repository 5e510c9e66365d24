// What a router knows of its targets: how they are, what they cost, who serves which session; and so, who is next.
// Thread-safe; asked a few times in a run, never for an event.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/cost/price_table.hpp"
#include "core/model/capability.hpp"
#include "core/model/time.hpp"
#include "core/ports/provider.hpp"
#include "core/routing/route_settings.hpp"
#include "core/routing/sticky_sessions.hpp"

namespace asmgr {

// Of one run, what matters for who may serve it.
struct RouteQuestion {
  std::string_view session_id;
  std::span<const CapabilityNeed> required;
  std::string_view model;  // that the run names; empty = none
};

// How a target stands for one question.
struct TargetStanding {
  std::size_t index = 0;
  // Empty = it may serve. Else a sentence that says why not, until when, and its detail.
  std::string left_out;
  boost::json::object left_out_detail;
  std::string model;           // that the price is of
  std::optional<Money> price;  // of a million tokens in and a million out
  std::optional<std::int64_t> latency_ns;
  CircuitBreaker::State breaker = CircuitBreaker::State::closed;
  std::uint32_t failures = 0;
  bool sticky = false;  // the session's last run was served by it
};

struct RouteChoice {
  std::vector<std::size_t> order;         // who may serve, best first
  std::vector<TargetStanding> standings;  // all, in the order of the list
};

class TargetBoard {
 public:
  // A measured latency counts for so long; then the target is measured again.
  static constexpr std::chrono::minutes kLatencyKept{5};

  struct Listed {
    const ProviderInfo* info = nullptr;  // outlives the board
    std::int64_t weight = 1;
  };
  // `clock` outlives the board; `prices` may be null.
  TargetBoard(RouteSettings settings, std::vector<Listed> targets, std::shared_ptr<const PriceTable> prices,
              const Clock& clock);

  // For a run that begins: takes the turn of strategies that have turns.
  [[nodiscard]] RouteChoice choose(const RouteQuestion& question);
  // The same without taking anything.
  [[nodiscard]] RouteChoice look(const RouteQuestion& question) const;

  // Leave to start one of them; empty when that has changed since it was chosen.
  using Permit = CircuitBreaker::Permit;
  [[nodiscard]] std::optional<Permit> admit(std::size_t target);
  // How the start with that leave ended. Without one it was none of those that are counted.
  void served(std::size_t target, std::optional<Permit> permit, const std::string& session_id, std::int64_t latency_ns);
  void failed(std::size_t target, Permit permit, const Error& error);  // ill health or not: the error says
  void released(std::size_t target, Permit permit);

  [[nodiscard]] const RouteSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] const Listed& target(std::size_t index) const { return listed_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return listed_.size(); }
  [[nodiscard]] std::size_t sticky_sessions() const;

 private:
  struct Health {
    CircuitBreaker breaker;
    std::int64_t aside_until_ns = 0;
    std::string aside_because;  // a code of an error
    std::int64_t latency_ns = 0;
    std::int64_t measured_ns = 0;  // 0 = never
  };
  [[nodiscard]] TargetStanding standing(std::size_t index, const RouteQuestion& question, std::int64_t now) const;
  [[nodiscard]] RouteChoice stand(const RouteQuestion& question, std::vector<RankedTarget>& ranked) const;
  void sticky_to_front(RouteChoice& choice) const;
  void leave_out_until(TargetStanding& standing, std::string_view why, std::int64_t left_ns) const;

  const RouteSettings settings_;
  const std::vector<Listed> listed_;
  const std::shared_ptr<const PriceTable> prices_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Health> health_;
  Turns turns_;
  StickySessions sticky_;
};

// What a run of that target is expected to be priced by: a router's is that of its dearest target. Empty = unknown.
[[nodiscard]] std::optional<Money> price_of_target(const ProviderInfo& info, std::string_view model,
                                                   const PriceTable& prices);

}  // namespace asmgr
