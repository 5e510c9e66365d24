// Cuts a stream of bytes into pieces of valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace asmgr::shell {

// A character that is split between two chunks comes whole with the second one; a byte that belongs to no character
// becomes U+FFFD.
class Utf8Stream {
 public:
  // What of the stream so far is certain and was not returned yet.
  [[nodiscard]] std::string take(std::string_view bytes);
  // What is left at the end of the stream.
  [[nodiscard]] std::string finish();

 private:
  std::string pending_;  // the beginning of a character, at most 3 bytes
};

}  // namespace asmgr::shell
