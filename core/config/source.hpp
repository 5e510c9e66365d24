// Where configuration text came from, and places in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr {

// A place in one source of a Sources. `line` and `column` count from 1, the column in bytes; line 0 is the source as a
// whole. `length` in bytes, on that line.
struct Position {
  std::uint32_t source = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;

  bool operator==(const Position&) const = default;
};

enum class SourceKind : std::uint8_t {
  file,
  setting,  // one --set; its text is never shown, since it may hold a secret
};

struct Source {
  std::string name;       // as it is shown: the path as it was given, or "--set PATH"
  std::string directory;  // what relative paths that stand in it are relative to
  std::string text;
  SourceKind kind = SourceKind::file;

  // Without its line end; empty when there is no such line.
  [[nodiscard]] std::string_view line(std::uint32_t number) const noexcept;
};

// Everything one configuration was read from, in the order of reading. Positions name a source by its index.
using Sources = std::vector<Source>;

}  // namespace asmgr
