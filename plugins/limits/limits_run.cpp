#include "limits_run.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>

namespace asmgr::limits {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;
using asmgr::sdk::Decision;

std::string shown(const Figure& figure, std::int64_t amount) {
  std::string text = json::serialize(json::value(from_unit(figure, amount)));
  if (figure.unit == Unit::micro_usd) {
    // Six decimals at most, without the zeros at the end: 0.5, 12, 0.000001.
    text = std::to_string(static_cast<double>(amount) / 1e6);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text.append(" ").append(figure.noun);
}

std::string exceeded_details(const Figure& figure, std::int64_t actual, std::int64_t limit) {
  return json::serialize(json::object{{"kind", "budget_exceeded"},
                                      {"metric", as_json(figure.metric)},
                                      {"actual", from_unit(figure, actual)},
                                      {"limit", from_unit(figure, limit)}});
}

// A member of the estimate in the unit of `figure`; nullopt when it is null, absent or below zero.
std::optional<std::int64_t> estimated(const json::object& estimate, std::string_view key, const Figure& figure) {
  const json::value* value = estimate.if_contains(as_json(key));
  if (value == nullptr || !value->is_number() || !(value->to_number<double>() >= 0)) return std::nullopt;
  return to_unit(figure, *value);
}

json::object parse_estimate(std::string_view text) {
  if (text.empty()) return {};
  json::error_code problem;
  json::value value = json::parse(as_json(text), problem);
  if (problem || !value.is_object())
    throw asmgr::sdk::StatusError(ASMGR_E_INVALID_FORMAT,
                                  "the estimate of the run is no JSON object; this is a fault of the host");
  return std::move(value.get_object());
}

// What the run will use at most, as far as anybody says.
Bounds expected_use(const Settings& settings, const json::object& estimate) {
  Bounds expected;
  expected[kInputTokens] = estimated(estimate, "input_tokens", kFigures[kInputTokens]);
  expected[kOutputTokens] = estimated(estimate, "max_output_tokens", kFigures[kOutputTokens]);
  expected[kCost] = estimated(estimate, "cost_usd", kFigures[kCost]);
  std::int64_t sum = 0;
  const bool known = expected[kInputTokens].has_value() && expected[kOutputTokens].has_value();
  if (known && !__builtin_add_overflow(*expected[kInputTokens], *expected[kOutputTokens], &sum))
    expected[kTotalTokens] = sum;
  if (settings.estimated_tokens.has_value()) expected[kTotalTokens] = settings.estimated_tokens;
  if (settings.estimated_cost_micro_usd.has_value()) expected[kCost] = settings.estimated_cost_micro_usd;
  return expected;
}

}  // namespace

void LimitsRun::preflight(std::string_view estimate_json, Decision& decision, asmgr::sdk::ItemSink<asmgr_hold>& holds) {
  const json::object estimate = parse_estimate(estimate_json);
  // What the provider may answer at most is no estimate of what it will: only the input is certain to be spent.
  const std::optional<std::int64_t> input = estimated(estimate, "input_tokens", kFigures[kInputTokens]);
  const std::optional<std::int64_t> price = estimated(estimate, "input_cost_usd", kFigures[kCost]);
  const std::optional<std::int64_t> total = settings_.estimated_tokens.has_value() ? settings_.estimated_tokens : input;
  const std::optional<std::int64_t> cost =
      settings_.estimated_cost_micro_usd.has_value() ? settings_.estimated_cost_micro_usd : price;

  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (bounds_[i] == 0) refuse_zero(i, decision);
  }
  if (total.has_value()) compare_estimate(kTotalTokens, *total, decision);
  if (input.has_value()) compare_estimate(kInputTokens, *input, decision);
  if (cost.has_value()) compare_estimate(kCost, *cost, decision);
  if (!price.has_value()) refuse_unknown_price(decision);
  if (shared_ && decision.action() != ASMGR_CANCEL) ask_for_holds(expected_use(settings_, estimate), holds);
}

