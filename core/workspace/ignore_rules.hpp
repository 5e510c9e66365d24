// The ignore rules of the hash backend.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/workspace/snapshot.hpp"

namespace re2 {
class RE2;
}

namespace asmgr::workspace {

// Left out at the top of a folder whatever the rules say: what other programs make there.
[[nodiscard]] const std::vector<std::string>& always_ignored() noexcept;

// Immutable: any number of threads may ask.
class IgnoreMatcher {
 public:
  // Errors: validation_error (a path that leads out of the folder, a glob that is empty).
  [[nodiscard]] static Result<IgnoreMatcher> make(const IgnoreRules& rules);
  IgnoreMatcher(IgnoreMatcher&&) noexcept;
  IgnoreMatcher& operator=(IgnoreMatcher&&) noexcept;
  ~IgnoreMatcher();

  // Of a path whose folder is not ignored.
  [[nodiscard]] bool ignores(std::string_view path) const;

 private:
  IgnoreMatcher();
  std::vector<std::string> paths_;
  std::unique_ptr<re2::RE2> globs_;  // of whole paths; null: there are none
};

}  // namespace asmgr::workspace
