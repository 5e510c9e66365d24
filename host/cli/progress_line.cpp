#include "host/cli/progress_line.hpp"

#include <unistd.h>

#include <cstdio>

#include "host/cli/rendering.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {

ProgressLine::ProgressLine(Console& console)
    : console_(console), columns_(console.is_text() && !console.quiet() ? terminal_columns(STDERR_FILENO) : 0) {
  if (columns_ != 0) console_.on_note([this] { erase(); });
}

ProgressLine::~ProgressLine() {
  if (columns_ == 0) return;
  erase();
  console_.on_note(nullptr);
}

bool ProgressLine::is_due() const {
  return columns_ != 0 && std::chrono::steady_clock::now() - last_ > std::chrono::milliseconds(100);
}

void ProgressLine::say(std::string_view text) {
  if (columns_ == 0) return;
  const std::string line = "\r" + one_line(text, columns_ - 1) + "\x1b[K";
  drawn_ = line.size();
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  last_ = std::chrono::steady_clock::now();
}

void ProgressLine::erase() {
  if (drawn_ == 0) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = 0;
}

}  // namespace asmgr::cli
