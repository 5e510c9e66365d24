#include "host/cli/terminal_text.hpp"

#include <algorithm>
#include "core/render/text_width.hpp"

namespace asmgr::cli {

std::string one_line(std::string_view text, std::size_t columns) {
  return cut_to_width(harmless(text, LineBreaks::escape), columns, "...");
}

std::string field_line(std::string_view name, std::string_view value) {
  constexpr std::size_t kColumn = 14;
  if (value.empty()) return {};
  std::string line(name);
  line.append(line.size() < kColumn ? kColumn - line.size() : 1, ' ');
  return line + harmless(value, LineBreaks::escape) + "\n";
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines;
  lines.reserve(rows.size() + 1);
  lines.push_back(head);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(harmless(cell, LineBreaks::escape));
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], text_width(line[i]));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      out += line[i];
      out.append(widths[i] - text_width(line[i]) + 2, ' ');
    }
    while (out.size() > begin && out.back() == ' ') out.pop_back();
    out += '\n';
  }
  return out;
}

}  // namespace asmgr::cli
