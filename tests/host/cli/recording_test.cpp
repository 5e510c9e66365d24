#include "host/cli/recording.hpp"

#include <gtest/gtest.h>

#include "tests/host/cli/temporary_folder.hpp"

namespace asmgr::cli {
namespace {

EventView event(EventType type, std::int64_t at_us, std::string_view data) {
  EventView view;
  view.type = type;
  view.type_name = type_name(type);
  view.timestamp = Timestamp{1767323045000000 + at_us};
  view.data = data;
  return view;
}

RunResult completed() {
  RunResult result;
  result.status = RunStatus::completed;
  result.output = boost::json::object{{"content", "hi"}};
  return result;
}

TEST(Recording, HoldsWhatTheProviderDidAndNotWhatTheEngineAdded) {
  TemporaryFolder folder;
  auto recording = Recording::open(folder.file("run.jsonl"));
  ASSERT_TRUE(recording.has_value()) << recording.error().to_string();
  recording->begin(nullptr);
  recording->add(event(EventType::message_sent, 0, R"({"role":"user"})"));
  recording->add(event(EventType::run_started, 0, R"({"provider":"x"})"));
  recording->add(event(EventType::provider_started, 1000, R"({"session_id":"s"})"));
  recording->add(event(EventType::message_streamed, 1500000, R"({"delta":"hi"})"));
  recording->add(event(EventType::policy_violation, 1600000, "{}"));
  recording->add(event(EventType::run_completed, 2000000, "{}"));
  ASSERT_TRUE(recording->finish(completed()).has_value());
  EXPECT_EQ(folder.read("run.jsonl"),
            "{\"replay\":1,\"grade\":\"intercept\",\"capabilities\":[],\"models\":[]}\n"
            "{\"t\":0.001000,\"type\":\"run_started\",\"data\":{\"session_id\":\"s\"}}\n"
            "{\"t\":1.500000,\"type\":\"message_streamed\",\"data\":{\"delta\":\"hi\"}}\n"
            "{\"t\":2.000000,\"finish\":{\"status\":\"completed\",\"output\":{\"content\":\"hi\"},\"token_usage\":{},"
            "\"error\":null}}\n");
}

TEST(Recording, AnEventOfAnUnknownTypeKeepsItsName) {
  TemporaryFolder folder;
  auto recording = Recording::open(folder.file("run.jsonl"));
  ASSERT_TRUE(recording.has_value());
  EventView view = event(EventType::unknown, 0, R"({"a":1})");
  view.type_name = "from_the_future";
  recording->add(view);
  ASSERT_TRUE(recording->finish(completed()).has_value());
  EXPECT_EQ(folder.read("run.jsonl").find("{\"t\":0.000000,\"type\":\"from_the_future\",\"data\":{\"a\":1}}\n"), 0U);
}

TEST(Recording, NamesTheProvidersGradeCapabilitiesAndModels) {
  TemporaryFolder folder;
  auto recording = Recording::open(folder.file("run.jsonl"));
  ASSERT_TRUE(recording.has_value());
  ProviderInfo provider;
  provider.grade = EnforcementGrade::cancel;
  provider.models = {"m1"};
  recording->begin(&provider);
  ASSERT_TRUE(recording->finish(completed()).has_value());
  EXPECT_EQ(
      folder.read("run.jsonl").find("{\"replay\":1,\"grade\":\"cancel\",\"capabilities\":[],\"models\":[\"m1\"]}\n"),
      0U);
}

TEST(Recording, AFailedRunIsRecordedWithItsError) {
  TemporaryFolder folder;
  auto recording = Recording::open(folder.file("run.jsonl"));
  ASSERT_TRUE(recording.has_value());
  RunResult result;
  result.status = RunStatus::timeout;
  result.error = Error(ErrorCode::timeout, "too long");
  ASSERT_TRUE(recording->finish(result).has_value());
  EXPECT_EQ(folder.read("run.jsonl"),
            "{\"t\":0.000000,\"finish\":{\"status\":\"failed\",\"output\":{},\"token_usage\":{},\"error\":{\"code\":"
            "\"timeout\",\"message\":\"too long\",\"retryable\":true,\"details\":{},\"provider_error\":null}}}\n");
}

TEST(Recording, OneThatIsNotFinishedLeavesWhatWasThereBefore) {
  TemporaryFolder folder;
  folder.write("run.jsonl", "old");
  {
    auto recording = Recording::open(folder.file("run.jsonl"));
    ASSERT_TRUE(recording.has_value());
    recording->begin(nullptr);
  }
  EXPECT_EQ(folder.read("run.jsonl"), "old");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run.jsonl.part"));
}

TEST(Recording, APlaceThatCannotBeWrittenIsAMisuse) {
  const auto recording = Recording::open("/nowhere/run.jsonl");
  ASSERT_TRUE(recording.has_error());
  EXPECT_EQ(recording.error().to_string(),
            "[invalid_input] --record: '/nowhere/run.jsonl.part' cannot be written: No such file or directory");
}

}  // namespace
}  // namespace asmgr::cli
