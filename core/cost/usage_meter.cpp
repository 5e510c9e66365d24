#include "core/cost/usage_meter.hpp"

#include <algorithm>
#include <limits>

namespace asmgr {
namespace {

std::int64_t add_counts(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

template <typename Array>
std::int64_t sum_of_counts(const Array& counts) noexcept {
  std::int64_t sum = 0;
  for (const std::int64_t count : counts) sum = add_counts(sum, count);
  return sum;
}

// Absent counts as nothing.
UsageQuality worse(UsageQuality a, UsageQuality b) noexcept {
  if (a == UsageQuality::absent) return b;
  if (b == UsageQuality::absent) return a;
  return std::min(a, b);
}

// A provider's word on cost counts when it is above 0: many say 0 because they do not know.
std::optional<Money> said_cost(std::optional<double> usd) noexcept {
  if (!usd) return std::nullopt;
  const std::optional<Money> cost = Money::of_usd(*usd);
  return cost && !cost->is_zero() ? cost : std::nullopt;
}

}  // namespace

bool UsageMeter::Part::is_empty() const noexcept {
  return reported.is_zero() && std::ranges::all_of(tokens, [](std::int64_t count) { return count == 0; });
}

// What falls goes from the newest part that has it: tokens that moved to another bucket were counted there.
void UsageMeter::Start::shift(const Buckets& from, const Buckets& to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] >= from[i]) {
      parts.back().tokens[i] = add_counts(parts.back().tokens[i], to[i] - from[i]);
      continue;
    }
    std::int64_t debt = from[i] - to[i];
    for (auto part = parts.rbegin(); part != parts.rend() && debt > 0; ++part) {
      const std::int64_t taken = std::min(debt, part->tokens[i]);
      part->tokens[i] -= taken;
      debt -= taken;
    }
  }
}

void UsageMeter::Start::shift_cost(Money by) {
  if (by >= Money()) {
    parts.back().reported += by;
    return;
  }
  Money debt = -by;
  for (auto part = parts.rbegin(); part != parts.rend() && !debt.is_zero(); ++part) {
    const Money taken = std::min(debt, part->reported);
    part->reported += -taken;
    debt += -taken;
  }
}

UsageMeter::Buckets UsageMeter::Start::tokens() const {
  Buckets sum{};
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = add_counts(sum[i], part.tokens[i]);
  }
  return sum;
}

Money UsageMeter::Start::reported() const {
  Money sum;
  for (const Part& part : parts) sum += part.reported;
  return sum;
}

UsageQuality UsageMeter::Start::worst() const {
  return worse(closed, quality);
}

UsageMeter::Buckets UsageMeter::buckets_of(const TokenUsage& usage) {
  Buckets buckets{usage.input_tokens,  usage.cache_read_tokens, usage.cache_write_tokens,
                  usage.output_tokens, usage.reasoning_tokens,  0};
  for (std::int64_t& count : buckets) count = std::max<std::int64_t>(count, 0);
  const std::int64_t assigned = sum_of_counts(buckets);
  buckets.back() = usage.total_tokens > assigned ? usage.total_tokens - assigned : 0;
  return buckets;
}

TokenUsage UsageMeter::usage_of(const Buckets& buckets, UsageQuality quality) {
  if (quality == UsageQuality::absent) return {};
  return {buckets[0], buckets[1], buckets[2], buckets[3], buckets[4], sum_of_counts(buckets), quality};
}

UsageMeter::Start& UsageMeter::current() {
  if (starts_.empty()) begin({});
  return starts_.back();
}

void UsageMeter::begin(UsageSource source) {
  Start start;
  start.vendor = std::move(source.vendor);
  start.semantics = source.semantics;
  start.parts.push_back(Part{std::move(source.model), {}, {}});
  starts_.push_back(std::move(start));
}

void UsageMeter::set_model(std::string_view model) {
  Start& start = current();
  if (model.empty() || start.parts.back().model == model) return;
  if (start.parts.back().is_empty()) {
    start.parts.back().model = model;
  } else {
    start.parts.push_back(Part{std::string(model), {}, {}});
  }
}

void UsageMeter::add(const TokenUsage& said, std::optional<double> cost_usd) {
  Start& start = current();
  const std::optional<Money> cost = said_cost(cost_usd);
  if (start.semantics == UsageSemantics::delta) {
    if (!said.empty()) start.shift({}, buckets_of(said));
    if (cost) start.shift_cost(*cost);
    start.quality = worse(start.quality, said.quality);
    return;
  }
  const Buckets now = said.empty() ? start.counter : buckets_of(said);
  const bool began_anew =
      said.empty() ? cost && *cost < start.counter_cost : sum_of_counts(now) < sum_of_counts(start.counter);
  if (began_anew) {
    start.closed = start.worst();
    start.quality = UsageQuality::absent;
    if (!said.empty()) start.counter = {};
    start.counter_cost = {};
  }
  start.shift(start.counter, now);
  start.counter = now;
  // The newest word on a counter is the one that holds: a final count after estimates is no estimate.
  if (!said.empty()) start.quality = said.quality;
  if (!cost) return;
  start.shift_cost(*cost - start.counter_cost);
  start.counter_cost = *cost;
}

void UsageMeter::settle(const TokenUsage& said, std::optional<double> cost_usd) {
  Start& start = current();
  if (!said.empty()) {
    const Buckets now = buckets_of(said);
    start.shift(start.tokens(), now);
    start.counter = now;
    start.closed = UsageQuality::absent;
    start.quality = said.quality;
  }
  if (const std::optional<Money> cost = said_cost(cost_usd)) {
    start.shift_cost(*cost - start.reported());
    start.counter_cost = *cost;
  }
}

TokenUsage UsageMeter::total() const {
  TokenUsage sum;
  for (const Start& start : starts_) sum = sum + usage_of(start.tokens(), start.worst());
  return sum;
}

std::optional<Money> UsageMeter::price_of(const Start& start, const Part& part, const PriceTable& prices) {
  if (!start.reported().is_zero()) return part.reported;
  return prices.cost_of(usage_of(part.tokens, start.worst()), start.vendor, part.model);
}

std::optional<Money> UsageMeter::cost(const PriceTable& prices) const {
  std::optional<Money> sum;
  for (const Start& start : starts_) {
    if (start.worst() == UsageQuality::absent && start.reported().is_zero()) continue;
    for (const Part& part : start.parts) {
      const std::optional<Money> cost = price_of(start, part, prices);
      if (!cost) return std::nullopt;
      sum = sum.value_or(Money()) + *cost;
    }
  }
  return sum;
}

std::vector<ModelUsage> UsageMeter::by_model(const PriceTable& prices) const {
  std::vector<ModelUsage> models;
  for (const Start& start : starts_) {
    for (const Part& part : start.parts) {
      if (part.is_empty()) continue;
      auto entry = std::ranges::find_if(
          models, [&](const ModelUsage& known) { return known.vendor == start.vendor && known.model == part.model; });
      if (entry == models.end()) {
        models.push_back(ModelUsage{start.vendor, part.model, {}, Money(), false});
        entry = models.end() - 1;
      }
      entry->tokens = entry->tokens + usage_of(part.tokens, start.worst());
      entry->cost = sum_of(entry->cost, price_of(start, part, prices));
      entry->cost_reported = entry->cost_reported || !part.reported.is_zero();
    }
  }
  return models;
}

}  // namespace asmgr
