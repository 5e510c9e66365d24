#include "core/cost/price_table.hpp"

#include <gtest/gtest.h>

#include "core/cost/shipped_prices.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

Result<PriceTable> read(std::string_view text) {
  return PriceTable::from_json(*parse_json(text, "prices"));
}

Result<PriceTable> with(const PriceTable& table, std::string_view overrides) {
  return table.with_overrides(*parse_json_object(overrides, "overrides"));
}

PriceTable small_table() {
  return *read(R"({"as_of":"2026-01-31","aliases":{"acme_cli":"acme"},"vendors":{
    "acme":{"default":{"input":1,"output":2},
            "models":{"a":{"input":10,"output":20},
                      "a-large":{"input":100,"output":200,"cache_read":10,"cache_write":125,"reasoning":400}}},
    "strict":{"models":{"only":{"input":0.1,"output":0.2}}}}})");
}

TEST(ShippedPrices, CanBeReadAndSayWhenTheyWereWrittenDown) {
  const auto table = PriceTable::from_json(*parse_json(shipped_prices_text(), "prices"));
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(*table, PriceTable::shipped());
  EXPECT_EQ(table->as_of().size(), 10u);
}

TEST(ShippedPrices, KnowTheModelsOfTheirVendors) {
  const PriceTable table = PriceTable::shipped();
  const auto opus = table.find("anthropic", "claude-opus-4-6");
  ASSERT_TRUE(opus);
  EXPECT_EQ(opus->rates, (Rates{15'000'000, 1'500'000, 18'750'000, 75'000'000, 75'000'000}));
  EXPECT_EQ(table.find("openai", "gpt-4o-mini")->rates.input, 150'000);
  EXPECT_EQ(table.find("amp", "whatever")->rates.output, 15'000'000);
  EXPECT_FALSE(table.find("shell", ""));
}

TEST(ShippedPrices, KnowTheProgramsThatSpeakForAVendor) {
  const PriceTable table = PriceTable::shipped();
  EXPECT_EQ(table.find("claude_code", "claude-haiku-4-5")->rates, table.find("anthropic", "claude-haiku-4-5")->rates);
  EXPECT_EQ(table.find("codex", "o3")->rates, table.find("openai", "o3")->rates);
}

TEST(PriceTable, PrefersTheExactModelThenTheLongestPrefixThenTheDefaultOfTheVendor) {
  const PriceTable table = small_table();
  EXPECT_EQ(table.find("acme", "a")->match, PriceMatch::exact);
  EXPECT_EQ(table.find("acme", "a")->rates.input, 10'000'000);
  EXPECT_EQ(table.find("acme", "a-small-2026")->match, PriceMatch::prefix);
  EXPECT_EQ(table.find("acme", "a-small-2026")->rates.input, 10'000'000);
  EXPECT_EQ(table.find("acme", "a-large-2026")->rates.input, 100'000'000);
  EXPECT_EQ(table.find("acme", "b")->match, PriceMatch::vendor_default);
  EXPECT_EQ(table.find("acme", "b")->rates.input, 1'000'000);
  EXPECT_EQ(table.find("acme", "")->match, PriceMatch::vendor_default);
}

TEST(PriceTable, KnowsNoPriceOfAnUnknownVendorOrModel) {
  const PriceTable table = small_table();
  EXPECT_FALSE(table.find("nobody", "a"));
  EXPECT_FALSE(table.find("", "a"));
  EXPECT_FALSE(table.find("router", "a"));
  EXPECT_FALSE(table.find("strict", "other"));
  EXPECT_FALSE(table.find("strict", "onl"));
  EXPECT_FALSE(PriceTable().find("acme", "a"));
}

TEST(PriceTable, CachedTokensFallBackToInputAndReasoningToOutput) {
  const PriceTable table = small_table();
  EXPECT_EQ(table.find("acme", "a")->rates, (Rates{10'000'000, 10'000'000, 10'000'000, 20'000'000, 20'000'000}));
  EXPECT_EQ(table.find("acme", "a-large")->rates,
            (Rates{100'000'000, 10'000'000, 125'000'000, 200'000'000, 400'000'000}));
}

TEST(PriceTable, PricesEachBucketAtItsOwnRate) {
  const TokenUsage usage{1, 10, 100, 1000, 10000, 11111, UsageQuality::reported};
  const auto cost = small_table().cost_of(usage, "acme", "a-large");
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->micro_usd(), 1 * 100 + 10 * 10 + 100 * 125 + 1000 * 200 + 10000 * 400);
}

TEST(PriceTable, AnUnknownCostIsNotZero) {
  const PriceTable table = small_table();
  const TokenUsage usage{1, 0, 0, 1, 0, 2, UsageQuality::reported};
  EXPECT_FALSE(table.cost_of(usage, "nobody", "a"));
  EXPECT_FALSE(table.cost_of(TokenUsage{}, "acme", "a"));
  // A provider that only gave a total: nobody knows which price holds.
  EXPECT_FALSE(table.cost_of(TokenUsage{0, 0, 0, 0, 0, 50, UsageQuality::reported}, "acme", "a"));
  EXPECT_FALSE(table.cost_of(TokenUsage{1, 0, 0, 1, 0, 50, UsageQuality::reported}, "acme", "a"));
}

TEST(PriceTable, NothingUsedCostsNothingAtAnyPrice) {
  const auto cost = small_table().cost_of(TokenUsage{0, 0, 0, 0, 0, 0, UsageQuality::reported}, "nobody", "a");
  ASSERT_TRUE(cost);
  EXPECT_TRUE(cost->is_zero());
}

