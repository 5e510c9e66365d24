#include "host/cli/exit_codes.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

ExitCode code_of(ErrorCode code) {
  return exit_code_of(Error(code));
}

ExitCode end_with(RunStatus status) {
  RunEnd end;
  end.status = status;
  return exit_code_of(end);
}

TEST(ExitCodes, WhatIsNotFoundIsSeven) {
  for (const auto code : {ErrorCode::not_found, ErrorCode::session_not_found, ErrorCode::run_not_found}) {
    EXPECT_EQ(code_of(code), ExitCode::not_found) << code_name(code);
  }
}

TEST(ExitCodes, ToolsThatAreNotFoundAreFailures) {
  EXPECT_EQ(code_of(ErrorCode::tool_not_found), ExitCode::failed);
  EXPECT_EQ(code_of(ErrorCode::command_not_found), ExitCode::failed);
}

TEST(ExitCodes, ConfigurationAndPluginsAreThree) {
  for (const auto code : {ErrorCode::config_invalid, ErrorCode::plugin_load_failed, ErrorCode::plugin_abi_mismatch}) {
    EXPECT_EQ(code_of(code), ExitCode::configuration) << code_name(code);
  }
}

TEST(ExitCodes, ABadCommandLineIsTwo) {
  EXPECT_EQ(code_of(ErrorCode::invalid_input), ExitCode::usage);
  EXPECT_EQ(code_of(ErrorCode::missing_required_field), ExitCode::usage);
}

TEST(ExitCodes, EveryOtherErrorIsOne) {
  for (const auto code : all_error_codes()) {
    const ExitCode exit = code_of(code);
    EXPECT_NE(exit, ExitCode::done) << code_name(code);
    EXPECT_NE(exit, ExitCode::approval_pending) << code_name(code);
  }
  EXPECT_EQ(code_of(ErrorCode::storage_error), ExitCode::failed);
  EXPECT_EQ(code_of(ErrorCode::invalid_transition), ExitCode::failed);
  EXPECT_EQ(code_of(ErrorCode::timeout), ExitCode::failed);
}

TEST(ExitCodes, ARunsStatusDecides) {
  EXPECT_EQ(end_with(RunStatus::completed), ExitCode::done);
  EXPECT_EQ(end_with(RunStatus::failed), ExitCode::failed);
  EXPECT_EQ(end_with(RunStatus::timeout), ExitCode::failed);
  EXPECT_EQ(end_with(RunStatus::cancelled), ExitCode::cancelled);
  EXPECT_EQ(end_with(RunStatus::running), ExitCode::approval_pending);
}

TEST(ExitCodes, AFailedRunWhosePolicyStoppedItIsFour) {
  const Error stopped(ErrorCode::policy_violation);
  RunEnd end;
  end.status = RunStatus::failed;
  end.error = &stopped;
  EXPECT_EQ(exit_code_of(end), ExitCode::policy);
}

TEST(ExitCodes, ARunCancelledForAnApprovalIsSixUnlessTheCallerStoppedIt) {
  RunEnd end;
  end.status = RunStatus::cancelled;
  end.approval_asked = true;
  EXPECT_EQ(exit_code_of(end), ExitCode::approval_pending);
  end.stopped_by_caller = true;
  EXPECT_EQ(exit_code_of(end), ExitCode::cancelled);
}

}  // namespace
}  // namespace asmgr::cli
