// Which asmgr this is.
#pragma once

#include <string>

namespace asmgr::cli {

// "asmgr 0.1.0"
[[nodiscard]] inline std::string version_text() {
  return "asmgr " ASMGR_VERSION;
}

}  // namespace asmgr::cli
