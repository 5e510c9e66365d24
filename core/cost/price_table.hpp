// What a token of a model costs.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/cost/money.hpp"
#include "core/model/error.hpp"
#include "core/model/usage.hpp"

namespace asmgr {

// Pico-USD per token (1 USD per million tokens = 1'000'000), one rate per bucket of TokenUsage.
struct Rates {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;

  bool operator==(const Rates&) const = default;
};

// Empty when the usage is absent, or holds tokens that were never assigned to a bucket.
[[nodiscard]] std::optional<Money> cost_of(const TokenUsage& usage, const Rates& rates) noexcept;

enum class PriceMatch : std::uint8_t { exact, prefix, vendor_default };

struct Price {
  Rates rates;
  PriceMatch match = PriceMatch::exact;
};

// Prices of one model as they are written down. What is missing falls back: the cache rates to input, reasoning to
// output.
struct RateCard {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> cache_read;
  std::optional<std::int64_t> cache_write;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> reasoning;

  // Input and output are given.
  [[nodiscard]] bool is_complete() const noexcept { return input && output; }
  [[nodiscard]] Rates rates() const noexcept;  // of a complete card
  bool operator==(const RateCard&) const = default;
};

// A value: reload makes a new one.
class PriceTable {
 public:
  PriceTable() = default;  // knows no price

  // The table that comes with this version.
  [[nodiscard]] static PriceTable shipped();
  // The form of prices.json:
  //   {"as_of": "2026-01-31", "aliases": {name: vendor},
  //    "vendors": {vendor: {"default": CARD, "models": {model: CARD}}}}
  // with CARD {"input","output","cache_read"?,"cache_write"?,"reasoning"?} in USD per million tokens. Unknown keys are
  // errors. Errors: config_invalid with {"path"} in the details; `what` is the root of the path.
  [[nodiscard]] static Result<PriceTable> from_json(const boost::json::value& json, std::string_view what = "prices");

  // This table with an operator's prices over it: {vendor: {model: CARD}}; the model `default` stands for those of the
  // vendor that are not named. Rates that a card leaves out stay as they were; a card of a new model needs input and
  // output. All or nothing. Errors: as from_json.
  [[nodiscard]] Result<PriceTable> with_overrides(const boost::json::object& overrides,
                                                  std::string_view what = "host.pricing") const;

  // The model itself, else the longest name that `model` begins with, else the vendor's default; empty when there is
  // none of them: an unknown price is never 0. An empty model has the vendor's default.
  [[nodiscard]] std::optional<Price> find(std::string_view vendor, std::string_view model) const;
  // Empty when the price is unknown and there is anything to pay for.
  [[nodiscard]] std::optional<Money> cost_of(const TokenUsage& usage, std::string_view vendor,
                                             std::string_view model) const;

  // The day the prices were written down, YYYY-MM-DD; overrides do not change it.
  [[nodiscard]] const std::string& as_of() const noexcept { return as_of_; }

  bool operator==(const PriceTable&) const = default;

 private:
  struct Vendor {
    std::optional<RateCard> fallback;
    std::map<std::string, RateCard, std::less<>> models;
    bool operator==(const Vendor&) const = default;
  };

  [[nodiscard]] static Result<Vendor> read_vendor(const boost::json::value& json, const std::string& path);
  [[nodiscard]] Result<void> read_aliases(const boost::json::value& json, const std::string& path);
  [[nodiscard]] const Vendor* vendor_of(std::string_view name) const;
  [[nodiscard]] std::string canonical(std::string_view vendor) const;

  std::string as_of_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::map<std::string, Vendor, std::less<>> vendors_;
};

}  // namespace asmgr
