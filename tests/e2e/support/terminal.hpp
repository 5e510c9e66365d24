// A terminal that a test sits at: a program on a pty of some width, what it writes, and what stands on the screen then.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/support/child.hpp"

namespace asmgr::e2e {

// What a terminal shows of the bytes it was sent; it has as many rows as are needed. Lines are broken at its width.
class Screen {
 public:
  explicit Screen(std::size_t columns) : columns_(columns) {}
  void write(const std::string& bytes);
  // Without trailing blanks and trailing empty lines.
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] std::string text() const;

 private:
  void put(const std::string& character);
  void obey(char command, std::size_t count);

  std::size_t columns_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::vector<std::vector<std::string>> cells_{{}};
};

class Terminal {
 public:
  // `setup.input` counts for nothing.
  Terminal(const ChildSetup& setup, unsigned short columns);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& text) const;
  void resize(unsigned short columns) const;
  // Until the condition holds on all that was written so far; false when the program or patience has ended first.
  bool read_until(const std::function<bool(const std::string& written)>& condition);
  bool read_until_written(const std::string& text);
  [[nodiscard]] const std::string& written() const noexcept { return written_; }
  // Waits for the end; `out` is all that was written.
  Ended wait();

 private:
  bool read_some();

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string written_;
};

}  // namespace asmgr::e2e
