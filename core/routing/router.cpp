#include "core/routing/router.hpp"

#include "core/model/json.hpp"
#include "core/routing/route_attempt.hpp"
#include "core/routing/routed_token.hpp"
#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

std::vector<TargetBoard::Listed> listed(const std::vector<Router::Target>& targets) {
  std::vector<TargetBoard::Listed> list;
  for (const Router::Target& target : targets) list.push_back({&target.provider->info(), target.weight});
  return list;
}

std::vector<std::shared_ptr<Provider>> providers_of(const std::vector<Router::Target>& targets) {
  std::vector<std::shared_ptr<Provider>> providers;
  for (const Router::Target& target : targets) providers.push_back(target.provider);
  return providers;
}

std::vector<const ProviderInfo*> infos_of(const std::vector<std::shared_ptr<Provider>>& providers) {
  std::vector<const ProviderInfo*> infos;
  for (const auto& provider : providers) infos.push_back(&provider->info());
  return infos;
}

std::string model_named_by(const RunContext& context) {
  const auto options = parse_json_object(context.options, "options");
  return options ? std::string(find_string(*options, "model").value_or("")) : std::string();
}

}  // namespace

Router::Router(std::string name, RouteSettings settings, std::vector<Target> targets,
               std::shared_ptr<const PriceTable> prices, const Clock& clock)
    : parts_(new RouterParts{TargetBoard(settings, listed(targets), std::move(prices), clock), providers_of(targets),
                             clock}),
      info_(router_info(std::move(name), infos_of(parts_->providers))) {}

Result<void> Router::start(const RunContext& context) {
  RoutedRun::Plan plan;
  if (const auto bound = target_that_has(context)) {
    plan = {{*bound}, true};
  } else {
    const std::string model = model_named_by(context);
    RouteChoice choice = parts_->board.choose({context.session->id, context.required, model});
    if (choice.order.empty()) return nobody_can(choice);
    plan.order = std::move(choice.order);
  }
  const auto run = std::make_shared<RoutedRun>(parts_, context, std::move(plan));
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->runs[context.start] = run;
  }
  run->begin();
  return {};
}

// A run that one of them has begun stays with it: in its next turn, and when it goes on after it was left waiting.
std::optional<std::size_t> Router::target_that_has(const RunContext& context) const {
  if (context.turn > 1) {
    const std::lock_guard lock(parts_->mutex);
    if (const auto asked = parts_->between_turns.target_of(context.run->id, parts_->clock.monotonic_ns())) return asked;
  }
  const boost::json::object* routing = find_object(context.run->metadata, "routing");
  const auto served = routing == nullptr ? std::nullopt : find_string(*routing, "routed_provider");
  if (!served) return std::nullopt;
  for (std::size_t i = 0; i < parts_->board.size(); ++i) {
    if (find_leaf(*parts_->board.target(i).info, *served) != nullptr) return i;
  }
  return std::nullopt;
}

Error Router::nobody_can(const RouteChoice& choice) const {
  std::string sentences;
  boost::json::array targets;
  for (const TargetStanding& standing : choice.standings) {
    targets.emplace_back(left_out_json(parts_->board, standing));
    sentences +=
        (sentences.empty() ? "'" : "; '") + parts_->board.target(standing.index).info->name + "': " + standing.left_out;
  }
  return Error(ErrorCode::provider_unavailable, "no target of router '" + info_.name + "' can serve the run now: " +
                                                    sentences + "; try again later, or name another provider")
      .with_detail("targets", std::move(targets));
}

std::shared_ptr<RoutedRun> Router::find(std::uint64_t start) const {
  const std::lock_guard lock(parts_->mutex);
  const auto at = parts_->runs.find(start);
  return at == parts_->runs.end() ? nullptr : at->second.lock();
}

std::shared_ptr<RouteAttempt> Router::attempt_of(std::uint64_t start) const {
  const auto run = find(start);
  return run == nullptr ? nullptr : run->attempt();
}

void Router::cancel(std::uint64_t start) noexcept {
  if (const auto run = find(start)) run->cancel();
}

void Router::resume(std::uint64_t start) noexcept {
  if (const auto attempt = attempt_of(start)) attempt->provider()->resume(attempt->start());
}

Result<void> Router::resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict, std::string_view note,
                             std::string_view edited_input_json) {
  const auto attempt = attempt_of(start);
  if (attempt == nullptr) return {};
  return attempt->provider()->resolve(attempt->start(), ticket, verdict, note, edited_input_json);
}

Result<void> Router::steer(std::uint64_t start, std::string_view message_json) {
  const auto attempt = attempt_of(start);
  if (attempt == nullptr) {
    return Error(ErrorCode::run_not_found, "router '" + info_.name + "' has no target at work on that run");
  }
  return attempt->provider()->steer(attempt->start(), message_json);
}

Result<std::string> Router::resume_token(std::uint64_t start) {
  const auto attempt = attempt_of(start);
  if (attempt == nullptr) return std::string();
  auto token = attempt->provider()->resume_token(attempt->start());
  const ProviderInfo& served = attempt->provider()->info();
  if (!token || !served.targets.empty()) return token;
  return to_text(RoutedToken{served.name, std::move(*token)});
}

boost::json::object left_out_json(const TargetBoard& board, const TargetStanding& standing) {
  boost::json::object json;
  json["target"] = board.target(standing.index).info->name;
  for (const auto& [key, value] : standing.left_out_detail) json[key] = value;
  json["message"] = standing.left_out;
  return json;
}

}  // namespace asmgr
