#include "host/cli/run_facts.hpp"

#include "core/model/json.hpp"
#include "host/cli/number_text.hpp"

namespace asmgr::cli {
namespace {

std::string member(const boost::json::object& data, std::string_view key) {
  return std::string(find_string(data, key).value_or(""));
}

void add_fact(std::string& line, const std::string& fact) {
  if (!fact.empty()) line.append(line.empty() ? "" : ", ").append(fact);
}

}  // namespace

RunFacts::RunFacts(const Wiring& wiring) : prices_(wiring.prices) {
  for (const auto& [name, provider] : wiring.providers) {
    const ProviderInfo& info = provider->info();
    providers_[name] = {info.vendor, info.usage_is_total};
    for (const ProviderInfo& target : info.targets) providers_[target.name] = {target.vendor, target.usage_is_total};
  }
}

void RunFacts::begin(const std::string& provider) {
  if (!provider.empty()) provider_ = provider;
  const auto counting = providers_.find(provider_);
  if (counting == providers_.end()) return;
  meter_.begin(
      {counting->second.vendor, model_, counting->second.totals ? UsageSemantics::total : UsageSemantics::delta});
}

void RunFacts::observe(const EventView& event) {
  // Nearly all events are pieces of text, which say nothing here.
  if (event.type == EventType::message_streamed || event.type == EventType::reasoning_streamed ||
      event.type == EventType::tool_input_streamed) {
    return;
  }
  const auto data = parse_json_object(event.data, "event data");
  if (!data) return;
  switch (event.type) {
    case EventType::run_started:
      return begin(member(*data, "provider"));
    case EventType::step_reset:
      return begin(member(*data, "routed_provider"));
    case EventType::provider_started:
      if (const std::string model = member(*data, "model"); !model.empty()) model_ = model;
      return meter_.set_model(model_);
    case EventType::token_usage_updated:
      if (const std::string model = member(*data, "model"); !model.empty()) meter_.set_model(model);
      return meter_.add(usage_from_json(*data), find_number(*data, "cost_usd"));
    case EventType::tool_approval_requested:
      waiting_.insert(member(*data, "approval_id"));
      return;
    case EventType::tool_approval_granted:
    case EventType::tool_approval_denied:
      waiting_.erase(member(*data, "approval_id"));
      return;
    default:
      return;
  }
}

std::string RunFacts::text(std::chrono::milliseconds elapsed) const {
  std::string line;
  add_fact(line, model_.empty() ? provider_ : model_);
  const TokenUsage usage = meter_.total();
  if (!usage.empty()) add_fact(line, usage_text(usage));
  if (prices_ != nullptr) {
    if (const auto cost = meter_.cost(*prices_)) add_fact(line, cost_text(cost->usd()));
  }
  // Whole seconds: a line that changes all the time is not read.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  add_fact(line, seconds < 60 ? std::to_string(seconds) + "s" : elapsed_text(seconds * 1000));
  if (!waiting_.empty()) {
    add_fact(line, waiting_.size() == 1 ? "1 approval waits" : std::to_string(waiting_.size()) + " approvals wait");
  }
  return line;
}

}  // namespace asmgr::cli
