// A recording of an agent program's standard streams, as steps to play.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace asmgr::fake_agent {

struct Step {
  enum class Kind {
    kSay,   // write the line to stdout
    kHear,  // wait for a line on stdin that is like this one
  };
  Kind kind = Kind::kSay;
  double seconds = 0;  // since the start of the recording; 0 where it does not say
  std::string line;
};

struct Script {
  std::vector<Step> steps;
  std::optional<int> exit;  // as recorded; negative = ended by that signal
  bool signalled = false;   // somebody sent the program a signal
};

// Reads either raw lines of stdout or {"t","dir","line"} records. Throws std::runtime_error.
[[nodiscard]] Script read_script(const std::string& file);

}  // namespace asmgr::fake_agent
