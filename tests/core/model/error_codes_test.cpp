#include <asmgr/abi/status.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/model/error.hpp"

namespace asmgr {
namespace {

TEST(ErrorCodes, EveryCodeIsReadBackFromItsName) {
  EXPECT_EQ(all_error_codes().size(), 69u);
  for (const ErrorCode code : all_error_codes()) {
    EXPECT_EQ(parse_error_code(code_name(code)), code) << code_name(code);
    EXPECT_FALSE(default_message(code).empty()) << code_name(code);
  }
  EXPECT_EQ(parse_error_code("no_such_code"), std::nullopt);
  EXPECT_EQ(parse_error_code(""), std::nullopt);
}

TEST(ErrorCodes, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const ErrorCode code : all_error_codes()) EXPECT_TRUE(names.insert(code_name(code)).second) << code_name(code);
}

TEST(ErrorCodes, ExactlyTheseAreWorthAnotherTry) {
  std::set<std::string_view> retryable;
  for (const ErrorCode code : all_error_codes()) {
    if (is_retryable(code)) retryable.insert(code_name(code));
  }
  const std::set<std::string_view> expected = {"provider_unavailable",
                                               "provider_rate_limited",
                                               "provider_timeout",
                                               "storage_connection_failed",
                                               "timeout",
                                               "plugin_crashed",
                                               "plugin_hung",
                                               "storage_full",
                                               "storage_ambiguous",
                                               "host_terminated"};
  EXPECT_EQ(retryable, expected);
}

TEST(ErrorCodes, EveryCategoryHasOneHttpStatusButForTheNamedExceptions) {
  const std::map<ErrorCategory, int> by_category = {
      {ErrorCategory::validation, 400},  {ErrorCategory::state, 409},   {ErrorCategory::resource, 404},
      {ErrorCategory::provider, 502},    {ErrorCategory::storage, 503}, {ErrorCategory::runtime, 500},
      {ErrorCategory::concurrency, 429}, {ErrorCategory::tool, 502},    {ErrorCategory::configuration, 500}};
  const std::map<ErrorCode, int> exceptions = {
      {ErrorCode::invalid_cursor, 400},        {ErrorCode::invalid_status, 400},
      {ErrorCode::invalid_event_type, 400},    {ErrorCode::missing_required_capability, 422},
      {ErrorCode::cursor_expired, 410},        {ErrorCode::already_exists, 409},
      {ErrorCode::duplicate_capability, 409},  {ErrorCode::provider_timeout, 504},
      {ErrorCode::provider_rate_limited, 429}, {ErrorCode::timeout, 504},
      {ErrorCode::policy_violation, 403},      {ErrorCode::cancelled, 409},
      {ErrorCode::invalid_operation, 409},     {ErrorCode::capability_not_supported, 501}};
  for (const ErrorCode code : all_error_codes()) {
    const auto exception = exceptions.find(code);
    const int expected = exception != exceptions.end() ? exception->second : by_category.at(category_of(code));
    EXPECT_EQ(http_status(code), expected) << code_name(code);
  }
}

TEST(ErrorCodes, EveryCodeCrossesTheBoundaryAndComesBack) {
  std::set<std::uint32_t> statuses;
  for (const ErrorCode code : all_error_codes()) {
    EXPECT_EQ(code_of_abi_status(abi_status(code)), code) << code_name(code);
    EXPECT_TRUE(statuses.insert(abi_status(code)).second) << code_name(code) << " shares its status";
    EXPECT_NE(abi_status(code), std::uint32_t{ASMGR_OK});
    // 0xCCNN: the categories are numbered from 1 in the order of the enumeration.
    EXPECT_EQ(abi_status(code) >> 8, static_cast<std::uint32_t>(category_of(code)) + 1) << code_name(code);
  }
}

TEST(ErrorCodes, StatusesWithoutACodeOfTheirOwnShareOne) {
  EXPECT_EQ(code_of_abi_status(ASMGR_E_BUSY), ErrorCode::storage_connection_failed);
  EXPECT_EQ(code_of_abi_status(ASMGR_E_EXCEPTION), ErrorCode::internal_error);
  EXPECT_EQ(code_of_abi_status(ASMGR_E_LIMIT_EXCEEDED), ErrorCode::policy_violation);
  EXPECT_EQ(code_of_abi_status(ASMGR_E_CONFLICT), ErrorCode::version_conflict);
  EXPECT_EQ(abi_status(ErrorCode::storage_connection_failed), std::uint32_t{ASMGR_E_STORAGE_CONNECTION});
}

TEST(ErrorCodes, AnUnknownNumberIsItsCategorysFirstCode) {
  const std::map<std::uint32_t, ErrorCode> expected = {
      {0x01FF, ErrorCode::validation_error},  {0x02FF, ErrorCode::invalid_status}, {0x03FF, ErrorCode::not_found},
      {0x04FF, ErrorCode::provider_error},    {0x05FF, ErrorCode::storage_error},  {0x06FF, ErrorCode::internal_error},
      {0x07FF, ErrorCode::invalid_operation}, {0x08FF, ErrorCode::tool_error},     {0x09FF, ErrorCode::config_invalid},
      {0x0AFF, ErrorCode::unknown_error},     {0x0000, ErrorCode::unknown_error},  {0x10100, ErrorCode::unknown_error},
      {0xFFFFFFFF, ErrorCode::unknown_error}};
  for (const auto& [status, code] : expected) {
    EXPECT_EQ(code_of_abi_status(status), code) << std::hex << status;
  }
}

TEST(ErrorCodes, ANumberThatIsNoCodeReadsAsUnknown) {
  const auto code = static_cast<ErrorCode>(9999);
  EXPECT_EQ(code_name(code), "unknown_error");
  EXPECT_EQ(category_of(code), ErrorCategory::unknown);
  EXPECT_EQ(http_status(code), 500);
}

TEST(ErrorCodes, CategoriesHaveNames) {
  EXPECT_EQ(category_name(category_of(ErrorCode::stale_epoch)), "state");
  EXPECT_EQ(category_name(category_of(ErrorCode::plugin_hung)), "provider");
  EXPECT_EQ(category_name(category_of(ErrorCode::config_invalid)), "configuration");
  EXPECT_EQ(category_name(ErrorCategory::unknown), "unknown");
}

}  // namespace
}  // namespace asmgr
