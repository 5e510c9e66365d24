#include "rule_set.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

namespace asmgr::content {
namespace {

// Of the combined expression and what it remembers of texts; taken as it is needed.
constexpr std::int64_t kMemory = std::int64_t{32} << 20U;

RE2::Options set_options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kMemory);
  return options;
}

}  // namespace

struct RuleSet::Combined {
  RE2::Set set{set_options(), RE2::UNANCHORED};
};

RuleSet::RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
  if (rules_.empty()) return;
  combined_ = std::make_unique<Combined>();
  for (const Rule& rule : rules_) {
    std::string problem;
    if (combined_->set.Add(rule.pattern(), &problem) < 0)
      throw RuleProblem("", "the rule \"" + rule.name() + "\" cannot be combined with others: " + problem);
    reach_ = std::max(reach_, rule.reach());
  }
  if (!combined_->set.Compile())
    throw RuleProblem("",
                      "the expressions are too large together; make them shorter, or spread them over two policies");
}

Found RuleSet::matching(std::string_view text) const {
  if (rules_.empty()) return {};
  const re2::StringPiece piece(text.data(), text.size());
  // Asking only whether there is a match ends at the first one and takes no memory.
  RE2::Set::ErrorInfo problem{};
  Found found;
  if (!combined_->set.Match(piece, nullptr, &problem) && problem.kind == RE2::Set::kNoError) return found;
  std::vector<int> indexes;
  if (combined_->set.Match(piece, &indexes, &problem)) {
    found.assign(indexes.begin(), indexes.end());
    std::sort(found.begin(), found.end());
    return found;
  }
  // Out of memory: each for itself needs less, and has another way when there is none.
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].matches(text, 0, text.size())) found.push_back(i);
  }
  return found;
}

}  // namespace asmgr::content
