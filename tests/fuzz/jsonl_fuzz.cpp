// Bytes cut into lines.
#include <asmgr/toolkit/jsonl.hpp>

#include <string>
#include <vector>

#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

using Lines = std::vector<std::string>;

// Plain and slow.
Lines lines_of(std::string_view text) {
  Lines lines;
  std::string line;
  const auto end = [&] {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
    line.clear();
  };
  for (const char c : text) {
    if (c == '\n') {
      end();
    } else {
      line += c;
    }
  }
  if (!line.empty()) end();
  return lines;
}

struct Read {
  Lines lines;
  bool ok = true;
  std::string error;
};

Read read(std::string_view text, std::size_t piece, std::size_t limit) {
  jsonl::LineReader reader(limit);
  Read result;
  const auto take = [&](std::string_view line) { result.lines.emplace_back(line); };
  for (std::size_t at = 0; at < text.size(); at += piece) result.ok = reader.feed(text.substr(at, piece), take);
  result.ok = reader.finish(take);
  result.error = reader.error();
  return result;
}

void check(std::string_view text) {
  // The first byte says how the rest comes, and how long a line may be.
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t piece = first % 16 + 1U;
  const std::size_t limit = first / 16 * 8U;
  text.remove_prefix(1);

  const Read unbounded = read(text, piece, text.size() + 1);
  require(unbounded.ok && unbounded.error.empty(), "without a bound every text is taken", text);
  require(unbounded.lines == lines_of(text), "lines are what stands between line ends", text);

  const Read bounded = read(text, piece, limit);
  require(bounded.ok == bounded.error.empty(), "a reader that failed says why", text);
  require(bounded.lines.size() <= unbounded.lines.size(), "a bound adds no lines", text);
  for (std::size_t i = 0; i < bounded.lines.size(); ++i) {
    require(bounded.lines[i] == unbounded.lines[i], "and changes none", text);
    require(bounded.lines[i].size() <= limit, "none is longer than the bound", text);
  }
  if (bounded.ok) require(bounded.lines.size() == unbounded.lines.size(), "it stops only with an error", text);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) asmgr::fuzz::check(asmgr::fuzz::as_text(data, size));
  return 0;
}
