// Rules over a text that comes in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rule_set.hpp"

namespace asmgr::content {

// Finds what the rules find in the whole text, however it is cut, for matches of at most the rules' reach; of longer
// ones only what lies in one piece is sure to be found. Nothing else is ever found. A piece costs a pass over itself
// and over the reach that is carried from before it.
class StreamMatcher {
 public:
  // Borrows the rules.
  explicit StreamMatcher(const RuleSet& rules);

  // The rules with a match that ends in this piece and holds whatever comes next. One that depends on the next
  // character (\b, $) is found with the next piece or at the end.
  [[nodiscard]] Found feed(std::string_view piece);
  // The text ends here: the rules whose match depended on that.
  [[nodiscard]] Found end();
  // Whether a rule was found since the text began.
  [[nodiscard]] bool has_found(std::size_t rule) const { return found_[rule]; }
  // The next piece begins another text.
  void reset();

 private:
  void judge(std::size_t rule, Found& found);
  [[nodiscard]] bool surely_matches(const Rule& rule, std::size_t begin);
  void carry();

  const RuleSet& rules_;
  std::string window_;                 // the newest text, and the end of what came before it
  std::size_t before_ = 0;             // bytes of the text before the window
  std::vector<std::size_t> searched_;  // by rule: bytes of the text in which its matches were found
  std::vector<bool> found_;            // by rule
  Found at_the_end_;                   // match if the text ends here
};

}  // namespace asmgr::content
