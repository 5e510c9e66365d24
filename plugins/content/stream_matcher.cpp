#include "stream_matcher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace asmgr::content {
namespace {

// One of each kind that an expression can tell apart behind a match: part of a word, none, the end of a line.
constexpr char kNextCharacters[] = {'a', '-', '\n'};

}  // namespace

StreamMatcher::StreamMatcher(const RuleSet& rules)
    : rules_(rules), searched_(rules.rules().size(), 0), found_(rules.rules().size(), false) {}

Found StreamMatcher::feed(std::string_view piece) {
  Found found;
  if (piece.empty() || rules_.empty()) return found;
  at_the_end_.clear();
  window_.append(piece);
  // The set takes the window for a whole text, so what it finds still has to be judged in its place.
  for (const std::size_t rule : rules_.matching(window_)) judge(rule, found);
  carry();
  return found;
}

void StreamMatcher::judge(std::size_t rule, Found& found) {
  // The first byte of a window within the text is only there to say what stands before the second.
  std::size_t begin = before_ > 0 ? 1 : 0;
  if (searched_[rule] > before_) begin = std::max(begin, searched_[rule] - before_);
  if (surely_matches(rules_.rules()[rule], begin)) {
    found.push_back(rule);
    found_[rule] = true;
    searched_[rule] = before_ + window_.size();
  } else if (rules_.rules()[rule].matches(window_, begin, window_.size())) {
    at_the_end_.push_back(rule);
  }
}

bool StreamMatcher::surely_matches(const Rule& rule, std::size_t begin) {
  const std::size_t end = window_.size();
  window_.push_back('\0');
  const bool always = std::all_of(std::begin(kNextCharacters), std::end(kNextCharacters), [&](char next) {
    window_.back() = next;
    return rule.matches(window_, begin, end);
  });
  window_.pop_back();
  return always;
}

void StreamMatcher::carry() {
  const std::size_t wanted = rules_.reach() + 1;
  if (window_.size() <= wanted) return;
  const std::size_t passed = window_.size() - wanted;
  window_.erase(0, passed);
  before_ += passed;
}

Found StreamMatcher::end() {
  for (const std::size_t rule : at_the_end_) found_[rule] = true;
  return std::exchange(at_the_end_, {});
}

void StreamMatcher::reset() {
  if (before_ == 0 && window_.empty()) return;
  window_.clear();
  before_ = 0;
  at_the_end_.clear();
  std::fill(searched_.begin(), searched_.end(), std::size_t{0});
  std::fill(found_.begin(), found_.end(), false);
}

}  // namespace asmgr::content
