#include "core/routing/target_info.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

template <typename Item, typename Member, typename Same>
std::vector<Item> shared_by_all(std::span<const ProviderInfo* const> targets, Member member, Same same) {
  std::vector<Item> shared = targets.front()->*member;
  for (const ProviderInfo* target : targets.subspan(1)) {
    std::erase_if(shared, [&](const Item& item) {
      return std::ranges::none_of(target->*member, [&](const Item& other) { return same(item, other); });
    });
  }
  return shared;
}

bool is_same_capability(const Capability& a, const Capability& b) {
  return a.type == b.type && a.name == b.name && a.enabled == b.enabled;
}

boost::json::object description_of(const ProviderInfo& info) {
  boost::json::object json;
  json["vendor"] = info.vendor;
  boost::json::array& capabilities = json["capabilities"].emplace_array();
  for (const Capability& capability : info.capabilities) capabilities.emplace_back(to_json(capability));
  json["models"] = to_json_array(info.models);
  json["grade"] = grade_name(info.grade);
  json["hints"] = to_json_array(info.hints);
  boost::json::array& targets = json["targets"].emplace_array();
  for (const ProviderInfo& target : info.targets) targets.emplace_back(target.name);
  return json;
}

// The providers below it that are no routers and offer what is required.
void collect_able(const ProviderInfo& info, std::span<const CapabilityNeed> required,
                  std::vector<const ProviderInfo*>& able, std::string& lacking) {
  if (!info.targets.empty()) {
    for (const ProviderInfo& target : info.targets) collect_able(target, required, able, lacking);
    return;
  }
  const auto negotiated = negotiate(info.capabilities, required, {});
  if (negotiated) {
    able.push_back(&info);
    return;
  }
  lacking += (lacking.empty() ? "" : "; ") + ("'" + info.name + "': ") + negotiated.error().message();
}

}  // namespace

ProviderInfo router_info(std::string name, std::span<const ProviderInfo* const> targets) {
  ProviderInfo info;
  info.name = std::move(name);
  if (targets.empty()) return info;
  const ProviderInfo& first = *targets.front();
  info.vendor = first.vendor;
  info.grade = first.grade;
  info.max_output_tokens = first.max_output_tokens;
  info.usage_is_total = first.usage_is_total;
  info.starts_over = info.can_resume_natively = info.can_steer = true;
  info.capabilities = shared_by_all<Capability>(targets, &ProviderInfo::capabilities, is_same_capability);
  info.models = shared_by_all<std::string>(targets, &ProviderInfo::models, std::equal_to<>());
  info.hints = shared_by_all<std::string>(targets, &ProviderInfo::hints, std::equal_to<>());
  for (const ProviderInfo* target : targets) {
    if (target->vendor != info.vendor) info.vendor.clear();
    info.grade = std::min(info.grade, target->grade);
    info.starts_over = info.starts_over && target->starts_over;
    info.can_resume_natively = info.can_resume_natively && target->can_resume_natively;
    info.can_steer = info.can_steer && target->can_steer;
    info.heartbeat_ms = std::max(info.heartbeat_ms, target->heartbeat_ms);
    const bool bounded = info.max_output_tokens && target->max_output_tokens;
    info.max_output_tokens =
        bounded ? std::optional(std::max(*info.max_output_tokens, *target->max_output_tokens)) : std::nullopt;
    if (target->max_turns) info.max_turns = std::min(*target->max_turns, info.max_turns.value_or(*target->max_turns));
    info.targets.push_back(*target);
  }
  info.describe_json = to_text(description_of(info));
  return info;
}

const ProviderInfo* find_leaf(const ProviderInfo& info, std::string_view name) noexcept {
  if (info.targets.empty()) return info.name == name ? &info : nullptr;
  for (const ProviderInfo& target : info.targets) {
    if (const ProviderInfo* found = find_leaf(target, name)) return found;
  }
  return nullptr;
}

const ProviderInfo& weakest_leaf(const ProviderInfo& info) noexcept {
  if (info.targets.empty()) return info;
  return weakest_leaf(*std::ranges::min_element(info.targets, {}, &ProviderInfo::grade));
}

std::string name_in_pairing(const ProviderInfo& info) {
  if (info.targets.empty()) return info.name;
  return info.name + "\" with its target \"" + weakest_leaf(info).name;
}

Result<Negotiation> negotiate_with(const ProviderInfo& provider, std::span<const CapabilityNeed> required,
                                   std::span<const CapabilityNeed> optional) {
  if (provider.targets.empty()) return negotiate(provider.capabilities, required, optional);
  std::vector<const ProviderInfo*> able;
  std::string lacking;
  collect_able(provider, required, able, lacking);
  if (able.empty()) {
    return Error(ErrorCode::missing_required_capability, "none of its targets has all that is required: " + lacking);
  }
  Negotiation result;
  std::vector<CapabilityNeed> held(required.begin(), required.end());
  std::vector<CapabilityNeed> missing;
  for (const CapabilityNeed& need : optional) {
    const bool by_all = std::ranges::all_of(able, [&](const ProviderInfo* target) {
      const auto negotiated = negotiate(target->capabilities, {}, {&need, 1});
      return negotiated && negotiated->full;
    });
    (by_all ? held : missing).push_back(need);
  }
  auto met = negotiate(able.front()->capabilities, held, {});
  if (!met) return met.error();
  auto unmet = negotiate({}, {}, missing);
  if (!unmet) return unmet.error();
  unmet->supported = std::move(met->supported);
  return unmet;
}

}  // namespace asmgr
