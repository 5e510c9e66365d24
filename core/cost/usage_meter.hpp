// Adds up what providers report of tokens and cost, whatever their way of counting, without counting anything twice.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cost/price_table.hpp"

namespace asmgr {

// What a provider's updates carry.
enum class UsageSemantics : std::uint8_t {
  delta,  // what came since its last update
  total,  // all since its counter began
};

struct UsageSource {
  std::string vendor;  // of the price table
  std::string model;   // empty until it is known
  UsageSemantics semantics = UsageSemantics::delta;
};

struct ModelUsage {
  std::string vendor;
  std::string model;
  TokenUsage tokens;
  std::optional<Money> cost;   // empty when unknown
  bool cost_reported = false;  // at least a part of the cost is the provider's own word
};

// A meter lives as long as what it measures: a run with all its attempts and turns, or the runs of a session. Whatever
// became of an attempt, its tokens count. Serial use.
//
// A *start* is what one call into a provider covers. Within a start
//   - an update whose total is smaller than the one before it says that the provider began a new counter (a turn, a
//     retry of its own): both count;
//   - an update whose total is not smaller, but with a bucket that is, moves tokens between buckets;
//   - tokens belong to the model that was named last when they were reported;
//   - a cost above 0 that the provider reports is the cost of the start; the price table is for starts without one.
class UsageMeter {
 public:
  // A start of a provider: the first one, an attempt after it, the next turn of a provider whose tools we run. Its
  // counters begin at nothing.
  void begin(UsageSource source);
  // The model changed, or is known now. Ignored when empty.
  void set_model(std::string_view model);

  // An update, in the semantics of the start. A usage that is absent says nothing of tokens; a cost that is no positive
  // amount says nothing of cost. Without begin, a start of an unknown vendor that reports deltas.
  void add(const TokenUsage& said, std::optional<double> cost_usd = std::nullopt);
  // The last word of the start, always all of it: replaces what its updates added up to.
  void settle(const TokenUsage& said, std::optional<double> cost_usd = std::nullopt);

  // Absent when nobody reported anything.
  [[nodiscard]] TokenUsage total() const;
  // Empty when nothing was reported, or the price of any part is unknown.
  [[nodiscard]] std::optional<Money> cost(const PriceTable& prices) const;
  // In the order in which the models came; their tokens and costs sum to the above. Models that used nothing are left
  // out.
  [[nodiscard]] std::vector<ModelUsage> by_model(const PriceTable& prices) const;

 private:
  // The five of TokenUsage and, last, tokens of a total that nobody assigned to one of them.
  using Buckets = std::array<std::int64_t, 6>;

  // What one model used in one start.
  struct Part {
    std::string model;
    Buckets tokens{};
    Money reported;
    [[nodiscard]] bool is_empty() const noexcept;
  };
  struct Start {
    std::string vendor;
    UsageSemantics semantics = UsageSemantics::delta;
    std::vector<Part> parts;  // never empty
    Buckets counter{};        // the last total, of counters that carry totals
    Money counter_cost;
    UsageQuality closed = UsageQuality::absent;  // the worst of counters that ended
    UsageQuality quality = UsageQuality::absent;

    void shift(const Buckets& from, const Buckets& to);
    void shift_cost(Money by);
    [[nodiscard]] Buckets tokens() const;
    [[nodiscard]] Money reported() const;
    [[nodiscard]] UsageQuality worst() const;
  };

  [[nodiscard]] static Buckets buckets_of(const TokenUsage& usage);
  [[nodiscard]] static TokenUsage usage_of(const Buckets& buckets, UsageQuality quality);
  [[nodiscard]] static std::optional<Money> price_of(const Start& start, const Part& part, const PriceTable& prices);
  Start& current();

  std::vector<Start> starts_;
};

}  // namespace asmgr
