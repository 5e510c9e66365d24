// Where the random numbers of a test begin.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace asmgr::test {

// ASMGR_TEST_SEED when it is set, which repeats what a failed test printed.
[[nodiscard]] inline std::uint32_t seed_or(std::uint32_t otherwise) {
  const char* wanted = std::getenv("ASMGR_TEST_SEED");
  return wanted == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 10));
}

// For the message of a failure.
[[nodiscard]] inline std::string seed_text(std::uint32_t seed) {
  return "repeat it with ASMGR_TEST_SEED=" + std::to_string(seed) + "\n";
}

}  // namespace asmgr::test
