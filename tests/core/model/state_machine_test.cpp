#include "core/model/state_machine.hpp"

#include <asmgr/abi/data.h>
#include <gtest/gtest.h>

#include <set>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

template <typename Status>
using Pairs = std::set<std::pair<Status, Status>>;

template <typename Status>
void expect_exactly(const Pairs<Status>& allowed, std::span<const Status> statuses) {
  for (const Status from : statuses) {
    for (const Status to : statuses) {
      const Transition expected = from == to                     ? Transition::same
                                  : allowed.contains({from, to}) ? Transition::allowed
                                                                 : Transition::refused;
      EXPECT_EQ(check_transition(from, to), expected) << status_name(from) << " -> " << status_name(to);
    }
  }
}

TEST(SessionStatusMachine, AllowsExactlyTheseTransitions) {
  using S = SessionStatus;
  expect_exactly<S>({{S::pending, S::active},
                     {S::pending, S::failed},
                     {S::pending, S::cancelled},
                     {S::active, S::paused},
                     {S::active, S::completed},
                     {S::active, S::failed},
                     {S::active, S::cancelled},
                     {S::paused, S::active},
                     {S::paused, S::completed},
                     {S::paused, S::failed},
                     {S::paused, S::cancelled}},
                    all_session_statuses());
}

TEST(RunStatusMachine, AllowsExactlyTheseTransitions) {
  using R = RunStatus;
  expect_exactly<R>({{R::pending, R::running},
                     {R::pending, R::cancelled},
                     {R::pending, R::failed},
                     {R::running, R::completed},
                     {R::running, R::failed},
                     {R::running, R::cancelled},
                     {R::running, R::timeout}},
                    all_run_statuses());
}

TEST(StatusMachine, TerminalIsWhatNothingFollows) {
  for (const auto from : all_session_statuses()) {
    bool leaves = false;
    for (const auto to : all_session_statuses()) leaves = leaves || check_transition(from, to) == Transition::allowed;
    EXPECT_EQ(is_terminal(from), !leaves) << status_name(from);
  }
  for (const auto from : all_run_statuses()) {
    bool leaves = false;
    for (const auto to : all_run_statuses()) leaves = leaves || check_transition(from, to) == Transition::allowed;
    EXPECT_EQ(is_terminal(from), !leaves) << status_name(from);
  }
}

TEST(StatusMachine, NamesAndNumbersComeBack) {
  EXPECT_EQ(all_session_statuses().size(), 6u);
  EXPECT_EQ(all_run_statuses().size(), 6u);
  for (const auto status : all_session_statuses()) {
    EXPECT_EQ(*parse_session_status(status_name(status)), status);
    EXPECT_EQ(session_status_of(static_cast<std::uint32_t>(status)), status);
  }
  for (const auto status : all_run_statuses()) {
    EXPECT_EQ(*parse_run_status(status_name(status)), status);
    EXPECT_EQ(run_status_of(static_cast<std::uint32_t>(status)), status);
  }
  for (const std::uint32_t number : {0u, 7u, 257u, 0xFFFFFFFFu}) {
    EXPECT_EQ(session_status_of(number), std::nullopt);
    EXPECT_EQ(run_status_of(number), std::nullopt);
  }
}

TEST(StatusMachine, NumbersAreThoseOfThePluginBoundary) {
  EXPECT_EQ(static_cast<int>(SessionStatus::pending), ASMGR_SESSION_PENDING);
  EXPECT_EQ(static_cast<int>(SessionStatus::cancelled), ASMGR_SESSION_CANCELLED);
  EXPECT_EQ(static_cast<int>(RunStatus::running), ASMGR_RUN_RUNNING);
  EXPECT_EQ(static_cast<int>(RunStatus::timeout), ASMGR_RUN_TIMEOUT);
}

TEST(StatusMachine, AnUnknownStatusIsRefusedWithTheKnownOnes) {
  const auto session = parse_session_status("timeout");
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::invalid_status);
  EXPECT_EQ(session.error().message(),
            "\"timeout\" is not a session status; use one of pending, active, paused, completed, failed, cancelled");
  const auto run = parse_run_status("");
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message(),
            "\"\" is not a run status; use one of pending, running, completed, failed, cancelled, timeout");
}

TEST(StatusMachine, ARefusalSaysWhatWouldBePossible) {
  const Error session = invalid_transition(SessionStatus::completed, SessionStatus::active, "ses_1");
  EXPECT_EQ(session.code(), ErrorCode::invalid_transition);
  EXPECT_EQ(session.message(),
            "session ses_1 is completed and cannot become active; that status is final, start a new session");
  EXPECT_EQ(to_text(session.details()), R"({"from":"completed","to":"active","entity":"session","id":"ses_1"})");
  const Error run = invalid_transition(RunStatus::pending, RunStatus::completed, "run_1");
  EXPECT_EQ(run.message(),
            "run run_1 is pending and cannot become completed; from here it can become running, failed, cancelled");
}

}  // namespace
}  // namespace asmgr
