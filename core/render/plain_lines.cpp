#include "core/render/plain_lines.hpp"

#include <utility>

namespace asmgr::rendering {
namespace {

constexpr std::size_t kMaxHeldLine = 64U * 1024;
constexpr char kEscape = '\x1b';

}  // namespace

std::string PlainLines::add(std::string_view text) {
  for (const char c : text) take(c);
  if (line_.size() > kMaxHeldLine) {
    done_ += line_;
    line_.clear();
  }
  return std::exchange(done_, {});
}

std::string PlainLines::rest() {
  returned_ = false;
  return std::exchange(line_, {});
}

void PlainLines::take(char c) {
  switch (in_) {
    case In::text:
      return take_text(c);
    case In::escape:
      if (c == '[') {
        in_ = In::sequence;
      } else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
        in_ = In::string;
      } else if (c < 0x20 || c > 0x2f) {  // else one more character belongs to it
        in_ = In::text;
      }
      return;
    case In::sequence:
      if (c >= 0x40 && c <= 0x7e) in_ = In::text;
      return;
    case In::string:
      if (c == '\a') in_ = In::text;
      if (c == kEscape) in_ = In::string_escape;
      return;
    case In::string_escape:
      in_ = c == kEscape ? In::string_escape : c == '\\' ? In::text : In::string;
      return;
  }
}

void PlainLines::take_text(char c) {
  if (std::exchange(returned_, c == '\r') && c != '\n' && c != '\r') line_.clear();
  if (c == kEscape) {
    in_ = In::escape;
  } else if (c == '\n') {
    done_ += std::exchange(line_, {});
    done_ += '\n';
  } else if (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) {
    line_ += c;
  }
}

}  // namespace asmgr::rendering
