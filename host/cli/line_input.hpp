// Lines that a person types, read so that something else can end the waiting.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace asmgr::cli {

// Reads `descriptor`, a terminal, a line at a time.
class LineInput {
 public:
  explicit LineInput(int descriptor) : descriptor_(descriptor) {}
  // The next line without its line feed; nothing at the end of the input, or when `is_over`, asked about five times a
  // second, says so. What was typed of a line stays for the next call.
  [[nodiscard]] std::optional<std::string> read(const std::function<bool()>& is_over);
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }

 private:
  int descriptor_;
  bool at_end_ = false;
  std::string typed_;
};

}  // namespace asmgr::cli
