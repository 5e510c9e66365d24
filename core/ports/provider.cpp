#include "core/ports/provider.hpp"

#include <algorithm>

namespace asmgr {
namespace {
constexpr std::string_view kGradeNames[] = {"observe", "cancel", "intercept", "own"};
}  // namespace

std::string_view grade_name(EnforcementGrade grade) noexcept {
  const auto index = static_cast<std::size_t>(grade);
  return index < std::size(kGradeNames) ? kGradeNames[index] : "unknown";
}

std::optional<EnforcementGrade> parse_grade(std::string_view name) noexcept {
  const auto* known = std::ranges::find(kGradeNames, name);
  if (known == std::end(kGradeNames)) return std::nullopt;
  return static_cast<EnforcementGrade>(known - std::begin(kGradeNames));
}

}  // namespace asmgr
