#include "core/cost/price_table.hpp"

#include <algorithm>

#include "core/cost/price_reader.hpp"
#include "core/cost/shipped_prices.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kDefault = "default";

std::string_view key_of(const boost::json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

Error incomplete(std::string_view path) {
  return price_problem(path, "needs both input and output, in USD per million tokens");
}

// A whole card: what it leaves out falls back, it does not stay open.
Result<RateCard> read_complete_card(const boost::json::value& json, const std::string& path) {
  auto card = read_rate_card(json, path);
  if (card && !card->is_complete()) return incomplete(path);
  return card;
}

void overlay(RateCard& base, const RateCard& over) {
  for (auto rate :
       {&RateCard::input, &RateCard::output, &RateCard::cache_read, &RateCard::cache_write, &RateCard::reasoning}) {
    if (over.*rate) base.*rate = over.*rate;
  }
}

bool is_all_zero(const TokenUsage& usage) {
  return std::max({usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens,
                   usage.reasoning_tokens, usage.total_tokens}) <= 0;
}

}  // namespace

std::optional<Money> cost_of(const TokenUsage& usage, const Rates& rates) noexcept {
  if (usage.empty()) return std::nullopt;
  Int128 assigned = 0;
  Money cost;
  const auto pay = [&](std::int64_t tokens, std::int64_t rate) {
    assigned += std::max<std::int64_t>(tokens, 0);
    cost += Money::of_tokens(tokens, rate);
  };
  pay(usage.input_tokens, rates.input);
  pay(usage.cache_read_tokens, rates.cache_read);
  pay(usage.cache_write_tokens, rates.cache_write);
  pay(usage.output_tokens, rates.output);
  pay(usage.reasoning_tokens, rates.reasoning);
  // Tokens of which nobody said what they were have no price.
  if (usage.total_tokens > assigned) return std::nullopt;
  return cost;
}

Rates RateCard::rates() const noexcept {
  const std::int64_t in = input.value_or(0);
  const std::int64_t out = output.value_or(0);
  return {in, cache_read.value_or(in), cache_write.value_or(in), out, reasoning.value_or(out)};
}

PriceTable PriceTable::shipped() {
  auto json = parse_json(shipped_prices_text(), "the shipped prices");
  auto table = json ? from_json(*json) : Result<PriceTable>(json.error());
  // A test reads the shipped text, so this does not happen; without prices every cost is unknown, which is safe.
  return table ? std::move(*table) : PriceTable();
}

Result<PriceTable> PriceTable::from_json(const boost::json::value& json, std::string_view what) {
  auto root = read_price_object(json, what, {"as_of", "aliases", "vendors"});
  if (!root) return root.error();
  PriceTable table;
  auto day = read_price_date(asmgr::find(**root, "as_of"), price_path(what, "as_of"));
  if (!day) return day.error();
  table.as_of_ = std::move(*day);

  const std::string path = price_path(what, "vendors");
  const boost::json::value* given = asmgr::find(**root, "vendors");
  if (given == nullptr) return price_problem(path, "is missing; give an object, {} for no prices");
  auto vendors = read_price_object(*given, path, {});
  if (!vendors) return vendors.error();
  for (const auto& member : **vendors) {
    auto vendor = read_vendor(member.value(), price_path(path, key_of(member)));
    if (!vendor) return vendor.error();
    table.vendors_.emplace(key_of(member), std::move(*vendor));
  }

  const boost::json::value* aliases = asmgr::find(**root, "aliases");
  if (aliases == nullptr) return table;
  if (auto read = table.read_aliases(*aliases, price_path(what, "aliases")); !read) return read.error();
  return table;
}

