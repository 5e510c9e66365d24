#include "core/model/run.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "random_model.hpp"
#include "tests/core/model/test_time.hpp"

namespace asmgr {
namespace {

TEST(Run, IsMadePendingAndNotStarted) {
  const auto run = make_run({.id = {}, .session_id = "ses_1", .input = {{"prompt", "hi"}}, .metadata = {}}, kNow);
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->id.starts_with("run_"));
  EXPECT_EQ(run->status, RunStatus::pending);
  EXPECT_EQ(run->version, 1u);
  EXPECT_EQ(run->created_at, kNow);
  EXPECT_FALSE(run->started_at.is_set());
}

TEST(Run, CannotBeMadeWithoutASessionOrWithABadId) {
  EXPECT_EQ(make_run({}, kNow).error().message(), "cannot make a run without the id of its session");
  EXPECT_EQ(make_run({}, kNow).error().code(), ErrorCode::validation_error);
  EXPECT_EQ(make_run({.id = "a b", .session_id = "s", .input = {}, .metadata = {}}, kNow).error().message(),
            "cannot make a run: its id must be 1 to 128 characters out of A-Z a-z 0-9 _ . : -");
}

TEST(Run, PrintsItsKeysInOrder) {
  asmgr::Run run = *make_run({.id = "run_1", .session_id = "ses_1", .input = "hi", .metadata = {}}, kNow);
  EXPECT_EQ(
      to_text(to_json(run)),
      R"({"id":"run_1","session_id":"ses_1","status":"pending","input":"hi","output":null,"error":null,)"
      R"("metadata":{},"turn_count":0,"token_usage":{},"cost_usd":null,"provider":null,"provider_metadata":{},)"
      R"("waiting_on":null,"version":1,"created_at":"2026-01-02T03:04:05.678901Z","started_at":null,"ended_at":null})");
  run.waiting_on = {"apr_1", "apr_2"};
  run.cost_usd = 0.25;
  const std::string text = to_text(to_json(run));
  EXPECT_NE(text.find(R"("waiting_on":{"approvals":["apr_1","apr_2"]})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("cost_usd":0.25)"), std::string::npos) << text;
}

TEST(Run, RandomRunsComeBackFromTheirJson) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const asmgr::Run run = test::RandomModel(seed).run();
    const std::string text = to_text(to_json(run));
    const auto read = run_from_json(*parse_json(text, "run"));
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message();
    EXPECT_EQ(*read, run) << "seed " << seed << "\n" << text;
  }
}

TEST(Run, WidensAnIntegerCostAndDropsWhatIsNoNumber) {
  const auto read = [](std::string_view cost) {
    return run_from_json(*parse_json(R"({"id":"r","session_id":"s","status":"running",)"
                                     R"("created_at":"2026-01-02T03:04:05Z","cost_usd":)" +
                                         std::string(cost) + "}",
                                     "t"))
        ->cost_usd;
  };
  EXPECT_EQ(read("2"), 2.0);
  EXPECT_EQ(read("0.5"), 0.5);
  EXPECT_EQ(read("\"2\""), std::nullopt);
  EXPECT_EQ(read("null"), std::nullopt);
}

TEST(Run, KeepsAnErrorCodeOfANewerVersion) {
  const auto run = run_from_json(*parse_json(
      R"({"id":"r","session_id":"s","status":"failed","created_at":"2026-01-02T03:04:05Z",)"
      R"("error":{"code":"invented_later","message":"why","retryable":true,"details":{"a":1},"provider_error":null}})",
      "t"));
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(run->error->code(), ErrorCode::unknown_error);
  EXPECT_EQ(run->error->message(), "why");
  EXPECT_TRUE(run->error->retryable());
  EXPECT_EQ(to_text(run->error->details()), R"({"a":1,"original_code":"invented_later"})");
}

TEST(RunDoc, CarriesEverythingThatIsNotFlat) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const asmgr::Run run = test::RandomModel(seed).run();
    asmgr::Run read = test::RandomModel(seed + 1000).run();
    read.id = run.id;
    read.session_id = run.session_id;
    read.status = run.status;
    read.provider = run.provider;
    read.version = run.version;
    read.created_at = run.created_at;
    read.started_at = run.started_at;
    read.ended_at = run.ended_at;
    const auto done = read_run_doc(run_doc(run), read);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(read, run) << "seed " << seed << "\n" << run_doc(run);
  }
}

TEST(RunDoc, HasItsKeysInOrder) {
  EXPECT_EQ(run_doc(asmgr::Run{}),
            R"({"input":null,"output":null,"error":null,"metadata":{},"turn_count":0,"token_usage":{},"cost_usd":null,)"
            R"("provider_metadata":{},"waiting_on":null})");
}

TEST(RunDoc, ABrokenOneChangesNothing) {
  for (const std::string_view doc :
       {"{", "7", R"({"input":1,"output":[]})", R"({"output":{},"error":{"code":"timeout"}})",
        R"({"output":{"a":1},"waiting_on":{"approvals":[1]}})", R"({"metadata":{},"turn_count":-1})"}) {
    asmgr::Run run = test::RandomModel(7).run();
    const asmgr::Run before = run;
    const auto read = read_run_doc(doc, run);
    ASSERT_FALSE(read) << doc;
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_format) << doc;
    EXPECT_EQ(run, before) << doc;
  }
}

}  // namespace
}  // namespace asmgr
