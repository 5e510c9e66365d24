// Rules that are looked for in one pass over a text.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "rule.hpp"

namespace asmgr::content {

// Indexes of rules in their set.
using Found = std::vector<std::size_t>;

// Any thread.
class RuleSet {
 public:
  RuleSet();
  // Throws RuleProblem when the rules are too large together.
  explicit RuleSet(std::vector<Rule> rules);
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;
  ~RuleSet();

  [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }
  // The longest of the rules' reaches.
  [[nodiscard]] std::size_t reach() const noexcept { return reach_; }

  // The rules that match a text that is whole: one pass, and a second one when there is any.
  [[nodiscard]] Found matching(std::string_view text) const;

 private:
  struct Combined;

  std::vector<Rule> rules_;
  std::unique_ptr<Combined> combined_;  // null without rules
  std::size_t reach_ = 0;
};

}  // namespace asmgr::content
