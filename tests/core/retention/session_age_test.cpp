// Which sessions go by their age.
#include <gtest/gtest.h>

#include "core/retention/session_age.hpp"

namespace asmgr {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr Timestamp kNow{1000 * kDay};

Session session_of(SessionStatus status, std::int64_t days_old) {
  Session session;
  session.id = "ses_1";
  session.status = status;
  session.created_at = {kDay};
  session.updated_at = {kNow.us - days_old * kDay};
  return session;
}

SessionFate fate(const Session& session, const RetentionPolicy& policy = {}) {
  return fate_of(session, policy, kNow);
}

TEST(SessionAge, TerminalSessionsGoAfterTheirAgeAndNoDayBefore) {
  for (const auto status : {SessionStatus::completed, SessionStatus::failed, SessionStatus::cancelled}) {
    EXPECT_EQ(fate(session_of(status, 91)), SessionFate::soft_delete) << status_name(status);
    EXPECT_EQ(fate(session_of(status, 90)), SessionFate::stays) << status_name(status);
  }
}

TEST(SessionAge, AnAgeForAllIsForPendingOnesToo) {
  RetentionPolicy policy;
  EXPECT_EQ(fate(session_of(SessionStatus::pending, 500), policy), SessionFate::stays);
  policy.max_session_age_days = 400;
  EXPECT_EQ(fate(session_of(SessionStatus::pending, 500), policy), SessionFate::soft_delete);
  policy.max_completed_session_age_days = std::nullopt;
  EXPECT_EQ(fate(session_of(SessionStatus::completed, 500), policy), SessionFate::soft_delete);
  EXPECT_EQ(fate(session_of(SessionStatus::completed, 399), policy), SessionFate::stays);
}

TEST(SessionAge, ExemptStatusesAndTagsStay) {
  RetentionPolicy policy;
  policy.max_session_age_days = 1;
  EXPECT_EQ(fate(session_of(SessionStatus::active, 500), policy), SessionFate::stays);
  EXPECT_EQ(fate(session_of(SessionStatus::paused, 500), policy), SessionFate::stays);
  Session pinned = session_of(SessionStatus::completed, 500);
  pinned.tags = {"other", "pinned"};
  EXPECT_EQ(fate(pinned, policy), SessionFate::stays);
  EXPECT_TRUE(keeps_texts(pinned, policy));
  policy.exempt_tags.clear();
  policy.exempt_statuses = {SessionStatus::completed};
  EXPECT_EQ(fate(session_of(SessionStatus::active, 500), policy), SessionFate::soft_delete);
  EXPECT_EQ(fate(pinned, policy), SessionFate::stays);
}

TEST(SessionAge, DeletedOnesGoForGoodAfterTheirGraceWhateverTheyAre) {
  RetentionPolicy policy;
  Session session = session_of(SessionStatus::active, 0);
  session.tags = {"pinned"};
  session.deleted_at = {kNow.us - 30 * kDay};
  EXPECT_EQ(fate(session, policy), SessionFate::stays);
  session.deleted_at.us -= 1;
  EXPECT_EQ(fate(session, policy), SessionFate::hard_delete);
  policy.hard_delete_after_days = std::nullopt;
  EXPECT_EQ(fate(session, policy), SessionFate::stays);
}

TEST(SessionAge, WithoutLimitsEverythingStays) {
  RetentionPolicy policy;
  policy.max_completed_session_age_days = std::nullopt;
  EXPECT_EQ(fate(session_of(SessionStatus::completed, 999), policy), SessionFate::stays);
}

}  // namespace
}  // namespace asmgr
