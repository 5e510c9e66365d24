// Command lines as tool_rules reads them.
//
// Input: the prefix in the first line, how to disguise it in the second, and a command in the rest.
#include "plugins/tool_rules/command_line.hpp"

#include <algorithm>

#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

using tool_rules::Certainty;
using tool_rules::starts_with;
using Words = std::vector<std::string>;

// A name of letters, so that it is no number of a redirection.
bool is_plain(std::string_view word) {
  return word.find_first_not_of("0123456789") != std::string_view::npos &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
             std::string_view::npos;
}

// The second line, byte by byte; zeros when it is used up.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  std::size_t below(std::size_t count) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % count;
  }
  template <typename List>
  std::string_view of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::string_view bytes_;
};

// What a shell takes out again.
std::string quoted(const std::string& word, Choices& choices) {
  constexpr std::string_view kNothing[] = {"", "", "\\", "''", "\"\"", "\\\n"};
  std::string out;
  for (const char c : word) {
    const std::string_view before = choices.of(kNothing);
    // A backslash before a letter, and not before a line feed that follows.
    out.append(before) += c;
  }
  switch (choices.below(4)) {
    case 1:
      return "'" + word + "'";
    case 2:
      return "\"" + word + "\"";
    default:
      return out;
  }
}

// A command that runs the words, said in another way.
std::string disguised(const Words& words, Choices& choices) {
  constexpr std::string_view kBefore[] = {
      "",           "A=1 ",  "A=\"x y\" ", "A='x;y' ", "A=$(true)x ", "A=${B}x ",
      "A=`true`x ", "A+=b ", "2>&1 ",      ">&2 ",     "</dev/null ", "> \"a b\" ",
      ">|x ",       "&>x ",  "2> 'a;b' ",  "\\\n",     "A=\\\n1 ",    "A=x\\ y ",
      "! ",         "{ ",    "( ",         "if ",      "then ",       "A=\"$(echo ';')\" "};
  constexpr std::string_view kWrapper[] = {"",           "",           "sudo ",    "env X=1 ",      "nohup ",
                                           "timeout 5 ", "xargs -n1 ", "command ", "/usr/bin/env ", "exec "};
  constexpr std::string_view kFolder[] = {"", "", "/bin/", "./", "../x/"};
  constexpr std::string_view kBetween[] = {" ", "\t", "  ", " \\\n ", "\\\n ", " >x ", " 2>&1 "};
  constexpr std::string_view kAfter[] = {"",     " x", ">/dev/null", ";ls", "&",    "|cat",
                                         " # x", "\n", " 'x y'",     "<x",  " 2>&1"};
  std::string out;
  for (auto count = choices.below(3); count > 0; --count) out += choices.of(kBefore);
  out += choices.of(kWrapper);
  out += choices.of(kFolder);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += choices.of(kBetween);
    out += quoted(words[i], choices);
  }
  return out.append(choices.of(kAfter));
}

void check_words(std::string_view text) {
  std::string joined;
  for (const std::string& word : tool_rules::words_of(text)) {
    require(!word.empty() && word.find_first_of(" \t") == std::string::npos, "a word has no blank", text);
    joined += word;
  }
  std::string bare(text);
  bare.erase(std::remove_if(bare.begin(), bare.end(), [](char c) { return c == ' ' || c == '\t'; }), bare.end());
  require(joined == bare, "words are the text without its blanks", text);
}

// What is surely so has the words at its front and nothing by which a shell does more.
void check_certainty(std::string_view command, const Words& prefix) {
  const Words words = tool_rules::words_of(command);
  const Certainty certainty = starts_with(command, prefix);
  const bool begins = words.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), words.begin());
  if (certainty == Certainty::yes) {
    require(begins, "a command that surely starts with words does so as it is written", command);
    require(command.find_first_of(std::string_view(";&|`$<>(){}\n\r\0", 14)) == std::string_view::npos,
            "and makes a shell do nothing else", command);
    require(starts_with(words, prefix) == Certainty::yes, "its words as arguments are as sure", command);
  }
  require(!begins || certainty != Certainty::no, "a command that starts with words does not surely not", command);
}

// Whatever stands in the lines before, and however the command is said: never surely not.
void check_disguises(std::string_view command, const Words& prefix, Choices choices) {
  if (!std::all_of(prefix.begin(), prefix.end(), is_plain)) return;
  const std::string hidden = disguised(prefix, choices);
  require(starts_with(hidden, prefix) != Certainty::no, "a disguised command is not overlooked", hidden);
  for (const char* separator : {"\n", ";", " && ", "|", "("}) {
    const std::string behind = std::string(command) + separator + hidden;
    require(starts_with(behind, prefix) != Certainty::no, "nor behind another command", behind);
  }
  const Words in_shell{"sh", "-c", hidden};
  require(starts_with(in_shell, prefix) != Certainty::no, "nor as an argument of a shell", hidden);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  std::string_view text = fuzz::as_text(data, size);
  const fuzz::Words prefix = tool_rules::words_of(fuzz::take_line(text));
  const fuzz::Choices choices(fuzz::take_line(text));
  fuzz::check_words(text);
  if (prefix.empty()) return 0;
  fuzz::check_certainty(text, prefix);
  fuzz::check_disguises(text, prefix, choices);
  return 0;
}