// Amounts equal to the ceiling ask for all that is left: one such run at a time passes.
void LimitsRun::ask_for_holds(const Bounds& expected, asmgr::sdk::ItemSink<asmgr_hold>& holds) const {
  const std::int64_t now_us = shared_->host.now_us();
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (!bounds_[i].has_value()) continue;
    const std::int64_t bound = *bounds_[i];
    const std::int64_t most = std::min(expected[i].value_or(bound), shared_->of_run[i].value_or(bound));
    auto hold = asmgr::sdk::make<asmgr_hold>();
    hold.amount = std::clamp<std::int64_t>(most, 1, bound);
    hold.ceiling = bound;
    hold.metric = asmgr::sdk::to_abi(kFigures[i].settled_by);
    hold.keep_until_us = shared_->budgets.keep_until_us(now_us);
    for (const std::string& counter : shared_->budgets.counters(kFigures[i], now_us)) {
      hold.counter = asmgr::sdk::to_abi(counter);
      holds.push(hold);
    }
  }
}

void LimitsRun::refuse_zero(std::size_t index, Decision& decision) const {
  const Figure& figure = kFigures[index];
  const std::string details = json::serialize(
      json::object{{"kind", "zero_budget"}, {"metric", as_json(figure.metric)}, {"limit", from_unit(figure, 0)}});
  std::string message(figure.key);
  message.append(" is 0, so no run can keep to it; raise it, or remove it for no bound");
  decision.violate(settings_.on_violation, figure.key, message, details);
}

void LimitsRun::compare_estimate(std::size_t index, std::int64_t estimate, Decision& decision) const {
  const Figure& figure = kFigures[index];
  // A bound of zero is refused as such.
  if (!bounds_[index].has_value() || *bounds_[index] == 0 || estimate <= *bounds_[index]) return;
  std::string message("the run is estimated at ");
  message.append(shown(figure, estimate)).append(" where ").append(figure.key).append(" is ");
  message.append(shown(figure, *bounds_[index])).append("; shorten its input, or raise the bound");
  decision.violate(settings_.on_violation, figure.key, message, exceeded_details(figure, estimate, *bounds_[index]));
}

void LimitsRun::refuse_unknown_price(Decision& decision) const {
  const Figure& figure = kFigures[kCost];
  if (!bounds_[kCost].has_value() || *bounds_[kCost] == 0) return;
  const std::string details = json::serialize(json::object{
      {"kind", "missing_price"}, {"metric", as_json(figure.metric)}, {"limit", from_unit(figure, *bounds_[kCost])}});
  decision.violate(settings_.on_missing_price, figure.key,
                   "nobody knows what this provider's model costs, so max_cost_usd cannot be held; give its price in "
                   "host.pricing, or set on_missing_price: warn",
                   details);
}

void LimitsRun::observe(const asmgr_event&, const asmgr_usage& usage, Decision& decision) {
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (!bounds_[i].has_value()) continue;
    const std::int64_t actual = kFigures[i].used(usage);
    if (actual <= *bounds_[i]) continue;
    if (passed_[i].has_value()) {
      decision.raise(settings_.on_violation);
      continue;
    }
    passed_[i] = actual;
    violate_bound(i, actual, decision);
  }
}

void LimitsRun::review_tool(std::string_view, Decision& decision) {
  if (settings_.on_violation != ASMGR_REQUEST_APPROVAL) return;  // has been answered when it was observed
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (passed_[i].has_value()) violate_bound(i, *passed_[i], decision);
  }
}

void LimitsRun::violate_bound(std::size_t index, std::int64_t actual, Decision& decision) const {
  const Figure& figure = kFigures[index];
  std::string message("the run has used ");
  message.append(shown(figure, actual)).append(" where ").append(figure.key).append(" is ");
  message.append(shown(figure, *bounds_[index]));
  decision.violate(settings_.on_violation, figure.key, message, exceeded_details(figure, actual, *bounds_[index]));
}

}  // namespace asmgr::limits