Result<PriceTable::Vendor> PriceTable::read_vendor(const boost::json::value& json, const std::string& path) {
  auto parts = read_price_object(json, path, {kDefault, "models"});
  if (!parts) return parts.error();
  Vendor vendor;
  if (const boost::json::value* fallback = asmgr::find(**parts, kDefault)) {
    auto card = read_complete_card(*fallback, price_path(path, kDefault));
    if (!card) return card.error();
    vendor.fallback = *card;
  }
  const boost::json::value* given = asmgr::find(**parts, "models");
  if (given == nullptr) return vendor;
  const std::string models_path = price_path(path, "models");
  auto models = read_price_object(*given, models_path, {});
  if (!models) return models.error();
  for (const auto& model : **models) {
    auto card = read_complete_card(model.value(), price_path(models_path, key_of(model)));
    if (!card) return card.error();
    vendor.models.emplace(key_of(model), *card);
  }
  return vendor;
}

Result<void> PriceTable::read_aliases(const boost::json::value& json, const std::string& path) {
  auto aliases = read_price_object(json, path, {});
  if (!aliases) return aliases.error();
  for (const auto& alias : **aliases) {
    const boost::json::string* target = alias.value().if_string();
    const std::string alias_path = price_path(path, key_of(alias));
    if (target == nullptr || !vendors_.contains(std::string_view(target->data(), target->size()))) {
      return price_problem(alias_path, "must be the name of a vendor in this table");
    }
    if (vendors_.contains(key_of(alias))) {
      return price_problem(alias_path, "is a vendor of its own in this table; remove one of the two");
    }
    aliases_.emplace(key_of(alias), std::string_view(target->data(), target->size()));
  }
  return {};
}

Result<PriceTable> PriceTable::with_overrides(const boost::json::object& overrides, std::string_view what) const {
  PriceTable table = *this;
  for (const auto& member : overrides) {
    const std::string path = price_path(what, key_of(member));
    if (key_of(member).empty()) return price_problem(what, "has a vendor without a name; give it one");
    auto models = read_price_object(member.value(), path, {});
    if (!models) return models.error();
    Vendor& vendor = table.vendors_[canonical(key_of(member))];
    for (const auto& model : **models) {
      const std::string model_path = price_path(path, key_of(model));
      auto card = read_rate_card(model.value(), model_path);
      if (!card) return card.error();
      const bool for_all = key_of(model) == kDefault;
      RateCard& base = for_all ? (vendor.fallback ? *vendor.fallback : vendor.fallback.emplace())
                               : vendor.models[std::string(key_of(model))];
      overlay(base, *card);
      if (!base.is_complete()) return incomplete(model_path);
    }
  }
  return table;
}

std::string PriceTable::canonical(std::string_view vendor) const {
  const auto alias = aliases_.find(vendor);
  return alias == aliases_.end() ? std::string(vendor) : alias->second;
}

const PriceTable::Vendor* PriceTable::vendor_of(std::string_view name) const {
  const auto alias = aliases_.find(name);
  const auto found = vendors_.find(alias == aliases_.end() ? name : std::string_view(alias->second));
  return found == vendors_.end() ? nullptr : &found->second;
}

std::optional<Price> PriceTable::find(std::string_view vendor, std::string_view model) const {
  const Vendor* prices = vendor_of(vendor);
  if (prices == nullptr) return std::nullopt;
  for (std::string_view name = model; !name.empty(); name.remove_suffix(1)) {
    const auto found = prices->models.find(name);
    if (found == prices->models.end()) continue;
    return Price{found->second.rates(), name.size() == model.size() ? PriceMatch::exact : PriceMatch::prefix};
  }
  if (!prices->fallback) return std::nullopt;
  return Price{prices->fallback->rates(), PriceMatch::vendor_default};
}

std::optional<Money> PriceTable::cost_of(const TokenUsage& usage, std::string_view vendor,
                                         std::string_view model) const {
  if (usage.empty()) return std::nullopt;
  if (is_all_zero(usage)) return Money();
  const std::optional<Price> price = find(vendor, model);
  if (!price) return std::nullopt;
  return asmgr::cost_of(usage, price->rates);
}

}  // namespace asmgr
