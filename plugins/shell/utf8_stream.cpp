#include "utf8_stream.hpp"

namespace asmgr::shell {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Look {
  std::size_t length;  // of the character; 0 = the first byte begins none
  bool cut;            // it may become a character when more bytes come
};

// The bounds of the second byte exclude overlong forms, surrogates and what is above U+10FFFF.
Look look_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, false};
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0) return {0, false};
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) return {0, true};
    const bool fits = i == 1 ? byte(i) >= low && byte(i) <= high : byte(i) >= 0x80 && byte(i) <= 0xBF;
    if (!fits) return {0, false};
  }
  return {length, false};
}

}  // namespace

std::string Utf8Stream::take(std::string_view bytes) {
  std::string joined = std::move(pending_);
  pending_.clear();
  joined += bytes;
  std::string out;
  out.reserve(joined.size());
  std::string_view rest = joined;
  while (!rest.empty()) {
    const Look look = look_at(rest);
    if (look.cut) {
      pending_ = rest;
      break;
    }
    if (look.length == 0)
      out += kReplacement;
    else
      out += rest.substr(0, look.length);
    rest.remove_prefix(look.length == 0 ? 1 : look.length);
  }
  return out;
}

std::string Utf8Stream::finish() {
  std::string out;
  if (!pending_.empty()) out = kReplacement;
  pending_.clear();
  return out;
}

}  // namespace asmgr::shell
