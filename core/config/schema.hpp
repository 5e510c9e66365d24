// The JSON Schema subset that describes configuration: `type`, `description`, `default`, `enum`, `const`, `properties`,
// `required`, `additionalProperties` (false or a schema), `items`, `minItems`, `minimum`, `maximum`, `minLength`,
// `maxLength`, `pattern` (RE2), `oneOf`, `anyOf`, and marks of ours: `x-secret`, `x-path`, `x-unit`, `x-meanings`.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// What a schema uses beyond the subset or wrongly, one sentence each with the JSON pointer in front; empty = fine.
[[nodiscard]] std::vector<std::string> check_schema(const boost::json::object& schema);

// What to do with a ${...} that could not be replaced.
enum class Unresolved : std::uint8_t { report, skip };

struct SchemaOptions {
  std::string working_directory = ".";  // of relative paths that came from the environment
  Unresolved unresolved = Unresolved::report;
};

// Gives the tree its types: scalars by what the schema expects (quoted ones are strings), defaults filled in, durations
// as integer milliseconds and sizes as integer bytes, paths absolute (a relative one starts at the file it stands in; a
// default, at the file of the map it belongs to). Adds every problem to `diagnostics`; the value then lacks what was
// wrong, and there is none when the node itself was. The schema must have passed check_schema.
[[nodiscard]] std::optional<boost::json::value> apply_schema(const ConfigNode& node, const boost::json::object& schema,
                                                             std::string_view path, const Sources& sources,
                                                             const SchemaOptions& options, Diagnostics& diagnostics);

// The values that the schema marks x-secret, and all below them.
[[nodiscard]] std::vector<const ConfigNode*> secret_values(const ConfigNode& node, const boost::json::object& schema);

// {"type": ...} of a property as a person would say it: "duration", "size", "string", ...
[[nodiscard]] std::string expected_name(const boost::json::object& schema);

}  // namespace asmgr
