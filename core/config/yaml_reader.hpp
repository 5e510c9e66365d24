// YAML text -> ConfigNode, with everything refused that makes YAML surprising: duplicate keys, merge keys, tags,
// several documents, aliases that blow up.
#pragma once

#include <cstdint>
#include <optional>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

inline constexpr std::size_t kMaxConfigBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMaxConfigNodes = 100'000;  // with aliases written out
inline constexpr std::size_t kMaxConfigDepth = 64;
inline constexpr std::size_t kMaxAliasDepth = 8;  // aliases of values that hold aliases

// Reads sources[source].text, which must be one YAML document. Scalars stay text: a schema gives them types. Adds what
// is wrong to `diagnostics`; nullopt when the text cannot be read at all. A text without content is an empty map.
[[nodiscard]] std::optional<ConfigNode> read_yaml(const Sources& sources, std::uint32_t source,
                                                  Diagnostics& diagnostics);

}  // namespace asmgr
