// Random histories with fixed seeds; the seed of a failure is printed.
#include <gtest/gtest.h>

#include <random>

#include "core/cost/usage_meter.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr int kHistories = 500;
constexpr const char* kModels[] = {"big", "small", "big-2", "other"};

class History {
 public:
  explicit History(std::uint32_t seed) : engine_(seed) {}

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
  }
  std::string model() { return kModels[number(0, 3)]; }
  TokenUsage usage() {
    TokenUsage used{number(0, 9999), number(0, 9999), number(0, 99), number(1, 9999), number(0, 999), 0, {}};
    used.total_tokens = used.input_tokens + used.cache_read_tokens + used.cache_write_tokens + used.output_tokens +
                        used.reasoning_tokens;
    used.quality = UsageQuality::reported;
    return used;
  }

 private:
  std::mt19937 engine_;
};

// Rates that make a sum of rounded parts drift.
PriceTable odd_prices() {
  return *PriceTable::from_json(*parse_json(
      R"({"as_of":"2026-01-31","vendors":{"acme":{"default":{"input":0.333333,"output":1.000001},
          "models":{"big":{"input":0.15,"output":0.6,"cache_read":0.0125,"cache_write":0.777777,"reasoning":3.14159},
                    "small":{"input":0.000001,"output":0.4}}}}})",
      "prices"));
}

TEST(UsageMeterProperty, CumulativeAndDeltaFeedsOfTheSameTokensGiveTheSameTotalsAndCosts) {
  for (std::uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed);
    UsageMeter deltas;
    UsageMeter totals;
    for (std::int64_t start = history.number(1, 3); start > 0; --start) {
      const std::string model = history.model();
      deltas.begin({"acme", model, UsageSemantics::delta});
      totals.begin({"acme", model, UsageSemantics::total});
      TokenUsage so_far;
      for (std::int64_t update = history.number(0, 8); update > 0; --update) {
        if (history.number(0, 3) == 0) {
          const std::string next = history.model();
          deltas.set_model(next);
          totals.set_model(next);
        }
        const TokenUsage said = history.usage();
        so_far = so_far + said;
        deltas.add(said);
        totals.add(so_far);
        if (history.number(0, 2) == 0) totals.add(so_far);  // the same total again is nothing new
      }
    }
    EXPECT_EQ(deltas.total(), totals.total());
    EXPECT_EQ(deltas.cost(odd_prices()), totals.cost(odd_prices()));
  }
}

TEST(UsageMeterProperty, TheCostOfASumIsTheSumOfTheCostsOfItsPartsWithinOneMicroDollar) {
  const PriceTable prices = odd_prices();
  for (std::uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed);
    UsageMeter meter;
    meter.begin({"acme", "big", UsageSemantics::delta});
    TokenUsage sum;
    Money parts;
    for (std::int64_t turn = history.number(1, 200); turn > 0; --turn) {
      const TokenUsage said = history.usage();
      meter.add(said);
      sum = sum + said;
      parts += *prices.cost_of(said, "acme", "big");
    }
    const auto whole = prices.cost_of(sum, "acme", "big");
    ASSERT_TRUE(whole);
    EXPECT_EQ(*whole, parts);
    EXPECT_LE(std::abs(meter.cost(prices)->micro_usd() - parts.micro_usd()), 1);
  }
}

TEST(UsageMeterProperty, ModelsSumToTheTotalsWhateverTheHistory) {
  const PriceTable prices = odd_prices();
  for (std::uint32_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed);
    UsageMeter meter;
    for (std::int64_t step = history.number(1, 30); step > 0; --step) {
      const auto cost =
          history.number(0, 4) == 0 ? std::optional(static_cast<double>(history.number(0, 999)) / 1e4) : std::nullopt;
      switch (history.number(0, 5)) {
        case 0:
          meter.begin(
              {"acme", history.model(), history.number(0, 1) == 0 ? UsageSemantics::delta : UsageSemantics::total});
          break;
        case 1:
          meter.set_model(history.model());
          break;
        case 2:
          meter.settle(history.usage(), cost);
          break;
        default:
          meter.add(history.usage(), cost);
      }
    }
    TokenUsage tokens;
    std::optional<Money> cost = Money();
    for (const ModelUsage& model : meter.by_model(prices)) {
      tokens = tokens + model.tokens;
      cost = sum_of(cost, model.cost);
      EXPECT_GE(std::min({model.tokens.input_tokens, model.tokens.cache_read_tokens, model.tokens.cache_write_tokens,
                          model.tokens.output_tokens, model.tokens.reasoning_tokens}),
                0);
    }
    EXPECT_EQ(tokens, meter.total());
    // Starts without begin have no vendor, so no price.
    EXPECT_EQ(meter.total().empty() ? std::nullopt : cost, meter.cost(prices));
  }
}

}  // namespace
}  // namespace asmgr
