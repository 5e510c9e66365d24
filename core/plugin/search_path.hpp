// Where plugin files are looked for, and how a name in the configuration becomes exactly one file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"

namespace asmgr {

inline constexpr std::string_view kPluginSuffix = ".asmgr.so";

// The value of `plugin:` taken apart.
struct PluginReference {
  std::string file;       // a NAME to look for, or a path
  std::string component;  // the component asked for; empty = the one named like the file, else the only one
  bool is_path = false;   // the value began with /, ./ or ../
  bool operator==(const PluginReference&) const = default;
};
// NAME, FILE/NAME or a path. A relative path must have been made absolute by the caller, who knows which file it stands
// in. Errors: config_invalid.
[[nodiscard]] Result<PluginReference> parse_plugin_reference(std::string_view value);

// [a-z][a-z0-9_-]*, what plugin files and components may be called.
[[nodiscard]] bool is_plugin_name(std::string_view name) noexcept;
// "sqlite" for ".../sqlite.asmgr.so"; the file name itself when it has another ending.
[[nodiscard]] std::string plugin_name_of(const std::filesystem::path& file);

// The folders of the configuration, then $ASMGR_PLUGIN_PATH, then ../lib/asmgr/plugins beside the program's folder. The
// working directory is never searched.
class PluginSearchPath {
 public:
  // `configured` absolute; `environment` the variable's value, a list with colons whose empty elements are skipped;
  // `program_folder` the folder of the running program, empty = none.
  PluginSearchPath(std::vector<std::filesystem::path> configured, std::string_view environment,
                   const std::filesystem::path& program_folder);

  [[nodiscard]] const std::vector<std::filesystem::path>& folders() const noexcept { return folders_; }

  // The one file NAME.asmgr.so. Errors: plugin_load_failed when there is none (says where it looked and which names
  // come near) or when two different files have the name.
  [[nodiscard]] Result<std::filesystem::path> find(std::string_view name) const;

  struct Found {
    std::string name;
    std::filesystem::path file;
  };
  // Every plugin file of every folder, once, in order of search, names sorted within a folder.
  [[nodiscard]] std::vector<Found> list() const;

 private:
  std::vector<std::filesystem::path> folders_;
};

}  // namespace asmgr
