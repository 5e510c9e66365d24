// How much a test does: what fits before a change goes in, or a night's worth.
#pragma once

#include <cstdlib>
#include <string_view>

namespace asmgr::test {

// Whether ASMGR_TEST_PROFILE is long.
[[nodiscard]] inline bool is_long_profile() {
  const char* profile = std::getenv("ASMGR_TEST_PROFILE");
  return profile != nullptr && std::string_view(profile) == "long";
}

[[nodiscard]] inline int in_profile(int ci_count, int long_count) {
  return is_long_profile() ? long_count : ci_count;
}

}  // namespace asmgr::test
