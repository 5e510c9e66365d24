// Plugin files described as JSON: one in this process, or any number each in a child that may crash.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/plugin/agreement.hpp"
#include "core/plugin/search_path.hpp"
#include "core/plugin/trust.hpp"

namespace asmgr {

// {"name","file","sha256"?,"id","vendor","version","license","url","build_id","abi","min_host_abi",
//  "components":[{"kind","name","summary","config_schema":{}}]}
[[nodiscard]] boost::json::object description_json(const PluginSubject& subject, const std::string& sha256,
                                                   const PluginDescription& description);

// Loads the file into this process, without init, and says what is in it: a description as above, or {"name", "file",
// "error":{}}. Meant for a child: the file stays loaded.
[[nodiscard]] boost::json::object inspect_plugin_file(const std::filesystem::path& file, const TrustRules& trust);

// A program that calls inspect_plugin_file and prints the result as one JSON object to its standard output.
struct Inspector {
  std::filesystem::path program;
  std::vector<std::string> arguments;  // the plugin's file is appended
  std::chrono::milliseconds limit = std::chrono::seconds(10);
};

// What the child printed; when it crashed, hung or printed something else, {"name", "file", "error":{}} with
// plugin_crashed, plugin_hung or plugin_load_failed. Blocks until the child has ended.
[[nodiscard]] boost::json::object inspect_in_child(const Inspector& inspector, const std::filesystem::path& file);

// Every plugin file of the search path, each in a child, in order of search.
[[nodiscard]] std::vector<boost::json::object> inspect_all(const Inspector& inspector, const PluginSearchPath& path);

}  // namespace asmgr
