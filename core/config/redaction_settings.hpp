// pipelines.*.redaction: what is taken out of a pipeline's runs.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"
#include "core/redaction/redaction_options.hpp"

namespace asmgr {

// `json` is the pipeline's `redaction` as the file's schema left it, `node` the same in the file (null: it is not
// there), `path` what it is called. A pattern or replacement that cannot be used is reported at its place;
// known_secrets are the builder's to add.
[[nodiscard]] RedactionOptions parse_redaction(const boost::json::object& json, const ConfigNode* node,
                                               const std::string& path, Diagnostics& diagnostics);

}  // namespace asmgr
