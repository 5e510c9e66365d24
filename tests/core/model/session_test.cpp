#include "core/model/session.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "random_model.hpp"
#include "tests/core/model/test_time.hpp"

namespace asmgr {
namespace {

TEST(Session, IsMadePendingAtVersionOne) {
  const auto session = make_session({.id = {},
                                     .agent_id = "writer",
                                     .parent_session_id = {},
                                     .metadata = {{"k", 1}},
                                     .context = {},
                                     .tags = {"a"},
                                     .tenant = "t"},
                                    kNow);
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->id.starts_with("ses_"));
  EXPECT_EQ(session->chain_id, session->id);
  EXPECT_EQ(session->status, SessionStatus::pending);
  EXPECT_EQ(session->version, 1u);
  EXPECT_EQ(session->created_at, kNow);
  EXPECT_EQ(session->updated_at, kNow);
  EXPECT_FALSE(session->deleted_at.is_set());
  EXPECT_EQ(session->tags, std::vector<std::string>{"a"});
}

TEST(Session, CannotBeMadeWithoutAnAgentOrWithABadId) {
  NewSession fields;
  auto session = make_session(fields, kNow);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code(), ErrorCode::validation_error);
  EXPECT_EQ(session.error().message(), "cannot make a session without an agent_id; name the agent that it is for");
  fields.agent_id = "a";
  fields.id = "no spaces";
  EXPECT_EQ(make_session(fields, kNow).error().message(),
            "cannot make a session: its id must be 1 to 128 characters out of A-Z a-z 0-9 _ . : -");
  fields.id = "mine";
  EXPECT_EQ(make_session(fields, kNow)->id, "mine");
  fields.parent_session_id = "a/b";
  EXPECT_EQ(make_session(fields, kNow).error().message(),
            "cannot make a session: its parent_session_id is not a session's id");
}

TEST(Session, PrintsItsKeysInOrder) {
  Session session = *make_session({.id = "ses_1",
                                   .agent_id = "writer",
                                   .parent_session_id = {},
                                   .metadata = {},
                                   .context = {},
                                   .tags = {},
                                   .tenant = {}},
                                  kNow);
  EXPECT_EQ(
      to_text(to_json(session, 4)),
      R"({"id":"ses_1","agent_id":"writer","status":"pending","parent_session_id":null,"metadata":{},"context":{},)"
      R"("tags":[],"tenant":"","chain_id":"ses_1","version":1,"last_sequence":4,)"
      R"("created_at":"2026-01-02T03:04:05.678901Z","updated_at":"2026-01-02T03:04:05.678901Z","deleted_at":null})");
}

TEST(Session, RandomSessionsComeBackFromTheirJson) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const Session session = test::RandomModel(seed).session();
    const std::string text = to_text(to_json(session, seed));
    const auto read = session_from_json(*parse_json(text, "session"));
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message();
    EXPECT_EQ(*read, session) << "seed " << seed << "\n" << text;
  }
}

TEST(Session, MadeAtTheEpochComesBackFromItsJson) {
  const auto session =
      session_from_json(*parse_json(R"({"id":"s","agent_id":"a","status":"active","created_at":"1970-01-01T00:00:00Z",)"
                                    R"("updated_at":"1970-01-01T00:00:00Z"})",
                                    "session"));
  ASSERT_TRUE(session);
  const auto again = session_from_json(to_json(*session, 0));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *session);
}

TEST(Session, ReadsWhatMayBeMissing) {
  const auto session = session_from_json(
      *parse_json(R"({"id":"s","agent_id":"a","status":"active","created_at":"2026-01-02T03:04:05Z",)"
                  R"("updated_at":"2026-01-02T03:04:05Z","deleted_at":"long ago","metadata":null,"surprise":1})",
                  "t"));
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(session->chain_id, "s");
  EXPECT_EQ(session->version, 1u);
  EXPECT_FALSE(session->deleted_at.is_set());
  EXPECT_TRUE(session->metadata.empty());
}

TEST(SessionDoc, CarriesContextMetadataAndTags) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const Session session = test::RandomModel(seed).session();
    Session read = session;
    read.context = read.metadata = {{"old", true}};
    read.tags = {"old"};
    ASSERT_TRUE(read_session_doc(session_doc(session), read));
    EXPECT_EQ(read, session) << "seed " << seed;
  }
  EXPECT_EQ(session_doc(Session{}), R"({"context":{},"metadata":{},"tags":[]})");
}

TEST(SessionDoc, ABrokenOneChangesNothing) {
  for (const std::string_view doc : {"{", "[]", R"({"context":{"a":1},"metadata":[],"tags":[]})",
                                     R"({"context":{"a":1},"metadata":{},"tags":[1]})"}) {
    Session session;
    session.metadata = {{"old", true}};
    const Session before = session;
    const auto read = read_session_doc(doc, session);
    ASSERT_FALSE(read) << doc;
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_format) << doc;
    EXPECT_EQ(session, before) << doc;
  }
}

}  // namespace
}  // namespace asmgr
