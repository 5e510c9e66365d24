// What providers that stand together behind one name are worth as one, and who of them is who.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/model/capability.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// What holds whichever target serves: the lowest grade, the capabilities, models and hints that all share, the largest
// answer. The vendor when all have the same one, else empty.
[[nodiscard]] ProviderInfo router_info(std::string name, std::span<const ProviderInfo* const> targets);

// Finds a provider that is no router by its name, at any depth: `info` itself, or one of its targets. Null = there is
// none.
[[nodiscard]] const ProviderInfo* find_leaf(const ProviderInfo& info, std::string_view name) noexcept;

// Of a router, the first provider that has its grade; `info` itself where it is none.
[[nodiscard]] const ProviderInfo& weakest_leaf(const ProviderInfo& info) noexcept;

// How a sentence about its grade names it: `best" with its target "shell`, which is the weakest; the caller puts
// the quotes around it.
[[nodiscard]] std::string name_in_pairing(const ProviderInfo& info);

// As negotiate(), for a provider that may be a router: required capabilities must be there in at least one target,
// which then serves; an optional one counts as supported when all of those have it. Errors:
// missing_required_capability, of a router with what each target lacks.
[[nodiscard]] Result<Negotiation> negotiate_with(const ProviderInfo& provider, std::span<const CapabilityNeed> required,
                                                 std::span<const CapabilityNeed> optional);

}  // namespace asmgr
