// One line on standard error, when that is a terminal, that says how far something has come.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "host/cli/console.hpp"

namespace asmgr::cli {

// One thread. Nothing of it stays when it ends; lines of the console make it go away until it is said again.
class ProgressLine {
 public:
  explicit ProgressLine(Console& console);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Somebody sees it, and the last one has stood for a tenth of a second.
  [[nodiscard]] bool is_due() const;
  void say(std::string_view text);

 private:
  void erase();

  Console& console_;
  std::size_t columns_;  // 0 = nobody sees it
  std::size_t drawn_ = 0;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace asmgr::cli
