// Terminal output as the lines that were left standing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::rendering {

// Takes escape sequences out (CSI, OSC and other strings, two-byte ones), also when they come in pieces, and other
// control characters except tab and line feed. A carriage return that is not followed by a line feed drops what stands
// on its line so far, as what follows is written over it. Serial use.
class PlainLines {
 public:
  // The lines that are complete by now, with their line feeds; a line that grows beyond 64 KiB comes in pieces.
  [[nodiscard]] std::string add(std::string_view text);
  // What is left of the last line, without a line feed.
  [[nodiscard]] std::string rest();

 private:
  enum class In : std::uint8_t { text, escape, sequence, string, string_escape };

  void take(char c);
  void take_text(char c);

  In in_ = In::text;
  bool returned_ = false;  // the last character was a carriage return
  std::string line_;
  std::string done_;
};

}  // namespace asmgr::rendering
