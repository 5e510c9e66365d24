// What the log keeps of an event whose data is too large for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr {

// The fewest bytes that data can be cut to.
inline constexpr std::size_t kLeastEventBytes = 4096;

// What became of the whole: the member "_truncated".
struct CutMark {
  std::uint64_t bytes = 0;  // of the whole data
  std::string sha256;       // of it, hexadecimal
  std::string artifact;     // key of where it is; empty = nowhere
};

// `data`, a JSON object, in at most `limit` bytes (at least kLeastEventBytes): of the largest texts only the beginning,
// with a sentence that says so, of the longest lists the first elements, and {"_truncated": {"bytes", "artifact",
// "sha256"}}. Members that are small stay, under their names and with their types, so that the event is still one of
// its type. What is no JSON object is the mark alone. Takes time and memory of a few times the data.
[[nodiscard]] std::string cut_event_data(std::string_view data, std::size_t limit, const CutMark& mark);

}  // namespace asmgr