TEST(PriceTable, AFreeModelCostsZeroAndIsKnown) {
  const auto table = with(PriceTable(), R"({"local":{"default":{"input":0,"output":0}}})");
  ASSERT_TRUE(table) << table.error().to_string();
  const auto cost = table->cost_of(TokenUsage{5, 0, 0, 5, 0, 10, UsageQuality::reported}, "local", "llama");
  ASSERT_TRUE(cost);
  EXPECT_TRUE(cost->is_zero());
}

TEST(PriceTable, NamesThePathOfWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view message;
  };
  const Case cases[] = {
      {"[]", "prices: must be an object, but it is an array"},
      {R"({"vendors":{}})", "prices.as_of: must be the day of the prices as YYYY-MM-DD, but it is missing"},
      {R"({"as_of":"2026-13-01","vendors":{}})",
       R"(prices.as_of: must be the day of the prices as YYYY-MM-DD, but it is "2026-13-01")"},
      {R"({"as_of":"2026-01-31"})", "prices.vendors: is missing; give an object, {} for no prices"},
      {R"({"as_of":"2026-01-31","vendors":{},"vendor":{}})",
       "prices.vendor: there is no such key; known are as_of, aliases, vendors"},
      {R"({"as_of":"2026-01-31","vendors":{"acme":{"model":{}}}})",
       "prices.vendors.acme.model: there is no such key; known are default, models"},
      {R"({"as_of":"2026-01-31","vendors":{"acme":{"models":{"gpt-5.1":{"input":"3","output":1}}}}})",
       R"(prices.vendors.acme.models["gpt-5.1"].input: must be a price in USD per million tokens, from 0 to )"
       R"(1000000000, but it is "3")"},
      {R"({"as_of":"2026-01-31","vendors":{"acme":{"default":{"input":-1,"output":1}}}})",
       "prices.vendors.acme.default.input: must be a price in USD per million tokens, from 0 to 1000000000, but it "
       "is -1"},
      {R"({"as_of":"2026-01-31","vendors":{"acme":{"default":{"input":1}}}})",
       "prices.vendors.acme.default: needs both input and output, in USD per million tokens"},
      {R"({"as_of":"2026-01-31","vendors":{"acme":{"models":{"":{"input":1,"output":1}}}}})",
       "prices.vendors.acme.models: has a member without a name; give it one"},
      {R"({"as_of":"2026-01-31","vendors":{},"aliases":{"a":"b"}})",
       "prices.aliases.a: must be the name of a vendor in this table"},
      {R"({"as_of":"2026-01-31","vendors":{"a":{},"b":{}},"aliases":{"a":"b"}})",
       "prices.aliases.a: is a vendor of its own in this table; remove one of the two"},
  };
  for (const Case& wrong : cases) {
    const auto table = read(wrong.text);
    ASSERT_FALSE(table) << wrong.text;
    EXPECT_EQ(table.error().message(), wrong.message);
    EXPECT_EQ(table.error().code(), ErrorCode::config_invalid);
    EXPECT_TRUE(table.error().message().starts_with(find_string(table.error().details(), "path").value_or("?")));
  }
}

TEST(PriceOverrides, ReplaceTheRatesTheyNameAndKeepTheOthers) {
  const auto table = with(small_table(), R"({"acme":{"a-large":{"input":50}}})");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->find("acme", "a-large")->rates,
            (Rates{50'000'000, 10'000'000, 125'000'000, 200'000'000, 400'000'000}));
  EXPECT_EQ(table->find("acme", "a")->rates, small_table().find("acme", "a")->rates);
}

TEST(PriceOverrides, AddModelsVendorsAndDefaults) {
  const auto table = with(small_table(), R"({"acme":{"b":{"input":7,"output":8},"default":{"input":9,"output":9}},
                                             "own":{"x":{"input":1,"output":1,"cache_read":0}}})");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->find("acme", "b-2")->rates.input, 7'000'000);
  EXPECT_EQ(table->find("acme", "zzz")->rates.input, 9'000'000);
  EXPECT_EQ(table->find("own", "x")->rates.cache_read, 0);
  EXPECT_FALSE(table->find("own", "y"));
}

TEST(PriceOverrides, OfAnAliasAreThoseOfItsVendor) {
  const auto table = with(small_table(), R"({"acme_cli":{"a":{"input":70,"output":80}}})");
  ASSERT_TRUE(table) << table.error().to_string();
  EXPECT_EQ(table->find("acme", "a")->rates.input, 70'000'000);
  EXPECT_EQ(table->find("acme_cli", "a-large")->rates.input, 100'000'000);
}

TEST(PriceOverrides, NameThePathOfWhatIsWrongAndChangeNothing) {
  const PriceTable table = small_table();
  EXPECT_EQ(with(table, R"({"acme":{"new":{"input":1}}})").error().message(),
            "host.pricing.acme.new: needs both input and output, in USD per million tokens");
  EXPECT_EQ(with(table, R"({"acme":{"a":{"cache_creation":1}}})").error().message(),
            "host.pricing.acme.a.cache_creation: there is no such key; known are input, output, cache_read, "
            "cache_write, reasoning");
  EXPECT_EQ(with(table, R"({"acme":{"a":{"input":1}},"b":3})").error().message(),
            "host.pricing.b: must be an object, but it is 3");
  EXPECT_EQ(table, small_table());
}

}  // namespace
}  // namespace asmgr
