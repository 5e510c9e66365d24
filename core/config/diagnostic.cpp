#include "core/config/diagnostic.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <tuple>

namespace asmgr {
namespace {

constexpr std::size_t kMaxShown = 100;      // more than anybody reads; keeps the answer to garbage short
constexpr std::size_t kMaxLineBytes = 100;  // of a source line that is shown
constexpr std::size_t kBytesBeforeCaret = 40;

bool is_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Characters, not bytes: what an editor calls a column.
std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::size_t character_column(const Position& position, std::string_view line) {
  const std::size_t bytes = position.column == 0 ? 0 : position.column - 1;
  return count_characters(line.substr(0, std::min(bytes, line.size()))) + 1;
}

struct Excerpt {
  std::string line;
  std::string caret;
};

// Control characters would move the caret or worse; tabs are kept in both lines, so that they cancel out.
void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
}

Excerpt make_excerpt(std::string_view line, const Position& position) {
  const std::size_t at = std::min<std::size_t>(position.column == 0 ? 0 : position.column - 1, line.size());
  std::size_t begin = 0;
  std::size_t end = line.size();
  if (line.size() > kMaxLineBytes) {
    begin = at > kBytesBeforeCaret ? at - kBytesBeforeCaret : 0;
    end = std::min(line.size(), begin + kMaxLineBytes);
    while (begin > 0 && is_continuation(line[begin])) --begin;
    while (end < line.size() && is_continuation(line[end])) ++end;
  }
  Excerpt excerpt;
  if (begin > 0) excerpt.line = excerpt.caret = "...";
  if (begin > 0) excerpt.caret = "   ";
  append_printable(excerpt.line, line.substr(begin, end - begin));
  if (end < line.size()) excerpt.line += "...";
  for (const char c : line.substr(begin, at - begin)) {
    if (!is_continuation(c)) excerpt.caret += c == '\t' ? '\t' : ' ';
  }
  const std::string_view marked = line.substr(at, std::min<std::size_t>(position.length, end - at));
  const std::size_t width = std::max<std::size_t>(count_characters(marked), 1);
  excerpt.caret += '^' + std::string(width - 1, '~');
  return excerpt;
}

const Source* source_of(const Diagnostic& diagnostic, const Sources& sources) noexcept {
  return diagnostic.position.source < sources.size() ? &sources[diagnostic.position.source] : nullptr;
}

bool is_shown_in_place(const Diagnostic& diagnostic, const Source* source) noexcept {
  return source != nullptr && source->kind == SourceKind::file && diagnostic.position.line > 0;
}

std::string render_head(const Diagnostic& diagnostic, const Source* source) {
  std::string head = source == nullptr ? "configuration" : source->name;
  if (is_shown_in_place(diagnostic, source)) {
    const Position& position = diagnostic.position;
    head += ':' + std::to_string(position.line) + ':' +
            std::to_string(character_column(position, source->line(position.line)));
  }
  head += ": ";
  if (diagnostic.severity == Severity::warning) head += "warning: ";
  if (!diagnostic.path.empty()) head += diagnostic.path + ": ";
  return head + diagnostic.message;
}

void render_one(std::string& out, const Diagnostic& diagnostic, const Sources& sources) {
  const Source* source = source_of(diagnostic, sources);
  out += render_head(diagnostic, source);
  if (!is_shown_in_place(diagnostic, source)) {
    if (!diagnostic.suggestion.empty()) out += "; " + diagnostic.suggestion;
    out += '\n';
    return;
  }
  const Excerpt excerpt = make_excerpt(source->line(diagnostic.position.line), diagnostic.position);
  std::string number = std::to_string(diagnostic.position.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  out += '\n' + number + " |" + (excerpt.line.empty() ? "" : " ") + excerpt.line + '\n';
  out += std::string(number.size(), ' ') + " | " + excerpt.caret;
  if (!diagnostic.suggestion.empty()) out += ' ' + diagnostic.suggestion;
  out += '\n';
}

void sort_by_place(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.position.source, a.position.line, a.position.column) <
           std::tie(b.position.source, b.position.line, b.position.column);
  });
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) noexcept {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

std::string render(Diagnostics diagnostics, const Sources& sources) {
  if (diagnostics.empty()) return {};
  sort_by_place(diagnostics);
  std::string out;
  std::size_t errors = 0;
  for (std::size_t i = 0; i < diagnostics.size(); ++i) {
    if (diagnostics[i].severity == Severity::error) ++errors;
    if (i < kMaxShown) render_one(out, diagnostics[i], sources);
  }
  if (diagnostics.size() > kMaxShown) out += "... and " + std::to_string(diagnostics.size() - kMaxShown) + " more\n";
  const std::size_t warnings = diagnostics.size() - errors;
  if (errors > 0) out += counted(errors, "error");
  if (errors > 0 && warnings > 0) out += ", ";
  if (warnings > 0) out += counted(warnings, "warning");
  return out + '\n';
}

boost::json::array to_json(Diagnostics diagnostics, const Sources& sources) {
  sort_by_place(diagnostics);
  boost::json::array out;
  for (const Diagnostic& one : diagnostics) {
    if (out.size() == kMaxShown) break;
    const Source* source = source_of(one, sources);
    out.push_back(boost::json::object{
        {"severity", one.severity == Severity::error ? "error" : "warning"},
        {"code", code_name(one.code)},
        {"file", source == nullptr ? std::string() : source->name},
        {"line", one.position.line},
        {"column", source == nullptr ? 0 : character_column(one.position, source->line(one.position.line))},
        {"length", one.position.length},
        {"path", one.path},
        {"message", one.message},
        {"suggestion", one.suggestion},
    });
    if (!one.details.empty()) out.back().get_object()["details"] = one.details;
  }
  return out;
}

Error to_error(const Diagnostics& diagnostics, const Sources& sources) {
  std::optional<ErrorCode> shared;
  for (const Diagnostic& one : diagnostics) {
    if (one.severity != Severity::error) continue;
    if (shared && *shared != one.code) {
      shared = ErrorCode::config_invalid;
      break;
    }
    shared = one.code;
  }
  return Error(shared.value_or(ErrorCode::config_invalid), render(diagnostics, sources))
      .with_detail("diagnostics", to_json(diagnostics, sources));
}

}  // namespace asmgr
