// Finds the parts of a text that must be covered. The text may arrive in pieces; what is found does not depend on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "core/redaction/evaluate.hpp"
#include "core/redaction/rule_set.hpp"
#include "core/redaction/run.hpp"

namespace asmgr::redaction {

// A byte's distance from the start of the whole text.
using Position = std::uint64_t;
inline constexpr Position kNoPosition = std::numeric_limits<Position>::max();

struct Cover {
  Position begin = 0;
  Position end = 0;
  std::uint16_t category = 0;
};

enum class Extent : std::uint8_t { partial, final };

// Of one thread. Time is linear in the text: each rule looks at a bounded part of it, and a run is followed once.
class CoverFinder {
 public:
  // Borrows the rules.
  explicit CoverFinder(const RuleSet& rules);

  // `text` begins at `base` and holds everything from needed_from() on, with what is new at its end. `final`: nothing
  // follows.
  void look(std::string_view text, Position base, Extent extent);

  // Up to here it is known what is covered.
  [[nodiscard]] Position settled() const noexcept { return settled_; }
  // What is known to be covered, by their beginnings, also beyond settled(); covers may overlap. A secret that still
  // runs is there with the part that is certain.
  void append_covers(std::vector<Cover>& out) const;
  // Drops covers that end at or before `position`.
  void forget(Position position);
  // The oldest byte that look() may need again.
  [[nodiscard]] Position needed_from() const noexcept;

 private:
  struct Pending {
    Position at;
    RuleIndex rule;
    Position hold;
    std::size_t window;  // extra patterns: how much text they wait for
  };
  struct OpenRun {
    Position begin;
    Position from;  // where the run began
    Position at;    // up to where it was followed
    std::uint16_t category;
    Run run;
  };
  // The last run of its kind that has ended.
  struct Reach {
    Run run;
    Position from;
    Position end;
  };

  [[nodiscard]] Position end() const noexcept { return base_ + text_.size(); }
  void reconsider_pending();
  void scan();
  void consider(std::size_t index);
  void judge(RuleIndex rule, Position at);
  // False: undecided, and `pending` says for how long.
  [[nodiscard]] bool decide(Pending& pending);
  [[nodiscard]] bool decide_extra(Pending& pending, const Rule& rule);
  void take(const Verdict& verdict, Position at);
  void follow(OpenRun& open);
  void follow_open_runs();
  void add_cover(Cover cover);
  void settle();

  const RuleSet* rules_;
  std::string_view text_;
  Position base_ = 0;
  bool final_ = false;

  Position cursor_ = 0;  // the next place to look at
  Position settled_ = 0;
  std::vector<Pending> pending_;
  std::vector<OpenRun> open_;
  std::vector<Reach> reached_;
  std::vector<Cover> covers_;
  std::vector<Position> extra_from_;  // by extra pattern: matches of one do not overlap
  std::vector<char> extra_waits_;     // by extra pattern: an earlier place is undecided
};

}  // namespace asmgr::redaction
