// A snapshot of a folder, the difference of two, and what an operator says about them. Values and their JSON.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/time.hpp"

namespace asmgr::workspace {

enum class Backend : std::uint8_t { git, hash };
enum class Strategy : std::uint8_t { automatic, git, hash };

// What no snapshot looks at, beside what the backend leaves out by itself. Of the hash backend; git has .gitignore.
struct IgnoreRules {
  std::vector<std::string> paths;  // relative to the folder; one and all below it
  std::vector<std::string> globs;  // * within a name, ** over slashes, ?; one without a slash matches any last name
  bool operator==(const IgnoreRules&) const = default;
};

struct Settings {
  bool enabled = false;
  std::string path = ".";  // relative to the working directory
  Strategy strategy = Strategy::automatic;
  bool capture_patch = true;
  std::uint64_t max_patch_bytes = 1024 * 1024;
  bool rollback_on_failure = false;
  IgnoreRules ignore;
};

// `object` over `base`: its keys replace those of `base`. {"ignore": {"paths": [], "globs": []}}; max_patch_bytes is a
// number of bytes or a size as in the configuration ("1MiB"). Errors: validation_error, naming the key.
[[nodiscard]] Result<Settings> settings_from_json(const boost::json::object& object, Settings base);

struct Snapshot {
  Backend backend = Backend::git;
  std::string path;   // absolute
  std::string ref;    // git: a commit; hash: the SHA-256 of the tree
  std::string label;  // before, after, after_failure
  Timestamp captured_at;
  boost::json::object metadata;
};

struct Diff {
  Backend backend = Backend::git;
  std::string from_ref;
  std::string to_ref;
  std::uint64_t files_changed = 0;
  std::uint64_t insertions = 0;  // lines; of binary files none are counted
  std::uint64_t deletions = 0;
  std::vector<std::string> changed_paths;  // in order; names that are no UTF-8 in quotes, as git shows them
  std::optional<std::string> patch;        // null: not asked for, or too long
  std::uint64_t patch_bytes = 0;
  boost::json::object metadata;
};

[[nodiscard]] std::string_view backend_name(Backend backend) noexcept;
[[nodiscard]] std::string_view strategy_name(Strategy strategy) noexcept;
[[nodiscard]] std::optional<Strategy> parse_strategy(std::string_view name) noexcept;
[[nodiscard]] boost::json::object to_json(const Snapshot& snapshot);
[[nodiscard]] Result<Snapshot> snapshot_from_json(const boost::json::object& object);
[[nodiscard]] boost::json::object to_json(const Diff& diff);

}  // namespace asmgr::workspace
