// Names, patterns, paths and commands that say the same thing in many ways.
#pragma once

#include <array>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace asmgr::testing {

using Random = std::mt19937;

inline constexpr std::array kTools{"bash", "write_file", "mcp__files__read", "fetch", "python", "deploy",
                                   "ls",   "search"};

template <typename List>
auto any(const List& list, Random& random) {
  return list[random() % std::size(list)];
}

struct Disguise {
  char plain;
  const char* other;
};
inline constexpr std::array kDisguises{
    Disguise{'a', "\u0430"}, Disguise{'a', "\uFF41"}, Disguise{'e', "\u0435"},     Disguise{'o', "\u043E"},
    Disguise{'o', "\u03BF"}, Disguise{'p', "\u0440"}, Disguise{'c', "\u0441"},     Disguise{'s', "\u0455"},
    Disguise{'i', "\u0456"}, Disguise{'h', "\u04BB"}, Disguise{'y', "\u0443"},     Disguise{'l', "\uFF4C"},
    Disguise{'_', "\uFF3F"}, Disguise{'d', "\u0501"}, Disguise{'b', "\U0001D41B"}, Disguise{'f', "\u24D5"}};
inline constexpr std::array kUnseen{"\u200B", "\u200D", "\u00AD", "\uFEFF", "\u2060", "\u202E", "\u0301", "\U000E0041"};

// The name, looking the same to a person.
inline std::string disguised(std::string_view name, bool change_case, Random& random) {
  std::string out;
  for (const char c : name) {
    if (random() % 8 == 0) out += any(kUnseen, random);
    std::string shown(1, c);
    if (change_case && random() % 2 == 0 && c >= 'a' && c <= 'z') shown[0] = static_cast<char>(c - 'a' + 'A');
    for (const Disguise& disguise : kDisguises) {
      if (disguise.plain == c && random() % 3 == 0) shown = disguise.other;
    }
    out += shown;
  }
  return random() % 10 == 0 ? " " + out : out;
}

// A glob that covers the name.
inline std::string pattern_for(std::string_view name, Random& random) {
  std::string pattern(name);
  const std::size_t at = random() % pattern.size();
  switch (random() % 5) {
    case 0:
      return pattern.substr(0, at) + "*";
    case 1:
      return "*" + pattern.substr(at);
    case 2:
      pattern[at] = '?';
      return pattern;
    case 3:
      return pattern.substr(0, at) + "[" + pattern[at] + "]" + pattern.substr(at + 1);
    default:
      return pattern;
  }
}

// A way of writing a path under `root`.
inline std::string path_into(std::string_view root, Random& random) {
  std::string path;
  for (auto i = random() % 3; i > 0; --i) path += any(std::array{"/tmp/..", "/.", "/", "/a/b/../..", "/.."}, random);
  path += root;
  for (auto i = random() % 3; i > 0; --i) path += any(std::array{"/x/..", "/./", "//", "/y"}, random);
  return path + "/z";
}

inline std::string command_with(std::string_view command, Random& random) {
  const std::string text(command);
  const std::array ways{text + " x",           "ls; " + text + " x",     "true && " + text,  "/usr/bin/" + text,
                        "sudo " + text,        "sh -c '" + text + " x'", "A=1 " + text,      "echo $(" + text + ")",
                        "echo `" + text + "`", "  " + text + "\t-f",     "ls\n" + text,      "nohup env B=2 " + text,
                        "(" + text + ")",      "{ " + text + "; }",      "\"" + text + "\"", "2>/dev/null " + text};
  return any(ways, random);
}

}  // namespace asmgr::testing
