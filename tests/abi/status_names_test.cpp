// The SDK and the engine each have a table from statuses to names: they must be one.
#include <gtest/gtest.h>

#include <asmgr/cpp/status.hpp>

#include "core/model/error.hpp"

namespace asmgr {
namespace {

TEST(StatusNames, EveryCodeOfTheTaxonomyHasTheSameNameInTheSdk) {
  for (const ErrorCode code : all_error_codes()) EXPECT_EQ(sdk::status_name(abi_status(code)), code_name(code));
}

TEST(StatusNames, EveryStatusOfTheSdkHasTheSameNameInTheTaxonomy) {
  for (const sdk::detail::StatusName& entry : sdk::detail::kStatusNames)
    EXPECT_EQ(code_name(code_of_abi_status(entry.status)), entry.name) << std::hex << entry.status;
}

TEST(StatusNames, AnUnknownNumberIsItsCategoryOnBothSides) {
  for (asmgr_status category = 0x0100; category <= 0x0A00; category += 0x0100)
    EXPECT_EQ(sdk::status_name(category + 0xEE), code_name(code_of_abi_status(category + 0xEE)))
        << std::hex << category;
}

}  // namespace
}  // namespace asmgr
