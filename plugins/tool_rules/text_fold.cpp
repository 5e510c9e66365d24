#include "text_fold.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "look_alikes.hpp"

namespace asmgr::tool_rules {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr bool within(char32_t c, Range range) noexcept {
  return c >= range.first && c <= range.last;
}

// Takes no room on a screen: controls, joiners, direction marks, fillers, variation selectors, tags, combining marks.
constexpr std::array<Range, 22> kInvisible{{
    {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x0300, 0x036F},   {0x0483, 0x0489}, {0x061C, 0x061C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2060, 0x206F}, {0x20D0, 0x20FF}, {0x3164, 0x3164},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFC}, {0xE0000, 0xE0FFF},
}};

// Runs of characters that stand for a run of ASCII, `period` of them before it starts over.
struct Run {
  Range range;
  char32_t start;
  char32_t period;
};
constexpr std::array<Run, 8> kRuns{{
    {{0xFF01, 0xFF5E}, '!', 94},    // full width
    {{0x24B6, 0x24CF}, 'A', 26},    // circled
    {{0x24D0, 0x24E9}, 'a', 26},    //
    {{0x1D7CE, 0x1D7FF}, '0', 10},  // mathematical digits
    {{0x1F130, 0x1F149}, 'A', 26},  // squared
    {{0x1F150, 0x1F169}, 'A', 26},  // circled, dark
    {{0x1F170, 0x1F189}, 'A', 26},  // squared, dark
    {{0x1F1E6, 0x1F1FF}, 'A', 26},  // regional indicators
}};
constexpr Range kMathematicalLetters{0x1D400, 0x1D6A3};  // alphabets of A-Z and a-z

struct Sequence {
  char32_t value = 0xFFFD;
  std::size_t length = 1;
};

// The code point at the start of non-empty text.
Sequence first_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3F);
  }
  return {value, length};
}

}  // namespace

std::u32string decode(std::string_view utf8) {
  std::u32string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const Sequence sequence = first_of(utf8);
    out.push_back(sequence.value);
    utf8.remove_prefix(sequence.length);
  }
  return out;
}

char32_t lower(char32_t c) noexcept {
  constexpr std::array<Range, 5> kCapitals{
      {{'A', 'Z'}, {0x00C0, 0x00D6}, {0x00D8, 0x00DE}, {0x0391, 0x03A9}, {0x0410, 0x042F}}};
  for (const Range& capitals : kCapitals) {
    if (within(c, capitals)) return c + 0x20;
  }
  return within(c, {0x0400, 0x040F}) ? c + 0x50 : c;
}

std::u32string lowered(std::u32string text) {
  for (char32_t& c : text) c = lower(c);
  return text;
}

char32_t folded(char32_t c) noexcept {
  if (c > 0x1F && c < 0x7F) return c;
  for (const Range& invisible : kInvisible) {
    if (within(c, invisible)) return 0;
  }
  for (const Run& run : kRuns) {
    if (within(c, run.range)) return run.start + (c - run.range.first) % run.period;
  }
  if (within(c, kMathematicalLetters)) {
    const char32_t letter = (c - kMathematicalLetters.first) % 52;
    return letter < 26 ? U'A' + letter : U'a' + letter - 26;
  }
  const LookAlike* const end = kLookAlikes + kLookAlikeCount;
  const LookAlike* const found =
      std::lower_bound(kLookAlikes, end, c, [](const LookAlike& entry, char32_t value) { return entry.from < value; });
  return found != end && found->from == c ? static_cast<char32_t>(static_cast<unsigned char>(found->to)) : c;
}

std::u32string folded(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (const char32_t shown = folded(c); shown != 0) out.push_back(shown);
  }
  const std::size_t first = out.find_first_not_of(U' ');
  if (first == std::u32string::npos) return {};
  return out.substr(first, out.find_last_not_of(U' ') - first + 1);
}

}  // namespace asmgr::tool_rules
