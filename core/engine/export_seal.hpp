// The seals of an export's own lines. An event is bound to those before it by its hash; the other lines (the header,
// the runs, the last) end with a member "sha256" that binds each to the sealed line before it:
//
//   sha256 = SHA-256(len|seal before | len|the line up to the seal)
//
// with 64-bit big-endian lengths, seals as 64 lowercase hexadecimal digits, and "asmgr-session" before the first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/model/hash_chain.hpp"

namespace asmgr {

class ExportSeal {
 public:
  // Appends the seal and the closing brace to a line that is a JSON object without it.
  void close(std::string& line);
  // The line as it was before close; nothing when its seal is not the next one.
  [[nodiscard]] std::optional<std::string_view> open(std::string_view line);

 private:
  std::string next(std::string_view unsealed);

  EventHasher hasher_;
  std::string last_ = "asmgr-session";
};

}  // namespace asmgr
