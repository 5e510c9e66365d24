#include "command_line.hpp"

#include <algorithm>
#include <iterator>

#include "shell_words.hpp"

namespace asmgr::tool_rules {
namespace {

using Words = std::vector<std::string>;

// What makes a shell do more than run one program with the words that stand there.
constexpr std::string_view kActive(";&|`$<>(){}\n\r\0", 14);
constexpr std::string_view kSeparators(";&|`(){}\n\r\0", 11);
constexpr std::string_view kExpanded = "$*?[~";

// Words behind which another command may stand anywhere.
constexpr std::string_view kWrappers[] = {
    "!",       "bash",   "builtin", "busybox", "case",   "chroot",  "command",  "coproc",      "dash",  "do",
    "doas",    "elif",   "else",    "env",     "eval",   "exec",    "find",     "fish",        "flock", "for",
    "if",      "ionice", "ksh",     "nice",    "nohup",  "nsenter", "parallel", "pkexec",      "rbash", "script",
    "setsid",  "sh",     "ssh",     "stdbuf",  "strace", "su",      "sudo",     "systemd-run", "then",  "time",
    "timeout", "trap",   "unshare", "until",   "watch",  "while",   "xargs",    "xonsh",       "zsh",   "in"};

std::string_view base_name(std::string_view word) noexcept {
  const std::size_t slash = word.rfind('/');
  return slash == std::string_view::npos ? word : word.substr(slash + 1);
}

bool is_wrapper(std::string_view word) {
  return std::find(std::begin(kWrappers), std::end(kWrappers), base_name(word)) != std::end(kWrappers);
}

bool is_expanded(std::string_view word) noexcept {
  return word.find_first_of(kExpanded) != std::string_view::npos;
}

// NAME=value before a command.
bool is_assignment(std::string_view word) noexcept {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 && word.find_first_of("/-") > equals &&
         !(word.front() >= '0' && word.front() <= '9');
}

bool is_redirection(std::string_view word) noexcept {
  const std::size_t digits = word.find_first_not_of("0123456789");
  return digits != std::string_view::npos && (word[digits] == '<' || word[digits] == '>');
}

bool is_bare_redirection(std::string_view word) noexcept {
  return word.back() == '<' || word.back() == '>';
}

// The first word that is a command and not something that may stand before one.
std::size_t command_position(const Words& words) noexcept {
  std::size_t at = 0;
  while (at < words.size()) {
    if (is_redirection(words[at])) {
      at += is_bare_redirection(words[at]) ? 2 : 1;
    } else if (is_assignment(words[at])) {
      ++at;
    } else {
      break;
    }
  }
  return std::min(at, words.size());
}

// Whether a command that stands at `at` may be the prefix's: its name by its last component, the rest of the prefix in
// order behind it, whatever stands between (git -C dir push).
bool may_start_at(const Words& words, std::size_t at, const Words& prefix) {
  const bool same_name = base_name(words[at]) == base_name(prefix[0]);
  if (!same_name && !is_expanded(words[at])) return false;
  std::size_t wanted = 1;
  for (std::size_t i = at + 1; i < words.size() && wanted < prefix.size(); ++i) {
    if (words[i] == prefix[wanted] || is_expanded(words[i])) ++wanted;
  }
  return wanted == prefix.size() || is_expanded(words[at]);
}

bool words_may_start_with(const Words& words, const Words& prefix) {
  const std::size_t first = command_position(words);
  for (std::size_t at = first; at < words.size(); ++at) {
    if (may_start_at(words, at, prefix)) return true;
    if (!is_wrapper(words[first])) return false;
  }
  return false;
}

// With all quotes taken out first: what stands in them may be a command too.
bool segment_may_start_with(std::string_view segment, const Words& prefix) {
  std::string plain;
  for (const char c : segment) {
    if (c != '\'' && c != '"' && c != '\\') plain += c;
  }
  return words_may_start_with(words_of(plain), prefix);
}

bool has_prefix(const Words& words, const Words& prefix) {
  return words.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), words.begin());
}

// Looks at every command that may be in a line. What is quoted and where commands begin cannot be known for sure (a
// comment may hold a quote, a quote a script), so each place behind a separator is taken for the beginning of one, and
// read in two ways.
class Search {
 public:
  explicit Search(const Words& prefix) : prefix_(prefix) {}

  bool may_find_in(std::string_view command) { return may_find_in(command, 0); }

 private:
  // Lines that are made to take long to read are not read to their end: that is no proof.
  static constexpr std::size_t kMaxRead = std::size_t{4} << 20U;
  static constexpr int kMaxDepth = 4;  // of a shell's argument in a shell's argument

  bool may_find_in(std::string_view command, int depth) {
    for (std::size_t at = 0; at <= command.size();) {
      const std::size_t end = std::min(command.find_first_of(kSeparators, at), command.size());
      if (segment_may_start_with(command.substr(at, end - at), prefix_)) return true;
      if (may_begin(command.substr(at), depth)) return true;
      at = end + 1;
    }
    return false;
  }

  bool may_begin(std::string_view text, int depth) {
    if (read_ > kMaxRead) return true;
    const SimpleCommand command = first_command(text);
    read_ += command.read;
    if (words_may_start_with(command.words, prefix_)) return true;
    const std::size_t first = command_position(command.words);
    return first < command.words.size() && is_wrapper(command.words[first]) && may_run(command.words, depth);
  }

  // Whether a wrapper runs it that gets a whole command line in one of its words, or spread over them.
  bool may_run(const Words& words, int depth) {
    if (depth == kMaxDepth) return true;
    std::string line;
    for (const std::string& word : words) {
      line.append(word).append(" ");
      const bool is_line = word.find_first_of(" \t\n;&|<>(){}`'\"\\") != std::string::npos;
      if (is_line && may_find_in(word, depth + 1)) return true;
    }
    return words.front() == "eval" && may_find_in(line, depth + 1);
  }

  const Words& prefix_;
  std::size_t read_ = 0;
};

bool is_active(std::string_view text) noexcept {
  return text.find_first_of(kActive) != std::string_view::npos;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  Words words;
  for (std::size_t at = text.find_first_not_of(" \t"); at != std::string_view::npos;
       at = text.find_first_not_of(" \t", at)) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

Certainty starts_with(std::string_view command, const Words& prefix) {
  if (prefix.empty()) return Certainty::maybe;
  if (has_prefix(words_of(command), prefix)) return is_active(command) ? Certainty::maybe : Certainty::yes;
  return Search(prefix).may_find_in(command) ? Certainty::maybe : Certainty::no;
}

Certainty starts_with(const Words& arguments, const Words& prefix) {
  if (prefix.empty()) return Certainty::maybe;
  if (has_prefix(arguments, prefix))
    return std::any_of(arguments.begin(), arguments.end(), is_active) ? Certainty::maybe : Certainty::yes;
  std::string line;
  for (const std::string& argument : arguments) line.append(argument).append(" ");
  return Search(prefix).may_find_in(line) ? Certainty::maybe : Certainty::no;
}

}  // namespace asmgr::tool_rules
