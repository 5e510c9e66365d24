// How much a test does: what fits before a change goes in, or a night's worth.
#pragma once

#include <cstdlib>
#include <string_view>

namespace asmgr::test {

// `long_count` when ASMGR_TEST_PROFILE is long.
[[nodiscard]] inline int in_profile(int ci_count, int long_count) {
  const char* profile = std::getenv("ASMGR_TEST_PROFILE");
  return profile != nullptr && std::string_view(profile) == "long" ? long_count : ci_count;
}

}  // namespace asmgr::test
