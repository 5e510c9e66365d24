// The plugin under test, loaded once.
#pragma once

#include "tests/plugins/support/policy_client.hpp"

namespace asmgr::testing {

inline const PolicyPlugin& limits() {
  static const PolicyPlugin plugin("limits");
  return plugin;
}

}  // namespace asmgr::testing
