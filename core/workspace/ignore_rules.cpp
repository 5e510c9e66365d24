#include "core/workspace/ignore_rules.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "core/workspace/tree.hpp"

namespace asmgr::workspace {
namespace {

Error wrong_rule(std::string_view key, const std::string& rule, std::string_view why) {
  return Error(ErrorCode::validation_error,
               "workspace.ignore." + std::string(key) + ": '" + rule + "' " + std::string(why))
      .with_detail("option", boost::json::value("workspace.ignore." + std::string(key)));
}

Result<std::string> clean_path(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool out = path.starts_with('/') || path == ".." || path.starts_with("../") || path.find("/../") != path.npos;
  if (path.empty() || path == "." || out || path.ends_with("/..")) {
    return wrong_rule("paths", path, "must name something below the workspace, such as 'build'");
  }
  return path;
}

// * stays within a name, ** does not, "**/" is any number of folders, none too.
std::string expression_of(std::string_view glob) {
  std::string out = glob.find('/') == std::string_view::npos ? "(?:.*/)?" : "";
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob.substr(i).starts_with("**/")) {
      out += "(?:.*/)?";
      i += 2;
    } else if (glob.substr(i).starts_with("**")) {
      out += ".*";
      i += 1;
    } else if (glob[i] == '*') {
      out += "[^/]*";
    } else if (glob[i] == '?') {
      out += "[^/]";
    } else {
      out += re2::RE2::QuoteMeta(std::string(1, glob[i]));
    }
  }
  return out;
}

}  // namespace

const std::vector<std::string>& always_ignored() noexcept {
  static const std::vector<std::string> names{".git", "deps", "_build", "node_modules"};
  return names;
}

IgnoreMatcher::IgnoreMatcher() = default;
IgnoreMatcher::IgnoreMatcher(IgnoreMatcher&&) noexcept = default;
IgnoreMatcher& IgnoreMatcher::operator=(IgnoreMatcher&&) noexcept = default;
IgnoreMatcher::~IgnoreMatcher() = default;

Result<IgnoreMatcher> IgnoreMatcher::make(const IgnoreRules& rules) {
  IgnoreMatcher matcher;
  matcher.paths_ = always_ignored();
  for (const std::string& rule : rules.paths) {
    auto path = clean_path(rule);
    if (!path) return path.error();
    matcher.paths_.push_back(std::move(*path));
  }
  std::string all;
  for (const std::string& glob : rules.globs) {
    if (glob.empty()) return wrong_rule("globs", glob, "is empty");
    all += (all.empty() ? "(?:" : "|") + expression_of(glob);
  }
  if (all.empty()) return matcher;
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names are bytes
  options.set_dot_nl(true);
  options.set_never_capture(true);
  options.set_log_errors(false);
  matcher.globs_ = std::make_unique<re2::RE2>(all + ")", options);
  if (!matcher.globs_->ok()) {
    return Error(ErrorCode::validation_error, "workspace.ignore.globs cannot be used: " + matcher.globs_->error());
  }
  return matcher;
}

bool IgnoreMatcher::ignores(std::string_view path) const {
  const bool by_path =
      std::any_of(paths_.begin(), paths_.end(), [path](const std::string& ignored) { return lies_in(path, ignored); });
  return by_path || (globs_ != nullptr && re2::RE2::FullMatch({path.data(), path.size()}, *globs_));
}

}  // namespace asmgr::workspace
