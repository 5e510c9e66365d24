#include "core/routing/target_board.hpp"

#include <algorithm>

#include "core/routing/ill_health.hpp"
#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
// The most that the other side's word puts a target aside for: a typing error there must not cost it a month.
constexpr std::int64_t kLongestWaitMs = 24 * 60 * 60 * 1000;

// The model that a run names where the target has it, else the target's own.
std::string model_for(const ProviderInfo& info, std::string_view wanted) {
  if (!wanted.empty() && (info.models.empty() || std::ranges::find(info.models, wanted) != info.models.end())) {
    return std::string(wanted);
  }
  return info.models.empty() ? std::string() : info.models.front();
}

std::int64_t nanoseconds(std::chrono::milliseconds duration) {
  return std::chrono::nanoseconds(duration).count();
}

}  // namespace

std::optional<Money> price_of_target(const ProviderInfo& info, std::string_view model, const PriceTable& prices) {
  if (info.targets.empty()) {
    const auto price = prices.find(info.vendor, model_for(info, model));
    if (!price) return std::nullopt;
    return Money::of_tokens(kMillion, price->rates.input) + Money::of_tokens(kMillion, price->rates.output);
  }
  Money dearest;
  for (const ProviderInfo& target : info.targets) {
    const auto price = price_of_target(target, model, prices);
    if (!price) return std::nullopt;
    dearest = std::max(dearest, *price);
  }
  return dearest;
}

TargetBoard::TargetBoard(RouteSettings settings, std::vector<Listed> targets, std::shared_ptr<const PriceTable> prices,
                         const Clock& clock)
    : settings_(settings),
      listed_(std::move(targets)),
      prices_(std::move(prices)),
      clock_(clock),
      turns_(settings.strategy),
      sticky_(settings.sticky_ttl) {
  health_.resize(listed_.size());
  for (Health& health : health_) health.breaker = CircuitBreaker(settings_.circuit_breaker);
}

void TargetBoard::leave_out_until(TargetStanding& standing, std::string_view why, std::int64_t left_ns) const {
  const Timestamp until{clock_.now().us + left_ns / 1000};
  standing.left_out = std::string(why) + " until " + format_timestamp(until);
  standing.left_out_detail["until"] = format_timestamp(until);
}

TargetStanding TargetBoard::standing(std::size_t index, const RouteQuestion& question, std::int64_t now) const {
  const ProviderInfo& info = *listed_[index].info;
  const Health& health = health_[index];
  TargetStanding standing;
  standing.index = index;
  standing.model = model_for(info, question.model);
  if (prices_ != nullptr) standing.price = price_of_target(info, question.model, *prices_);
  if (health.measured_ns != 0 && now - health.measured_ns < std::chrono::nanoseconds(kLatencyKept).count()) {
    standing.latency_ns = health.latency_ns;
  }
  standing.breaker = health.breaker.state(now);
  standing.failures = health.breaker.failures();
  standing.sticky = sticky_.target_of(question.session_id, now) == index;
  if (const auto fits = negotiate_with(info, question.required, {}); !fits) {
    standing.left_out = fits.error().message();
    standing.left_out_detail["reason"] = "capability_missing";
  } else if (standing.breaker == CircuitBreaker::State::open) {
    leave_out_until(standing, "its circuit breaker is open", health.breaker.open_until_ns() - now);
    standing.left_out_detail["reason"] = "breaker_open";
  } else if (now < health.aside_until_ns) {
    leave_out_until(standing, "it cools down after " + health.aside_because, health.aside_until_ns - now);
    standing.left_out_detail["reason"] = "cooldown";
    standing.left_out_detail["error_code"] = health.aside_because;
  } else if (!health.breaker.admits(now)) {
    standing.left_out = "its circuit breaker is half open and as many runs as may probe it are under way";
    standing.left_out_detail["reason"] = "probes_under_way";
  }
  return standing;
}

RouteChoice TargetBoard::stand(const RouteQuestion& question, std::vector<RankedTarget>& ranked) const {
  RouteChoice choice;
  const std::int64_t now = clock_.monotonic_ns();
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    const TargetStanding& made = choice.standings.emplace_back(standing(i, question, now));
    if (made.left_out.empty()) ranked.push_back({i, listed_[i].weight, made.price, made.latency_ns});
  }
  return choice;
}

RouteChoice TargetBoard::choose(const RouteQuestion& question) {
  const std::lock_guard lock(mutex_);
  std::vector<RankedTarget> ranked;
  RouteChoice choice = stand(question, ranked);
  // A run that stays where its session is takes nobody's turn.
  const bool stays = std::ranges::any_of(
      choice.standings, [](const TargetStanding& standing) { return standing.sticky && standing.left_out.empty(); });
  choice.order = stays ? turns_.look(std::move(ranked)) : turns_.order(std::move(ranked));
  sticky_to_front(choice);
  return choice;
}

RouteChoice TargetBoard::look(const RouteQuestion& question) const {
  const std::lock_guard lock(mutex_);
  std::vector<RankedTarget> ranked;
  RouteChoice choice = stand(question, ranked);
  choice.order = turns_.look(std::move(ranked));
  sticky_to_front(choice);
  return choice;
}

void TargetBoard::sticky_to_front(RouteChoice& choice) const {
  const auto kept =
      std::ranges::find_if(choice.order, [&](std::size_t index) { return choice.standings[index].sticky; });
  if (kept != choice.order.end()) std::rotate(choice.order.begin(), kept, kept + 1);
}

std::optional<TargetBoard::Permit> TargetBoard::admit(std::size_t target) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.monotonic_ns();
  Health& health = health_[target];
  if (now < health.aside_until_ns) return std::nullopt;
  return health.breaker.admit(now);
}

void TargetBoard::served(std::size_t target, std::optional<Permit> permit, const std::string& session_id,
                         std::int64_t latency_ns) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.monotonic_ns();
  Health& health = health_[target];
  if (permit) health.breaker.succeeded(*permit);
  // The newest measurement counts for a third: one slow answer is no slow provider.
  health.latency_ns = health.measured_ns == 0 ? latency_ns : health.latency_ns + (latency_ns - health.latency_ns) / 3;
  health.measured_ns = std::max<std::int64_t>(now, 1);
  sticky_.keep(session_id, target, now);
}

void TargetBoard::failed(std::size_t target, Permit permit, const Error& error) {
  const std::lock_guard lock(mutex_);
  Health& health = health_[target];
  if (!is_ill_health(error)) return health.breaker.released(permit);
  const std::int64_t now = clock_.monotonic_ns();
  health.breaker.failed(permit, now);
  const std::int64_t asked = std::min(asked_to_wait_ms(error), kLongestWaitMs);
  const std::int64_t aside =
      asked > 0 ? nanoseconds(std::chrono::milliseconds(asked)) : nanoseconds(settings_.cooldown);
  if (now + aside <= health.aside_until_ns) return;
  health.aside_until_ns = now + aside;
  health.aside_because = code_name(error.code());
}

void TargetBoard::released(std::size_t target, Permit permit) {
  const std::lock_guard lock(mutex_);
  health_[target].breaker.released(permit);
}

std::size_t TargetBoard::sticky_sessions() const {
  const std::lock_guard lock(mutex_);
  return sticky_.size();
}

}  // namespace asmgr
