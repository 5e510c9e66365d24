#include "shell_words.hpp"

#include <algorithm>

namespace asmgr::tool_rules {
namespace {

constexpr std::string_view kEnds(";|()\n", 5);

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  SimpleCommand read() {
    while (at_ < text_.size() && step()) {
    }
    end_word();
    command_.read = at_;
    return std::move(command_);
  }

 private:
  [[nodiscard]] char now() const noexcept { return text_[at_]; }
  [[nodiscard]] char next() const noexcept { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }

  // One character, or what belongs to it; false where the command ends.
  bool step() {
    const char c = now();
    if (is_blank(c)) {
      end_word();
      ++at_;
    } else if (c == '<' || c == '>' || (c == '&' && next() == '>')) {
      take_redirection();
    } else if (kEnds.find(c) != std::string_view::npos || c == '&' || (c == '#' && !in_word_)) {
      return false;
    } else {
      take_character();
    }
    return true;
  }

  void take_character() {
    const char c = now();
    if (c == '\\') return take_escaped();
    if (c == '\0') return skip();  // a shell drops it
    in_word_ = true;
    if (c == '\'') return take_single_quoted();
    if (c == '"') return take_double_quoted();
    if (c == '$' || c == '`') return take_expansion();
    if (c == '{' && is_brace_expansion()) word_ += '$';
    word_ += c;
    ++at_;
  }

  void skip() noexcept { ++at_; }

  // A line that goes on is joined to the next without a trace.
  void take_escaped() {
    if (next() != '\n') {
      in_word_ = true;
      if (at_ + 1 < text_.size()) word_ += next();
    }
    at_ = std::min(at_ + 2, text_.size());
  }

  void take_single_quoted() {
    const std::size_t end = std::min(text_.find('\'', at_ + 1), text_.size());
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, text_.size());
  }

  void take_double_quoted() {
    ++at_;
    while (at_ < text_.size() && now() != '"') {
      if (now() == '\\') {
        take_escaped();
      } else if (now() == '$' || now() == '`') {
        take_expansion();
      } else {
        word_ += now();
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void take_expansion() {
    word_ += '$';
    if (now() == '`') {
      skip_to('`');
    } else if (next() == '(') {
      ++at_;
      skip_nested('(', ')');
    } else if (next() == '{') {
      ++at_;
      skip_nested('{', '}');
    } else {
      ++at_;
    }
  }

  // Behind the next `end` that no backslash hides.
  void skip_to(char end) noexcept {
    ++at_;
    while (at_ < text_.size() && now() != end) at_ += now() == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
  }

  // Behind the bracket that closes the one here; those in quotes do not count.
  void skip_nested(char open, char close) noexcept {
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = now();
      if (c == '\\') {
        at_ = std::min(at_ + 2, text_.size());
      } else if (c == '\'') {
        at_ = std::min(std::min(text_.find('\'', at_ + 1), text_.size()) + 1, text_.size());
      } else if (c == '"' || c == '`') {
        skip_to(c);
      } else {
        ++at_;
        if (c == open) ++depth;
        if (c == close && --depth == 0) return;
      }
    }
  }

  // {a,b} and {1..3} without a blank in them.
  [[nodiscard]] bool is_brace_expansion() const noexcept {
    const std::string_view rest = text_.substr(at_, text_.find_first_of(" \t\n", at_) - at_);
    return rest.find(',') != std::string_view::npos || rest.find("..") != std::string_view::npos;
  }

  // Its number or {name} before it and its file behind it are no words of the command.
  void take_redirection() {
    if (in_word_ && word_.find_first_not_of("0123456789") == std::string::npos) {
      word_.clear();
      in_word_ = false;
    }
    end_word();
    const std::size_t begin = at_;
    while (at_ < text_.size() && std::string_view("<>&|").find(now()) != std::string_view::npos) ++at_;
    if (text_.substr(begin, at_ - begin) == "<<" && at_ < text_.size() && now() == '-') ++at_;
    if (at_ < text_.size() && now() == '(') {
      skip_nested('(', ')');  // <(command): a file's name
      word_ = '$';
      in_word_ = true;
      return;
    }
    is_file_ = true;
  }

  void end_word() {
    if (!in_word_) return;
    if (!is_file_) command_.words.push_back(std::move(word_));
    word_.clear();
    in_word_ = is_file_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  SimpleCommand command_;
  std::string word_;
  bool in_word_ = false;
  bool is_file_ = false;  // the word to come is a redirection's
};

}  // namespace

SimpleCommand first_command(std::string_view text) {
  return Reader(text).read();
}

}  // namespace asmgr::tool_rules
