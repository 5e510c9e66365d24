#include "core/config/route_spec.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::chrono::milliseconds route_time(const boost::json::object& json, std::string_view key,
                                     std::chrono::milliseconds fallback) {
  return std::chrono::milliseconds(find_int(json, key).value_or(fallback.count()));
}

std::uint32_t route_count(const boost::json::object& json, std::string_view key, std::uint32_t fallback) {
  return static_cast<std::uint32_t>(find_int(json, key).value_or(fallback));
}

RouteSettings read_settings(const boost::json::object& json) {
  RouteSettings settings;
  settings.strategy = parse_strategy(find_string(json, "strategy").value_or("")).value_or(settings.strategy);
  settings.max_attempts = route_count(json, "max_attempts", settings.max_attempts);
  settings.cooldown = route_time(json, "cooldown", settings.cooldown);
  settings.sticky_ttl = route_time(json, "sticky_ttl", settings.sticky_ttl);
  settings.failover_after_output = find_bool(json, "failover_after_output").value_or(false);
  if (const boost::json::object* given = find_object(json, "circuit_breaker")) {
    CircuitBreaker::Settings& breaker = settings.circuit_breaker;
    breaker.failure_threshold = route_count(*given, "failure_threshold", breaker.failure_threshold);
    breaker.cooldown = route_time(*given, "cooldown", breaker.cooldown);
    breaker.half_open_max_probes = route_count(*given, "half_open_max_probes", breaker.half_open_max_probes);
  }
  return settings;
}

class RouteCheck {
 public:
  RouteCheck(const ConfigMember& entry, Diagnostics& diagnostics)
      : path_(path_join("providers", entry.key) + ".route.targets"), diagnostics_(diagnostics) {
    const ConfigNode* route = entry.value.find("route");
    list_ = route == nullptr ? nullptr : route->find("targets");
    const ConfigNode* strategy = route == nullptr ? nullptr : route->find("strategy");
    strategy_is_known_ = strategy == nullptr || parse_strategy(strategy->text);
  }

  void check(const RouteSpec& route) {
    if (list_ == nullptr) return;
    const bool weighs = !strategy_is_known_ || route.settings.strategy == RouteStrategy::weighted;
    for (std::size_t i = 0; i < list_->items.size(); ++i) {
      check_repeated(i);
      if (!weighs) check_weight(i, route.settings.strategy);
    }
    const bool none_counts =
        !route.targets.empty() &&
        std::ranges::all_of(route.targets, [](const RouteTarget& target) { return target.weight == 0; });
    if (route.settings.strategy != RouteStrategy::weighted || !none_counts) return;
    report(list_->position, path_, "no target has a weight above 0, so that none of them is ever chosen first",
           "give one of them a weight", Severity::error);
  }

 private:
  void check_repeated(std::size_t index) {
    const ConfigNode* provider = list_->items[index].find("provider");
    if (provider == nullptr) return;
    for (std::size_t i = 0; i < index; ++i) {
      const ConfigNode* before = list_->items[i].find("provider");
      if (before == nullptr || before->text != provider->text) continue;
      return report(provider->position, path_join(path_, index) + ".provider",
                    "'" + provider->text + "' is a target already", "give it once, with the weight of both",
                    Severity::error);
    }
  }

  void check_weight(std::size_t index, RouteStrategy strategy) {
    const ConfigMember* weight = list_->items[index].find_member("weight");
    if (weight == nullptr) return;
    report(weight->key_position, path_join(path_, index) + ".weight",
           "has no effect under strategy " + std::string(strategy_name(strategy)),
           "remove it, or set strategy: weighted", Severity::warning);
  }

  void report(Position where, std::string path, std::string message, std::string suggestion, Severity severity) {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = std::move(path);
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostic.severity = severity;
    diagnostics_.push_back(std::move(diagnostic));
  }

  const ConfigNode* list_ = nullptr;
  bool strategy_is_known_ = true;
  std::string path_;
  Diagnostics& diagnostics_;
};

}  // namespace

RouteSpec parse_route(const ConfigMember& entry, const boost::json::object& json, Diagnostics& diagnostics) {
  RouteSpec route;
  route.settings = read_settings(json);
  route.text = to_text(json);
  if (const boost::json::array* targets = find_array(json, "targets")) {
    for (const boost::json::value& target : *targets) {
      if (!target.is_object()) continue;
      const boost::json::object& given = target.get_object();
      route.targets.push_back(
          {std::string(find_string(given, "provider").value_or("")), find_int(given, "weight").value_or(1)});
    }
  }
  RouteCheck(entry, diagnostics).check(route);
  return route;
}

}  // namespace asmgr
