// What a provider can do, and whether that is what a run needs.
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/model/error.hpp"

namespace asmgr {

enum class CapabilityType : std::uint8_t {
  tool, resource, prompt, sampling, file_access, network_access, code_execution,
};
[[nodiscard]] std::string_view type_name(CapabilityType type) noexcept;
// Errors: invalid_capability_type naming the known ones.
[[nodiscard]] Result<CapabilityType> parse_capability_type(std::string_view name);

struct Capability {
  std::string name;
  CapabilityType type = CapabilityType::tool;
  bool enabled = true;
  std::string description;
  boost::json::object config;
  std::vector<std::string> permissions;

  bool operator==(const Capability&) const = default;
};
[[nodiscard]] boost::json::object to_json(const Capability& capability);
// Errors: validation_error, invalid_capability_type. `enabled` defaults to true.
[[nodiscard]] Result<Capability> capability_from_json(const boost::json::value& json);

// A need: a type, and a name when only that one will do.
struct CapabilityNeed {
  CapabilityType type = CapabilityType::tool;
  std::string name;  // empty = any of the type
  bool operator==(const CapabilityNeed&) const = default;
};
// Accepts "tool" or {"type", "name"?}.
[[nodiscard]] Result<CapabilityNeed> capability_need_from_json(const boost::json::value& json);

struct Negotiation {
  bool full = true;  // false: something optional is missing ("degraded")
  std::vector<CapabilityNeed> supported;
  std::vector<CapabilityNeed> unsupported;  // optional ones only
  std::vector<std::string> warnings;        // one sentence per missing optional one
};
[[nodiscard]] boost::json::object to_json(const Negotiation& negotiation);

// Disabled capabilities do not count. Errors: missing_required_capability listing every missing one.
[[nodiscard]] Result<Negotiation> negotiate(std::span<const Capability> offered,
                                            std::span<const CapabilityNeed> required,
                                            std::span<const CapabilityNeed> optional);

}  // namespace asmgr
