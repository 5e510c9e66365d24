// The permission modes that every provider is configured with in the same words, whatever they mean there.
#pragma once

#include <array>
#include <string_view>

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/plugin/catalog.hpp"

namespace asmgr {

inline constexpr std::string_view kPermissionModeKey = "permission_mode";
inline constexpr std::array<std::string_view, 5> kPermissionModes{"default", "accept_edits", "plan", "full_auto",
                                                                  "dangerously_skip_permissions"};

// What a mode means to a provider is said in its configuration schema, by `x-meanings` of the property
// `permission_mode`: {"plan": "passes --permission-mode plan"}. A mode that is none of the five is an error at its
// line, also where the provider's own schema lets it pass; one that the provider has no meaning for is a warning there,
// except `default`, which asks for nothing.
void check_permission_mode(const ProviderSpec& spec, const ComponentRef& component, Diagnostics& diagnostics);

}  // namespace asmgr
