#include "core/config/yaml_problem.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace asmgr {
namespace {

struct Explanation {
  std::string_view parser;  // how the parser's own message begins
  std::string_view message;
  std::string_view suggestion;
};

constexpr std::array kExplanations{
    Explanation{"end of map flow", "'{' is never closed", "close it with '}', and put ',' between its members"},
    Explanation{"end of sequence flow", "'[' is never closed", "close it with ']', and put ',' between its items"},
    Explanation{"end of map", "this line does not belong to the map above it",
                "line it up with the keys above, or quote a value that continues here"},
    Explanation{"end of sequence", "this line does not belong to the list above it", "line it up with the '-' above"},
    Explanation{"illegal map value", "unexpected ':'",
                "quote a value that holds ': ', or check the indentation and the line above"},
    Explanation{"illegal map key", "a key is not possible here", "check the indentation"},
    Explanation{"illegal block entry", "a list item is not possible here", "put '-' on a line of its own"},
    Explanation{"illegal tab", "a tab stands in the indentation", "indent with spaces"},
    Explanation{"illegal flow end", "a closing bracket without an opening one", "remove it, or quote the value"},
    Explanation{"unknown token", "a plain value cannot begin with this character", "quote the value"},
    Explanation{"illegal EOF", "the file ends inside a quoted value", "close the quotes"},
    Explanation{"the referenced anchor", "the alias names no anchor above it", "quote a value that begins with '*'"},
    Explanation{"alias not found", "'*' begins an alias", "quote a value that begins with '*'"},
    Explanation{"anchor not found", "'&' begins an anchor", "quote a value that begins with '&'"},
    Explanation{"unknown escape character", "unknown escape in a double-quoted value",
                "write '\\\\' for a backslash, or use single quotes"},
    Explanation{"bad character found while scanning hex", "bad hexadecimal escape in a double-quoted value",
                "write '\\\\' for a backslash, or use single quotes"},
};

// An unquoted ${...} inside { } or [ ] is the most common way to break a file: the parser takes its '{' for a map.
std::optional<std::size_t> find_unquoted_reference(std::string_view line, std::size_t before) {
  char quote = '\0';
  std::size_t depth = 0;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < line.size() && i <= before; ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      continue;
    }
    if (c == '"' || c == '\'') quote = c;
    if (c == '$' && line.substr(i).starts_with("${") && depth > 0) found = i;
    if (c == '{' || c == '[') ++depth;
  }
  return found;
}

std::string reference_at(std::string_view line, std::size_t at) {
  return std::string(line.substr(at, line.find('}', at) - at + 1));
}

bool has_tab_in_indentation(std::string_view line) noexcept {
  const std::size_t tab = line.find('\t');
  return tab != std::string_view::npos && line.find_first_not_of(" \t") > tab;
}

Diagnostic at(std::uint32_t source, std::size_t line, std::size_t column, std::size_t length, std::string_view message,
              std::string_view suggestion) {
  Diagnostic diagnostic;
  diagnostic.position = {source, static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column),
                         static_cast<std::uint32_t>(length)};
  diagnostic.message = message;
  diagnostic.suggestion = suggestion;
  return diagnostic;
}

}  // namespace

Diagnostic explain_yaml_problem(const Source& source, std::uint32_t source_index, int line, int column,
                                std::string_view parser_message) {
  if (line < 0 || column < 0) return at(source_index, 0, 0, 0, "not YAML: " + std::string(parser_message), "");
  const std::size_t number = static_cast<std::size_t>(line) + 1;
  const std::string_view text = source.line(static_cast<std::uint32_t>(number));
  // The parser counts on when it looks for more than the file has: one past the end is where something is missing.
  const std::size_t place = std::min(static_cast<std::size_t>(column), text.size()) + 1;

  if (const auto reference = find_unquoted_reference(text, static_cast<std::size_t>(column))) {
    const std::string written = reference_at(text, *reference);
    return at(source_index, number, *reference + 1, written.size(), "an unquoted ${...} inside { } or [ ]",
              "quote it: \"" + written + '"');
  }
  if (has_tab_in_indentation(text)) {
    return at(source_index, number, text.find('\t') + 1, 1, "a tab stands in the indentation", "indent with spaces");
  }
  for (const Explanation& one : kExplanations) {
    if (!parser_message.starts_with(one.parser)) continue;
    return at(source_index, number, place, 1, one.message, one.suggestion);
  }
  return at(source_index, number, place, 1, "not YAML: " + std::string(parser_message), "");
}

}  // namespace asmgr
