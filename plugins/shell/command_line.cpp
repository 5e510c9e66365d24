#include "command_line.hpp"

#include <algorithm>
#include <cctype>

namespace asmgr::shell {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  std::string_view name = word.substr(0, equals);
  if (name.back() == '+') name.remove_suffix(1);
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::variant<std::vector<std::string>, NotSimple> parse() {
    while (at_ < text_.size() && why_.empty()) {
      const char c = text_[at_];
      if (is_blank(c)) {
        end_word();
        ++at_;
      } else {
        part(c);
      }
    }
    if (!why_.empty()) return NotSimple{why_};
    end_word();
    if (words_.empty()) return NotSimple{"it names no program"};
    if (is_assignment(words_.front())) return NotSimple{"it sets a variable ('" + words_.front() + "')"};
    if (words_.front().empty()) return NotSimple{"it names no program"};
    return std::move(words_);
  }

 private:
  void refuse(std::string why) { why_ = std::move(why); }

  void end_word() {
    if (!in_word_) return;
    words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  // The next piece of a word.
  void part(char c) {
    if (c == '\'') return single_quoted();
    if (c == '"') return double_quoted();
    if (c == '\\') return escaped();
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return refuse(c == '\n' || c == '\r' ? "it has more than one line" : "it has a control character in it");
    }
    if (const char* why = special(c)) return refuse(why);
    add(c);
    ++at_;
  }

  // Why an unquoted character is more than itself to a shell, or null.
  [[nodiscard]] const char* special(char c) const {
    switch (c) {
      case ';':
      case '|':
      case '&':
        return "it joins several commands (; | &)";
      case '<':
      case '>':
        return "it redirects (< >)";
      case '(':
      case ')':
        return "it has a subshell or function (parentheses)";
      case '$':
        return "it has an expansion ($); put it in single quotes to mean the sign itself";
      case '`':
        return "it has a command substitution (backticks)";
      case '*':
      case '?':
      case '[':
        return "it has a file name pattern (* ? [); quote it to mean the sign itself";
      case '~':
        return in_word_ ? nullptr : "it has a home folder abbreviation (~); write the path out";
      case '#':
        return in_word_ ? nullptr : "it has a comment (#); quote it to mean the sign itself";
      case '{':
      case '}':
        return braces_are_plain() ? nullptr : "it has a group or brace expansion ({ }); quote it";
      default:
        return nullptr;
    }
  }

  // `HEAD@{1}` and `{}` are themselves to every shell; `{ a; }` and `{a,b}` are not.
  [[nodiscard]] bool braces_are_plain() const {
    const std::size_t end = std::min(text_.find_first_of(" \t\n", at_), text_.size());
    const std::string_view rest = text_.substr(at_, end - at_);
    const bool alone = !in_word_ && rest.size() == 1;
    return !alone && rest.find(',') == std::string_view::npos && rest.find("..") == std::string_view::npos;
  }

  void single_quoted() {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return refuse("a single quote is not closed");
    quoted(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
  }

  void quoted(std::string_view content) {
    if (content.find('\0') != std::string_view::npos) return refuse("it has a NUL character in it");
    word_ += content;
    in_word_ = true;
  }

  void double_quoted() {
    std::string content;
    std::size_t at = at_ + 1;
    for (; at < text_.size() && text_[at] != '"'; ++at) {
      const char c = text_[at];
      if (c == '$') return refuse("it has an expansion ($); put it in single quotes to mean the sign itself");
      if (c == '`') return refuse("it has a command substitution (backticks)");
      if (c == '\\' && at + 1 < text_.size() &&
          std::string_view("\\\"$`\n").find(text_[at + 1]) != std::string_view::npos) {
        ++at;
        if (text_[at] == '\n') continue;  // a line continuation
        content += text_[at];
        continue;
      }
      content += c;
    }
    if (at >= text_.size()) return refuse("a double quote is not closed");
    quoted(content);
    at_ = at + 1;
  }

  void escaped() {
    if (at_ + 1 >= text_.size()) return refuse("it ends in a backslash");
    const char c = text_[at_ + 1];
    if (c == '\n' || c == '\r') return refuse("it has more than one line");
    if (c == '\0') return refuse("it has a NUL character in it");
    add(c);
    at_ += 2;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  std::string why_;
};

}  // namespace

std::variant<std::vector<std::string>, NotSimple> parse_simple_command(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace asmgr::shell
