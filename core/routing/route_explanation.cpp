#include "core/routing/route_explanation.hpp"

#include <algorithm>

#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

boost::json::array capability_list(const ProviderInfo& info) {
  boost::json::array list;
  for (const Capability& capability : info.capabilities) {
    if (capability.enabled) list.emplace_back(std::string(type_name(capability.type)) + "/" + capability.name);
  }
  return list;
}

// `place` counts from 0.
std::string why_there(const TargetBoard& board, const TargetStanding& standing, std::size_t place) {
  const RouteSettings& settings = board.settings();
  if (place >= settings.max_attempts) {
    return "not tried: max_attempts is " + std::to_string(settings.max_attempts);
  }
  if (standing.sticky) return "it served the session's last run";
  switch (settings.strategy) {
    case RouteStrategy::priority:
      return "number " + std::to_string(standing.index + 1) + " of the list";
    case RouteStrategy::weighted:
      return place == 0 ? "its turn by weight" : "when the ones before fail, by weight";
    case RouteStrategy::round_robin:
      return place == 0 ? "its turn" : "when the ones before fail";
    case RouteStrategy::lowest_cost:
      if (!standing.price) return "its price is not known";
      return place == 0 ? "the cheapest" : "by its price";
    case RouteStrategy::lowest_latency:
      if (!standing.latency_ns) return "to be measured";
      return place == 0 ? "the quickest" : "by its latency";
  }
  return {};
}

boost::json::object standing_json(const TargetBoard& board, const TargetStanding& standing) {
  const TargetBoard::Listed& listed = board.target(standing.index);
  boost::json::object json;
  json["place"] = nullptr;
  json["target"] = listed.info->name;
  json["weight"] = listed.weight;
  json["grade"] = grade_name(listed.info->grade);
  json["capabilities"] = capability_list(*listed.info);
  json["model"] = standing.model.empty() ? boost::json::value(nullptr) : boost::json::value(standing.model);
  json["price_usd"] = standing.price ? boost::json::value(standing.price->usd()) : boost::json::value(nullptr);
  json["latency_ms"] = standing.latency_ns ? boost::json::value(static_cast<double>(*standing.latency_ns) / 1e6)
                                           : boost::json::value(nullptr);
  json["breaker"] = state_name(standing.breaker);
  json["failures"] = standing.failures;
  json["chosen"] = false;
  json["why"] = standing.left_out;
  return json;
}

boost::json::object settings_json(const RouteSettings& settings) {
  boost::json::object breaker;
  breaker["failure_threshold"] = settings.circuit_breaker.failure_threshold;
  breaker["cooldown_ms"] = settings.circuit_breaker.cooldown.count();
  breaker["half_open_max_probes"] = settings.circuit_breaker.half_open_max_probes;
  boost::json::object json;
  json["strategy"] = strategy_name(settings.strategy);
  json["max_attempts"] = settings.max_attempts;
  json["cooldown_ms"] = settings.cooldown.count();
  json["sticky_ttl_ms"] = settings.sticky_ttl.count();
  json["failover_after_output"] = settings.failover_after_output;
  json["circuit_breaker"] = std::move(breaker);
  return json;
}

}  // namespace

boost::json::object explain_route(const Router& router, const RouteQuestion& question) {
  const TargetBoard& board = router.board();
  const RouteChoice choice = board.look(question);
  boost::json::object json;
  json["router"] = router.info().name;
  for (auto& [key, value] : settings_json(board.settings())) json[key] = std::move(value);
  json["grade"] = grade_name(router.info().grade);
  json["grade_of"] = weakest_leaf(router.info()).name;
  json["capabilities"] = capability_list(router.info());
  boost::json::array& targets = json["targets"].emplace_array();
  for (std::size_t place = 0; place < choice.order.size(); ++place) {
    const TargetStanding& standing = choice.standings[choice.order[place]];
    boost::json::object target = standing_json(board, standing);
    target["place"] = place + 1;
    target["chosen"] = place == 0;
    target["why"] = why_there(board, standing, place);
    targets.emplace_back(std::move(target));
  }
  for (const TargetStanding& standing : choice.standings) {
    if (!standing.left_out.empty()) targets.emplace_back(standing_json(board, standing));
  }
  return json;
}

}  // namespace asmgr
