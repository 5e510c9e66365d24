// The part of a secret whose length is not known when the secret is found: it runs on until something ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/redaction/char_class.hpp"

namespace asmgr::redaction {

enum class RunKind : std::uint8_t {
  none,        // the length was known
  char_class,  // while the bytes are in a set
  quoted,      // to the closing quote or the end of the line
  pem,         // to the end of the END line
  secret,      // while the bytes are those of a known secret
  rest,        // to the end of the text
};

struct Run {
  RunKind kind = RunKind::none;
  CharClass char_class = CharClass::value;
  char quote = 0;
  std::uint8_t depth = 0;       // quoted: backslashes before the opening quote: 0, 1, 3, 7
  std::uint32_t secret = 0;     // which known secret
  std::size_t progress = 0;     // secret: bytes of it that are past; pem: bytes of the marker that is looked for
  bool in_end_line = false;     // pem
  std::size_t backslashes = 0;  // that the text so far ends with
};

// Whether two runs that pass the same byte end at the same byte.
[[nodiscard]] bool end_together(const Run& a, const Run& b) noexcept;

struct RunStep {
  std::size_t taken = 0;  // bytes of the text that are part of it
  bool ended = false;
};
// Takes what `text` adds to the run. When it ends, what open_tail() said before the end is not part of it.
[[nodiscard]] RunStep advance(Run& run, std::string_view text, const std::vector<std::string>& known_secrets) noexcept;
// How many of the last bytes taken may turn out not to be part of it: backslashes that belong to the quote behind it.
[[nodiscard]] std::size_t open_tail(const Run& run) noexcept;

}  // namespace asmgr::redaction
