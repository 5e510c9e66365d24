#include "core/ports/provider.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(EnforcementGrade, HasANameForEachAndReadsItBack) {
  const std::pair<EnforcementGrade, std::string_view> grades[] = {{EnforcementGrade::observe, "observe"},
                                                                  {EnforcementGrade::cancel, "cancel"},
                                                                  {EnforcementGrade::intercept, "intercept"},
                                                                  {EnforcementGrade::own, "own"}};
  for (const auto& [grade, name] : grades) {
    EXPECT_EQ(grade_name(grade), name);
    EXPECT_EQ(parse_grade(name), grade);
  }
  EXPECT_EQ(parse_grade("Own"), std::nullopt);
  EXPECT_EQ(parse_grade(""), std::nullopt);
  EXPECT_EQ(grade_name(static_cast<EnforcementGrade>(9)), "unknown");
}

TEST(EnforcementGrade, IsOrderedFromWeakToStrong) {
  EXPECT_LT(EnforcementGrade::observe, EnforcementGrade::cancel);
  EXPECT_LT(EnforcementGrade::cancel, EnforcementGrade::intercept);
  EXPECT_LT(EnforcementGrade::intercept, EnforcementGrade::own);
}

}  // namespace
}  // namespace asmgr
