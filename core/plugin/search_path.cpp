#include "core/plugin/search_path.hpp"

#include <algorithm>
#include <system_error>

#include "core/plugin/load_error.hpp"

namespace asmgr {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kNameRule = "a name is a lowercase letter followed by lowercase letters, digits, '_' or '-'";

Error bad_reference(std::string_view value, std::string_view why) {
  return Error(ErrorCode::config_invalid, "plugin '" + std::string(value) + "' cannot be looked for: " +
                                              std::string(why) + "; write NAME, FILE/NAME or a path");
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

bool is_plugin_name(std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || name.size() > 64 || !lower(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

std::string plugin_name_of(const fs::path& file) {
  std::string name = file.filename().string();
  if (name.size() > kPluginSuffix.size() && name.ends_with(kPluginSuffix)) {
    name.resize(name.size() - kPluginSuffix.size());
  }
  return name;
}

Result<PluginReference> parse_plugin_reference(std::string_view value) {
  if (value.find('\0') != std::string_view::npos) return bad_reference(value, "it contains a zero byte");
  if (value.starts_with("./") || value.starts_with("../")) {
    return bad_reference(value, "a relative path means nothing here");
  }
  if (value.starts_with('/')) return PluginReference{std::string(value), "", true};
  const std::size_t slash = value.find('/');
  const std::string_view file = value.substr(0, slash);
  const std::string_view component = slash == std::string_view::npos ? std::string_view() : value.substr(slash + 1);
  if (!is_plugin_name(file) || (slash != std::string_view::npos && !is_plugin_name(component))) {
    return bad_reference(value, kNameRule);
  }
  return PluginReference{std::string(file), std::string(component), false};
}

PluginSearchPath::PluginSearchPath(std::vector<fs::path> configured, std::string_view environment,
                                   const fs::path& program_folder)
    : folders_(std::move(configured)) {
  while (!environment.empty()) {
    const std::size_t colon = environment.find(':');
    const std::string_view folder = environment.substr(0, colon);
    // An empty element means the working directory to a shell; here it means nothing.
    if (!folder.empty()) folders_.push_back(fs::absolute(fs::path(folder)));
    environment = colon == std::string_view::npos ? std::string_view() : environment.substr(colon + 1);
  }
  if (!program_folder.empty()) {
    folders_.push_back((program_folder / ".." / "lib" / "asmgr" / "plugins").lexically_normal());
  }
}

Result<fs::path> PluginSearchPath::find(std::string_view name) const {
  const PluginSubject subject{std::string(name), {}};
  fs::path found;
  for (const fs::path& folder : folders_) {
    const fs::path candidate = folder / (std::string(name) + std::string(kPluginSuffix));
    if (!is_file(candidate)) continue;
    if (found.empty()) {
      found = candidate;
    } else if (!same_file(found, candidate)) {
      return load_error(ErrorCode::plugin_load_failed, subject,
                        "two files have this name: " + found.string() + " and " + candidate.string(),
                        "remove one of them, or name the file by its path");
    }
  }
  if (!found.empty()) return found;

  std::string why = "there is no " + std::string(name) + std::string(kPluginSuffix);
  if (folders_.empty()) {
    why += ": no folder to search is known";
  } else {
    why += " in ";
    for (std::size_t i = 0; i < folders_.size(); ++i) {
      why.append(i == 0 ? "" : i + 1 == folders_.size() ? " or " : ", ").append(folders_[i].string());
    }
  }
  std::vector<std::string> names;
  for (const Found& other : list()) names.push_back(other.name);
  const std::vector<std::string> near = near_names(name, names);
  const std::string advice = near.empty() ? "install it there, or add its folder to plugins.search_path"
                                          : "did you mean " + quoted_list(near, "or") + "?";
  return load_error(ErrorCode::plugin_load_failed, subject, why, advice);
}

std::vector<PluginSearchPath::Found> PluginSearchPath::list() const {
  std::vector<Found> all;
  for (const fs::path& folder : folders_) {
    std::vector<Found> here;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
      if (!it->path().filename().string().ends_with(kPluginSuffix) || !is_file(it->path())) continue;
      // A folder that is reached by two spellings has each file once, as in find.
      const bool known =
          std::any_of(all.begin(), all.end(), [&](const Found& one) { return same_file(one.file, it->path()); });
      if (!known) here.push_back({plugin_name_of(it->path()), it->path()});
    }
    std::sort(here.begin(), here.end(), [](const Found& a, const Found& b) { return a.name < b.name; });
    all.insert(all.end(), std::make_move_iterator(here.begin()), std::make_move_iterator(here.end()));
  }
  return all;
}

}  // namespace asmgr
