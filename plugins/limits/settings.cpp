#include "settings.hpp"

#include <asmgr/toolkit/config.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>
#include <string>

namespace asmgr::limits {
namespace {

namespace json = boost::json;
using asmgr::sdk::Config;

constexpr std::int64_t kBiggest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kShortestWindowMs = 1000;
constexpr std::string_view kOnlyCancel =
    "must be cancel where there is a window: what passes a budget of many runs is refused by the host, which neither "
    "warns nor asks. Remove it, or bound each run in an instance of its own";

std::int64_t micro_usd(double usd) {
  const double micro = std::round(usd * 1e6);
  return micro >= static_cast<double>(kBiggest) ? kBiggest : static_cast<std::int64_t>(micro);
}

double usd_of(const Config& config, std::string_view key) {
  const double usd = config.number(key);
  if (!(usd >= 0)) config.fail(key, "must be a number of at least 0");
  return usd;
}

std::uint32_t action_of(const Config& config, std::string_view key) {
  const std::string name = config.text_or(key, "cancel");
  if (name == "cancel") return ASMGR_CANCEL;
  if (name == "warn") return ASMGR_WARN;
  if (name == "request_approval") return ASMGR_REQUEST_APPROVAL;
  config.fail(key, "must be cancel, request_approval or warn");
}

std::uint32_t missing_price_action_of(const Config& config, std::string_view key) {
  const std::string name = config.text_or(key, "refuse");
  if (name == "refuse") return ASMGR_CANCEL;
  if (name == "warn") return ASMGR_WARN;
  config.fail(key, "must be refuse or warn");
}

void read_estimate(const Config& estimate, Settings& settings) {
  if (estimate.has("tokens")) settings.estimated_tokens = estimate.integer("tokens", 0);
  if (estimate.has("cost_usd")) settings.estimated_cost_micro_usd = micro_usd(usd_of(estimate, "cost_usd"));
}

Window window_of(const Config& config) {
  Window window;
  window.per = config.text("per");
  if (window.per != "session" && window.per != "agent" && window.per != "tag" && window.per != "tenant")
    config.fail("per", "must be session, agent, tag or tenant");
  if (config.has("every")) window.every_ms = config.integer("every", kShortestWindowMs);
  return window;
}

}  // namespace

Settings read_settings(std::string_view text) {
  const json::object object = asmgr::sdk::parse_config(text);
  const Config config(object);
  Settings settings;
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    const Figure& figure = kFigures[i];
    if (!config.has(figure.key)) continue;
    settings.bounds[i] =
        figure.unit == Unit::micro_usd ? micro_usd(usd_of(config, figure.key)) : config.integer(figure.key, 0);
  }
  if (config.has("estimate")) read_estimate(config.object("estimate"), settings);
  settings.on_violation = action_of(config, "on_violation");
  settings.on_missing_price = missing_price_action_of(config, "on_missing_price");
  if (config.has("window")) settings.window = window_of(config.object("window"));
  if (settings.window && settings.on_violation != ASMGR_CANCEL) config.fail("on_violation", kOnlyCancel);
  return settings;
}

void check_config(const asmgr::sdk::Host&, std::string_view text, asmgr::sdk::Problems& problems) {
  const json::object object = asmgr::sdk::parse_config(text);
  const Config config(object);
  if (config.has("window") && config.text_or("on_violation", "cancel") != "cancel")
    problems.add("/on_violation", kOnlyCancel);
}

std::string_view action_name(std::uint32_t action) noexcept {
  switch (action) {
    case ASMGR_ALLOW:
      return "allow";
    case ASMGR_WARN:
      return "warn";
    case ASMGR_REQUEST_APPROVAL:
      return "request_approval";
    case ASMGR_DENY:
      return "deny";
    default:
      return "cancel";
  }
}

std::int64_t to_unit(const Figure& figure, const json::value& number) {
  if (figure.unit == Unit::micro_usd) return micro_usd(number.to_number<double>());
  if (number.is_int64()) return number.get_int64();
  if (number.is_uint64()) return kBiggest;
  const double value = number.get_double();
  return value >= static_cast<double>(kBiggest) ? kBiggest : static_cast<std::int64_t>(value);
}

json::value from_unit(const Figure& figure, std::int64_t amount) {
  if (figure.unit == Unit::micro_usd) return static_cast<double>(amount) / 1e6;
  return amount;
}

Bounds bounds_of_stack(std::string_view effective_json) {
  Bounds bounds;
  json::error_code problem;
  const json::value effective = json::parse(sdk::as_json(effective_json), problem);
  if (problem || !effective.is_object()) return bounds;
  const json::value* limits = effective.get_object().if_contains("limits");
  if (limits == nullptr || !limits->is_object()) return bounds;
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    const std::string_view name = kFigures[i].limit_name;
    const json::value* value = limits->get_object().if_contains(sdk::as_json(name));
    if (value != nullptr && value->is_number()) bounds[i] = to_unit(kFigures[i], *value);
  }
  return bounds;
}

Bounds effective_bounds(const Bounds& own, std::string_view effective_json) {
  const Bounds stack = bounds_of_stack(effective_json);
  Bounds bounds = own;
  for (std::size_t i = 0; i < kFigureCount; ++i) {
    if (bounds[i].has_value() && stack[i].has_value()) bounds[i] = stack[i];
  }
  return bounds;
}

}  // namespace asmgr::limits
