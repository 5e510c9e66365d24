#include "core/workspace/snapshot.hpp"

#include <array>

#include "core/model/duration.hpp"
#include "core/model/json.hpp"

namespace asmgr::workspace {
namespace {

Error wrong_setting(std::string_view key, std::string_view expected) {
  return Error(ErrorCode::validation_error, "workspace." + std::string(key) + " must be " + std::string(expected))
      .with_detail("option", boost::json::value("workspace." + std::string(key)));
}

Result<void> read_flag(const boost::json::value& value, std::string_view key, bool& out) {
  if (!value.is_bool()) return wrong_setting(key, "true or false");
  out = value.get_bool();
  return {};
}

Result<void> read_size(const boost::json::value& value, std::string_view key, std::uint64_t& out) {
  if (value.is_string()) {
    auto bytes = parse_size_bytes(value.get_string());
    if (!bytes || *bytes < 0) return wrong_setting(key, "a size such as 64KiB");
    out = static_cast<std::uint64_t>(*bytes);
    return {};
  }
  if (!value.is_int64() || value.get_int64() < 0) return wrong_setting(key, "a size such as 64KiB, or bytes");
  out = static_cast<std::uint64_t>(value.get_int64());
  return {};
}

Result<void> read_texts(const boost::json::value& value, std::string_view key, std::vector<std::string>& out) {
  if (!value.is_array()) return wrong_setting(key, "a list of texts");
  out.clear();
  for (const boost::json::value& item : value.get_array()) {
    if (!item.is_string()) return wrong_setting(key, "a list of texts");
    out.emplace_back(item.get_string());
  }
  return {};
}

Result<void> read_ignore(const boost::json::value& value, IgnoreRules& out) {
  if (!value.is_object()) return wrong_setting("ignore", "an object with paths and globs");
  for (const auto& [key, item] : value.get_object()) {
    Result<void> read;
    if (key == "paths") {
      read = read_texts(item, "ignore.paths", out.paths);
    } else if (key == "globs") {
      read = read_texts(item, "ignore.globs", out.globs);
    } else {
      return wrong_setting("ignore", "an object with paths and globs, and has '" + std::string(key) + "'");
    }
    if (!read) return read.error();
  }
  return {};
}

Result<void> read_setting(std::string_view key, const boost::json::value& value, Settings& out) {
  if (key == "enabled") return read_flag(value, key, out.enabled);
  if (key == "capture_patch") return read_flag(value, key, out.capture_patch);
  if (key == "rollback_on_failure") return read_flag(value, key, out.rollback_on_failure);
  if (key == "max_patch_bytes") return read_size(value, key, out.max_patch_bytes);
  if (key == "ignore") return read_ignore(value, out.ignore);
  if (key == "path") {
    if (!value.is_string() || value.get_string().empty()) return wrong_setting(key, "the path of a folder");
    out.path = value.get_string();
    return {};
  }
  if (key == "strategy") {
    const auto strategy = value.is_string() ? parse_strategy(value.get_string()) : std::nullopt;
    if (!strategy) return wrong_setting(key, "auto, git or hash");
    out.strategy = *strategy;
    return {};
  }
  return Error(ErrorCode::validation_error,
               "workspace has no key '" + std::string(key) +
                   "' (known: capture_patch, enabled, ignore, max_patch_bytes, path, rollback_on_failure, strategy)")
      .with_detail("option", boost::json::value("workspace." + std::string(key)));
}

}  // namespace

Result<Settings> settings_from_json(const boost::json::object& object, Settings base) {
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    if (auto read = read_setting(key, value, base); !read) return read.error();
  }
  return base;
}

std::string_view backend_name(Backend backend) noexcept {
  return backend == Backend::git ? "git" : "hash";
}

std::string_view strategy_name(Strategy strategy) noexcept {
  constexpr std::array<std::string_view, 3> kNames{"auto", "git", "hash"};
  return kNames[static_cast<std::size_t>(strategy)];
}

std::optional<Strategy> parse_strategy(std::string_view name) noexcept {
  for (const Strategy strategy : {Strategy::automatic, Strategy::git, Strategy::hash}) {
    if (name == strategy_name(strategy)) return strategy;
  }
  return std::nullopt;
}

boost::json::object to_json(const Snapshot& snapshot) {
  return {{"backend", backend_name(snapshot.backend)},
          {"path", snapshot.path},
          {"ref", snapshot.ref},
          {"label", snapshot.label},
          {"captured_at", format_timestamp(snapshot.captured_at)},
          {"metadata", snapshot.metadata}};
}

Result<Snapshot> snapshot_from_json(const boost::json::object& object) {
  const auto backend = find_string(object, "backend");
  const auto path = find_string(object, "path");
  const auto ref = find_string(object, "ref");
  const boost::json::object* metadata = find_object(object, "metadata");
  if (!backend || !path || !ref || (*backend != "git" && *backend != "hash")) {
    return Error(ErrorCode::validation_error, "this is no snapshot of a workspace: it lacks backend, path or ref");
  }
  Snapshot snapshot;
  snapshot.backend = *backend == "git" ? Backend::git : Backend::hash;
  snapshot.path = *path;
  snapshot.ref = *ref;
  snapshot.label = find_string(object, "label").value_or("");
  if (auto time = parse_timestamp(find_string(object, "captured_at").value_or(""))) snapshot.captured_at = *time;
  if (metadata != nullptr) snapshot.metadata = *metadata;
  return snapshot;
}

boost::json::object to_json(const Diff& diff) {
  boost::json::object json{{"backend", backend_name(diff.backend)},
                           {"from_ref", diff.from_ref},
                           {"to_ref", diff.to_ref},
                           {"files_changed", diff.files_changed},
                           {"insertions", diff.insertions},
                           {"deletions", diff.deletions},
                           {"changed_paths", to_json_array(diff.changed_paths)}};
  json["patch"] = diff.patch ? boost::json::value(*diff.patch) : boost::json::value(nullptr);
  json["patch_bytes"] = diff.patch_bytes;
  json["metadata"] = diff.metadata;
  return json;
}

}  // namespace asmgr::workspace
