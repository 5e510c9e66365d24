// What an operator says about redaction.
#pragma once

#include <string>
#include <vector>

namespace asmgr {

// A regular expression of the operator's own, in RE2's syntax: no look-around, no back-references.
struct RedactionPattern {
  std::string category = "custom";  // 1 to 64 of [A-Za-z0-9_.-]
  std::string regex;
};

struct RedactionOptions {
  bool enabled = true;
  bool scan_metadata = false;  // for the caller; a Redactor only carries it
  // What stands for a secret: this text (1 to 256 bytes of UTF-8), or "categorized" for [REDACTED:<category>].
  std::string replacement = "[REDACTED]";
  // In addition to the built-in categories.
  std::vector<RedactionPattern> patterns;
  // Exact values that must not appear, such as the configuration's secrets. Those under kShortestKnownSecret bytes are
  // left out: they would hide ordinary words.
  std::vector<std::string> known_secrets;
};

inline constexpr std::size_t kShortestKnownSecret = 6;

}  // namespace asmgr
