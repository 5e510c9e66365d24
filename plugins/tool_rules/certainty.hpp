// How sure it is that something holds. A denial applies unless it surely does not, a permission only when it surely
// does.
#pragma once

#include <algorithm>
#include <cstdint>

namespace asmgr::tool_rules {

enum class Certainty : std::uint8_t { no = 0, maybe, yes };

// Of things that must hold together.
inline Certainty all_of(Certainty a, Certainty b) noexcept {
  return std::min(a, b);
}

// Of several values that one condition is asked of: yes when it holds for all, no when it holds for none.
class Verdict {
 public:
  void add(Certainty certainty) noexcept {
    if (!any_) {
      sum_ = certainty;
    } else if (sum_ != certainty) {
      sum_ = Certainty::maybe;
    }
    any_ = true;
  }
  // No when nothing was added: there is nothing that it could hold for.
  [[nodiscard]] Certainty certainty() const noexcept { return any_ ? sum_ : Certainty::no; }

 private:
  bool any_ = false;
  Certainty sum_ = Certainty::no;
};

}  // namespace asmgr::tool_rules
