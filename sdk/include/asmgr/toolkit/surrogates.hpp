// Puts characters together that a sender cut in two.
//
// Servers that think in UTF-16 cut a text between the two halves of a character when they stream it, and escape each
// half:
// "...\ud83d" in one JSON document, "\udc69..." in the next. Neither is text, and JSON parsers refuse both.
#pragma once

#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// For the documents of one stream, in order. Serial use.
class SurrogateMender {
 public:
  // The document with every escaped half completed: a first half at whose side its second does not stand is taken out
  // and put before the next lone second half, be it in a later document; what remains alone becomes U+FFFD.
  [[nodiscard]] std::string mend(std::string_view document) {
    std::string mended;
    mended.reserve(document.size());
    for (std::size_t at = 0; at < document.size();) {
      if (document[at] != '\\') {
        mended += document[at++];
        continue;
      }
      const std::size_t length = document.substr(at, 2) == "\\u" ? 6 : 2;
      take_escape(document.substr(at, length), document.substr(at + std::min(length, document.size() - at)), mended);
      at += length;
    }
    return mended;
  }

  // Whether a document may have halves in it: mend need not be called for others.
  [[nodiscard]] static bool concerns(std::string_view document) noexcept {
    return document.find("\\ud") != std::string_view::npos || document.find("\\uD") != std::string_view::npos;
  }

 private:
  static constexpr std::string_view kReplacement = "\\ufffd";

  // `escape` and what follows it.
  void take_escape(std::string_view escape, std::string_view rest, std::string& mended) {
    const std::uint32_t unit = unit_of(escape);
    if (is_first(unit)) {
      if (is_second(unit_of(rest.substr(0, 6)))) {
        mended += escape;
        whole_ = true;
        return;
      }
      if (!waiting_.empty()) mended += kReplacement;
      waiting_ = escape;
    } else if (is_second(unit) && !whole_) {
      mended += waiting_.empty() ? std::string(kReplacement) : waiting_ + std::string(escape);
      waiting_.clear();
    } else {
      mended += escape;
    }
    whole_ = false;
  }

  // 0 for what is no \uXXXX.
  static std::uint32_t unit_of(std::string_view escape) noexcept {
    if (escape.size() != 6 || escape.substr(0, 2) != "\\u") return 0;
    std::uint32_t unit = 0;
    for (const char c : escape.substr(2)) {
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
      if (digit == std::string_view::npos) return 0;
      unit = unit * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
    }
    return unit;
  }
  static bool is_first(std::uint32_t unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
  static bool is_second(std::uint32_t unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

  std::string waiting_;  // a first half, escaped
  bool whole_ = false;   // the first half of the character at hand was just written
};

// parse_object of the next document of a stream.
[[nodiscard]] inline std::optional<boost::json::object> parse_object(std::string_view document,
                                                                     SurrogateMender& mender) {
  return SurrogateMender::concerns(document) ? parse_object(mender.mend(document)) : parse_object(document);
}

}  // namespace asmgr::sdk
