#include "core/config/redaction_settings.hpp"

#include "core/model/json.hpp"
#include "core/redaction/redactor.hpp"

namespace asmgr {
namespace {

RedactionPattern pattern_of(const boost::json::value& item) {
  RedactionPattern pattern;
  if (item.is_string()) {
    pattern.regex = item.get_string();
  } else if (item.is_object()) {
    pattern.category = find_string(item.get_object(), "category").value_or("custom");
    pattern.regex = find_string(item.get_object(), "pattern").value_or("");
  }
  return pattern;
}

// Each setting is tried alone, so that everything that is wrong is told at once.
void try_out(RedactionOptions options, const ConfigNode* node, const std::string& path, const std::string& pointer,
             Diagnostics& diagnostics) {
  const auto redactor = Redactor::make(std::move(options));
  if (redactor) return;
  const Error problem = redactor.error();
  Diagnostic diagnostic;
  if (node != nullptr) {
    const Located place = locate(*node, path, pointer);
    diagnostic.position = place.position;
    diagnostic.path = place.path;
  } else {
    diagnostic.path = path;
  }
  const auto regex = find_string(problem.details(), "regex");
  const auto reason = find_string(problem.details(), "reason");
  diagnostic.message = regex && reason
                           ? "the pattern '" + std::string(*regex) + "' cannot be used: " + std::string(*reason)
                           : problem.message();
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace

RedactionOptions parse_redaction(const boost::json::object& json, const ConfigNode* node, const std::string& path,
                                 Diagnostics& diagnostics) {
  RedactionOptions options;
  options.enabled = find_bool(json, "enabled").value_or(true);
  options.scan_metadata = find_bool(json, "scan_metadata").value_or(false);
  if (const auto replacement = find_string(json, "replacement")) {
    RedactionOptions alone;
    alone.replacement = options.replacement = *replacement;
    try_out(std::move(alone), node, path, "/replacement", diagnostics);
  }
  const boost::json::array* patterns = find_array(json, "patterns");
  if (patterns == nullptr) return options;
  for (std::size_t i = 0; i < patterns->size(); ++i) {
    RedactionOptions alone;
    alone.patterns.push_back(pattern_of((*patterns)[i]));
    options.patterns.push_back(alone.patterns.front());
    try_out(std::move(alone), node, path, "/patterns/" + std::to_string(i), diagnostics);
  }
  return options;
}

}  // namespace asmgr
