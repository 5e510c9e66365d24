#include "core/config/policy_source.hpp"

namespace asmgr {
namespace {

void note_items(const ConfigMember& list, const Sources& sources, PolicySource& out) {
  for (std::size_t i = 0; i < list.value.items.size(); ++i) {
    const ConfigNode& item = list.value.items[i];
    const std::string place = place_text(item.position, sources);
    out.keys.emplace(path_join(list.key, i), place);
    const ConfigNode* name = item.find("name");
    const bool is_written = name != nullptr && name->is_scalar() && name->origin == ValueOrigin::literal;
    if (is_written) out.keys.emplace(name->text, place);
  }
}

}  // namespace

std::string place_text(const Position& position, const Sources& sources) {
  const Source& source = sources.at(position.source);
  return source.kind == SourceKind::setting ? source.name : source.name + ":" + std::to_string(position.line);
}

std::shared_ptr<const PolicySource> source_of_entry(const PolicySpec& policy, const Sources& sources) {
  auto source = std::make_shared<PolicySource>();
  source->entry = place_text(policy.place.position, sources);
  if (policy.place.config == nullptr) return source;
  // Keys first: a name that an item gives itself must not hide one.
  for (const ConfigMember& member : policy.place.config->members) {
    const bool by_setting = sources.at(member.value.position.source).kind == SourceKind::setting;
    source->keys.emplace(member.key, place_text(by_setting ? member.value.position : member.key_position, sources));
  }
  for (const ConfigMember& member : policy.place.config->members) note_items(member, sources, *source);
  return source;
}

}  // namespace asmgr
