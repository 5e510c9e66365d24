// Runs, sessions and logs through the program, with the shell provider and a SQLite store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "core/model/json.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

boost::json::object object_of(const std::string& text) {
  auto parsed = parse_json_object(text, "output");
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.has_value() ? *parsed : boost::json::object{};
}

std::string member(const boost::json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(std::string_view{}));
}

class RunTest : public testing::Test {
 protected:
  RunTest() {
    world_.folder().write("asmgr.yaml",
                          "version: 1\n"
                          "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db}}\n"
                          "providers:\n  shell: {plugin: shell}\n"
                          "pipelines:\n  default: {store: local, provider: shell}\n");
  }
  std::string new_session() const {
    const auto created = world_.asmgr({"session", "create", "--agent-id", "tester"});
    EXPECT_EQ(created.code, 0) << created.err;
    return created.out.substr(0, created.out.find('\n'));
  }
  // The run that the last line of a jsonl output speaks of.
  static boost::json::object last_result(const Ended& ended) {
    const auto lines = lines_of(ended.out);
    EXPECT_FALSE(lines.empty()) << ended.err;
    if (lines.empty()) return {};
    const auto last = object_of(lines.back());
    const auto* result = find_object(last, "result");
    EXPECT_NE(result, nullptr) << lines.back();
    return result == nullptr ? boost::json::object{} : *result;
  }
  World world_;
};

TEST_F(RunTest, WhatOnlyAsksTheStoreNeedsNeitherProviderNorPolicies) {
  const std::string session = new_session();
  world_.folder().write("asmgr.yaml",
                        "version: 1\n"
                        "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db}}\n"
                        "providers:\n  gone: {plugin: not_installed}\n"
                        "policies:\n  gone: {plugin: not_installed}\n"
                        "pipelines:\n  default: {store: local, provider: gone, policies: [gone]}\n");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"session", "list"},
                                                    {"session", "show", session},
                                                    {"session", "activate", session},
                                                    {"runs", session},
                                                    {"events", session},
                                                    {"session", "create"}}) {
    const auto ended = world_.asmgr(arguments);
    EXPECT_EQ(ended.code, 0) << arguments.front() << ": " << ended.err;
  }
  EXPECT_EQ(world_.asmgr({"run", "echo hello"}).code, 3);
}

TEST_F(RunTest, ATranscriptShowsWhatWasSaid) {
  const std::string session = new_session();
  ASSERT_EQ(world_.asmgr({"run", "--session", session, "echo hello"}).code, 0);
  const auto text = world_.asmgr({"session", "transcript", session});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, testing::StartsWith("user: echo hello\n> bash "));
  EXPECT_THAT(text.out, testing::HasSubstr("< bash: "));
  EXPECT_THAT(text.out, testing::HasSubstr("\ntool: hello\n"));
  const auto json = world_.asmgr({"session", "transcript", session, "--max-messages", "1", "--output", "json"});
  EXPECT_EQ(object_of(json.out).at("session_id"), session.c_str());
  EXPECT_EQ(object_of(json.out).at("messages").as_array().size(), 1U) << json.out;
  EXPECT_EQ(world_.asmgr({"session", "transcript", "ses_none"}).code, 7);
}

TEST_F(RunTest, ARunPrintsWhatItSaysAndExitsZero) {
  const auto ended = world_.asmgr({"run", "echo hello"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "hello\n");
  EXPECT_NE(ended.err.find("-- completed in "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("session ses_"), std::string::npos) << ended.err;
}

TEST_F(RunTest, QuietPrintsTheTextAlone) {
  const auto ended = world_.asmgr({"run", "-q", "echo hello"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "hello\n");
  EXPECT_EQ(ended.err, "");
}

TEST_F(RunTest, APromptComesThroughAPipe) {
  const auto ended = world_.asmgr({"run", "-q", "-"}, "echo piped\n");
  EXPECT_EQ(ended.out, "piped\n") << ended.err;
  EXPECT_EQ(world_.asmgr({"run", "-q"}, "echo piped\n").out, "piped\n");
}

TEST_F(RunTest, JsonLinesAreTheDurableEventsAndLastTheResult) {
  const auto ended = world_.asmgr({"run", "--output", "jsonl", "echo hello"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto lines = lines_of(ended.out);
  ASSERT_GT(lines.size(), 3U);
  std::int64_t previous = 0;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const auto event = object_of(lines[i]);
    EXPECT_GT(find_int(event, "sequence_number").value_or(0), previous) << lines[i];
    previous = find_int(event, "sequence_number").value_or(0);
  }
  const auto result = last_result(ended);
  EXPECT_EQ(member(result, "status"), "completed");
  const auto read = world_.asmgr({"events", member(result, "session_id"), "--output", "jsonl"});
  EXPECT_EQ(read.code, 0) << read.err;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    EXPECT_NE(read.out.find(lines[i] + "\n"), std::string::npos) << "not in the log as printed: " << lines[i];
  }
}

TEST_F(RunTest, JsonIsTheResultAlone) {
  const auto ended = world_.asmgr({"run", "--output", "json", "echo hello"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(lines_of(ended.out).size(), 1U);
  EXPECT_EQ(member(object_of(ended.out), "status"), "completed");
}

TEST_F(RunTest, AFailedRunExitsOneWithItsErrorAndResult) {
  const auto text = world_.asmgr({"run", "exit 3"});
  EXPECT_EQ(text.code, 1) << text.err;
  EXPECT_NE(text.err.find("error: command_failed: "), std::string::npos) << text.err;
  const auto json = world_.asmgr({"run", "--output", "json", "exit 3"});
  EXPECT_EQ(json.code, 1);
  const auto answer = object_of(json.out);
  ASSERT_NE(find_object(answer, "error"), nullptr) << json.out;
  ASSERT_NE(find_object(answer, "result"), nullptr) << json.out;
  EXPECT_EQ(member(*find_object(answer, "error"), "code"), "command_failed");
  EXPECT_EQ(member(*find_object(answer, "result"), "status"), "failed");
}

TEST_F(RunTest, ARunThatAPolicyStopsExitsFour) {
  const auto ended =
      world_.asmgr({"run", "--set", "policies.none.plugin=tool_rules", "--set",
                    "policies.none.config={deny: [bash], on_violation: cancel}", "--policy", "none", "echo hello"});
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_NE(ended.err.find("error: policy_violation: "), std::string::npos) << ended.err;
}

TEST_F(RunTest, ARunThatTakesTooLongExitsOne) {
  const auto ended = world_.asmgr({"run", "--output", "jsonl", "--timeout", "300ms", "sleep 30"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(member(last_result(ended), "status"), "timeout");
}

TEST_F(RunTest, AnInterruptCancelsTheRunAndItsRecordIsWritten) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    auto program = world_.start({"run", "--output", "jsonl", "sleep 30"});
    ASSERT_TRUE(program->read_until(
        [](const auto& out, const auto&) { return out.find("\"tool_call_started\"") != std::string::npos; }));
    program->send(signal);
    const auto ended = program->wait();
    EXPECT_EQ(ended.code, 5) << ended.err;
    const auto result = last_result(ended);
    EXPECT_EQ(member(result, "status"), "cancelled");
    const auto shown = world_.asmgr({"run-show", member(result, "run_id"), "--output", "json"});
    EXPECT_EQ(member(object_of(shown.out), "status"), "cancelled") << shown.err;
  }
}

TEST_F(RunTest, WhenNobodyReadsTheRunIsCancelled) {
  const auto session = new_session();
  ASSERT_EQ(world_.asmgr({"session", "activate", session}).code, 0);
  world_.folder().write("in.json",
                        R"({"command":"sh","args":["-c","echo a; sleep 2; echo b; sleep 30"],"streaming":true})");
  auto reader = world_.start({"run", "--session", session, "--output", "jsonl", "--input", "in.json"});
  ASSERT_TRUE(reader->read_until(
      [](const auto& out, const auto&) { return out.find("\"tool_call_started\"") != std::string::npos; }));
  reader->stop_reading();
  reader->wait();
  const auto runs = object_of(world_.asmgr({"runs", session, "--output", "json"}).out);
  ASSERT_NE(find_array(runs, "items"), nullptr);
  const auto& run = find_array(runs, "items")->front().as_object();
  EXPECT_EQ(member(run, "status"), "cancelled");
}

TEST_F(RunTest, ARecordingIsWhatTheReplayProviderPlays) {
  const auto recorded = world_.asmgr({"run", "-q", "--record", "run.jsonl", "echo hello"});
  ASSERT_EQ(recorded.code, 0) << recorded.err;
  const auto lines = lines_of(world_.folder().read("run.jsonl"));
  ASSERT_GT(lines.size(), 2U);
  EXPECT_EQ(find_int(object_of(lines.front()), "replay"), 1);
  EXPECT_NE(find_object(object_of(lines.back()), "finish"), nullptr) << lines.back();
  const auto replayed = world_.asmgr({"run", "-q", "--set", "providers.again.plugin=replay", "--set",
                                      "providers.again.config.file=run.jsonl", "--provider", "again", "anything"});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_EQ(replayed.out, "hello\n");
}

TEST_F(RunTest, ASessionGoesThroughItsStatuses) {
  const auto id = new_session();
  const auto verb = [&](const std::string& name) { return world_.asmgr({"session", name, id}); };
  EXPECT_EQ(verb("activate").out, id + " active\n");
  EXPECT_EQ(verb("pause").out, id + " paused\n");
  EXPECT_EQ(verb("resume").out, id + " active\n");
  EXPECT_EQ(verb("complete").out, id + " completed\n");
  const auto refused = verb("activate");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("error: invalid_transition: "), std::string::npos) << refused.err;
  EXPECT_EQ(verb("delete").out, id + " deleted\n");
  EXPECT_EQ(verb("show").code, 7);
}

TEST_F(RunTest, AFailedSessionKeepsItsError) {
  const auto id = new_session();
  const auto failed = world_.asmgr({"session", "fail", id, "--code", "tool_error", "--message", "broken build"});
  ASSERT_EQ(failed.code, 0) << failed.err;
  const auto shown = world_.asmgr({"session", "show", id, "--output", "json"});
  EXPECT_NE(shown.out.find("broken build"), std::string::npos) << shown.out;
  EXPECT_EQ(world_.asmgr({"session", "fail", id, "--code", "nonsense"}).code, 2);
}

TEST_F(RunTest, ListsAreItemsAndACursor) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(new_session());
  const auto first = object_of(world_.asmgr({"session", "list", "--limit", "2", "--output", "json"}).out);
  ASSERT_EQ(find_array(first, "items")->size(), 2U);
  const std::string cursor = member(first, "next_cursor");
  const auto rest = world_.asmgr({"session", "list", "--after", cursor, "--output", "json"});
  ASSERT_EQ(find_array(object_of(rest.out), "items")->size(), 1U);
  EXPECT_NE(rest.out.find(ids[2]), std::string::npos);
  EXPECT_EQ(world_.asmgr({"session", "list", "--cursor", cursor, "--output", "json"}).out, rest.out);
  EXPECT_NE(rest.out.find("\"next_cursor\":null"), std::string::npos);
  EXPECT_EQ(world_.asmgr({"session", "list", "--status", "failed", "--output", "json"}).out,
            "{\"items\":[],\"next_cursor\":null}\n");
  EXPECT_EQ(lines_of(world_.asmgr({"session", "list"}).out).size(), 4U);
}

TEST_F(RunTest, SessionsAreListedByWhatTheyAre) {
  const auto red = world_.asmgr({"run", "--tag", "red", "--tag", "big", "--output", "json", "echo hello"});
  const auto session = member(object_of(red.out), "session_id");
  new_session();
  const auto ids = [&](std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"session", "list", "--output", "json"});
    const auto ended = world_.asmgr(filters);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<std::string> found;
    const auto listed = object_of(ended.out);
    for (const auto& item : *find_array(listed, "items")) found.push_back(member(item.as_object(), "id"));
    return found;
  };
  EXPECT_THAT(ids({"--tag", "red", "--tag", "big"}), testing::ElementsAre(session));
  EXPECT_THAT(ids({"--tag", "red", "--tag", "blue"}), testing::IsEmpty());
  EXPECT_THAT(ids({"--provider", "shell", "--created-after", "2020-01-01T00:00:00Z"}), testing::ElementsAre(session));
  EXPECT_THAT(ids({"--created-before", "2020-01-01T00:00:00Z"}), testing::IsEmpty());
  EXPECT_EQ(ids({"--order", "created_at_desc"}).back(), session);
}

TEST_F(RunTest, ACursorOfAnotherSearchIsRefused) {
  for (int i = 0; i < 2; ++i) new_session();
  const auto page = object_of(world_.asmgr({"session", "list", "--limit", "1", "--output", "json"}).out);
  const std::string cursor = member(page, "next_cursor");
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"--order", "created_at_desc", "--after", cursor},
        std::vector<std::string>{"--agent-id", "tester", "--after", cursor},
        std::vector<std::string>{"--after", "x" + cursor}, std::vector<std::string>{"--after", "nonsense"}}) {
    std::vector<std::string> words = {"session", "list"};
    words.insert(words.end(), asked.begin(), asked.end());
    const auto ended = world_.asmgr(words);
    EXPECT_EQ(ended.code, 1) << ended.out;
    EXPECT_THAT(ended.err, testing::StartsWith("error: invalid_cursor: "));
  }
}

TEST_F(RunTest, UsageIsSummedAsAsked) {
  ASSERT_EQ(world_.asmgr({"run", "--tag", "red", "--tag", "big", "echo hello"}).code, 0);
  ASSERT_EQ(world_.asmgr({"run", "echo again"}).code, 0);
  const auto text = lines_of(world_.asmgr({"usage"}).out);
  ASSERT_EQ(text.size(), 3U);
  EXPECT_THAT(text[0], testing::StartsWith("PROVIDER  RUNS  INPUT  CACHED  OUTPUT  TOTAL  COST"));
  EXPECT_THAT(text[1], testing::StartsWith("shell     2"));
  EXPECT_THAT(text[2], testing::StartsWith("total     2"));
  const auto by_tag = object_of(world_.asmgr({"usage", "--by", "tag", "--output", "json"}).out);
  ASSERT_EQ(find_array(by_tag, "items")->size(), 3U);  // none, big, red
  EXPECT_EQ(find_int(*find_object(by_tag, "total"), "run_count"), 2);
  EXPECT_EQ(lines_of(world_.asmgr({"usage", "--since", "2999-01-01T00:00:00Z"}).out).size(), 2U);
  EXPECT_EQ(world_.asmgr({"usage", "--since", "yesterday"}).code, 2);
  EXPECT_EQ(world_.asmgr({"usage", "--by", "weather"}).code, 2);
}

TEST_F(RunTest, EventsAreFilteredAndPaged) {
  const auto run = world_.asmgr({"run", "--output", "json", "echo hello"});
  const auto session = member(object_of(run.out), "session_id");
  const auto typed =
      world_.asmgr({"events", session, "--type", "run_started", "--type", "run_completed", "--output", "jsonl"});
  EXPECT_EQ(lines_of(typed.out).size(), 2U) << typed.out << typed.err;
  const auto page = object_of(world_.asmgr({"events", session, "--limit", "2", "--output", "json"}).out);
  EXPECT_EQ(find_array(page, "items")->size(), 2U);
  EXPECT_EQ(member(page, "next_cursor"), "2");
  EXPECT_EQ(world_.asmgr({"events", session, "--after", "2", "--limit", "1", "--output", "jsonl"}).out.find("{\"id\""),
            0U);
}

TEST_F(RunTest, FollowingEndsWhenTheSessionHas) {
  const auto session = new_session();
  ASSERT_EQ(world_.asmgr({"session", "activate", session}).code, 0);
  auto follower = world_.start({"events", session, "--follow", "--output", "jsonl"});
  ASSERT_TRUE(follower->read_until(
      [](const auto& out, const auto&) { return out.find("session_started") != std::string::npos; }));
  ASSERT_EQ(world_.asmgr({"run", "-q", "--session", session, "echo hello"}).out, "hello\n");
  ASSERT_TRUE(follower->read_until(
      [](const auto& out, const auto&) { return out.find("run_completed") != std::string::npos; }));
  ASSERT_EQ(world_.asmgr({"session", "complete", session}).code, 0);
  const auto ended = follower->wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::int64_t expected = 1;
  for (const auto& line : lines_of(ended.out)) EXPECT_EQ(find_int(object_of(line), "sequence_number"), expected++);
}

TEST_F(RunTest, FollowingIsInterruptible) {
  const auto session = new_session();
  auto follower = world_.start({"events", session, "--follow", "--output", "json"});
  // The list's beginning comes with its first event.
  ASSERT_TRUE(follower->read_until(
      [](const auto& out, const auto&) { return out.find("session_created") != std::string::npos; }));
  follower->send(SIGINT);
  const auto ended = follower->wait();
  EXPECT_EQ(ended.code, 5) << ended.err;
  EXPECT_NE(find_array(object_of(ended.out), "items"), nullptr) << ended.out;
}

TEST_F(RunTest, WhatIsNotThereIsExitSeven) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"session", "show", "ses_00000000000000000000000000000000"},
                                             {"run-show", "run_00000000000000000000000000000000"},
                                             {"cancel", "run_00000000000000000000000000000000"},
                                             {"events", "ses_00000000000000000000000000000000"},
                                             {"runs", "ses_00000000000000000000000000000000"},
                                             {"plugin", "info", "nosuch"}}) {
    const auto ended = world_.asmgr(words);
    EXPECT_EQ(ended.code, 7) << words[0] << ": " << ended.err;
    EXPECT_EQ(ended.out, "") << words[0];
  }
}

TEST_F(RunTest, AnUnknownPipelineProviderOrPolicyIsExitThree) {
  for (const std::string option : {"--pipeline", "--provider", "--policy"}) {
    const auto ended = world_.asmgr({"run", option, "nosuch", "echo x"});
    EXPECT_EQ(ended.code, 3) << option << ": " << ended.err;
    EXPECT_NE(ended.err.find("nosuch"), std::string::npos) << ended.err;
  }
}

TEST_F(RunTest, PluginsAreListedAndDescribed) {
  const auto list = object_of(world_.asmgr({"plugin", "list", "--output", "json"}).out);
  ASSERT_NE(find_array(list, "items"), nullptr);
  EXPECT_GE(find_array(list, "items")->size(), 2U);
  const auto info = world_.asmgr({"plugin", "info", "shell"});
  EXPECT_EQ(info.code, 0) << info.err;
  EXPECT_NE(info.out.find("allowed_commands"), std::string::npos) << info.out;
}

TEST_F(RunTest, AFileThatIsNoPluginIsListedWithTheReason) {
  world_.folder().write("plugins/broken.asmgr.so", "not a library");
  world_.set("ASMGR_PLUGIN_PATH", world_.folder().file("plugins"));
  const auto ended = world_.asmgr({"plugin", "list"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(lines_of(ended.out), testing::Contains(testing::ContainsRegex("^broken +- +- +cannot be loaded +/")));
  EXPECT_NE(ended.out.find("plugin 'broken' cannot be loaded: "), std::string::npos) << ended.out;
}

TEST_F(RunTest, TheDoctorIsContentWithAGoodDeployment) {
  const auto ended = world_.asmgr({"doctor", "--output", "json"});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(find_bool(object_of(ended.out), "healthy"), true);
}

TEST_F(RunTest, TheDoctorSaysWhatToDoAboutAMissingShell) {
  const auto ended = world_.asmgr({"doctor", "--set", "providers.shell.config.shell=/no/such/shell"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_NE(ended.out.find("/no/such/shell"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("         -> "), std::string::npos) << ended.out;
}

TEST_F(RunTest, WithoutAConfigurationTheBuiltInDeploymentIsUsedAndSaysSo) {
  std::filesystem::remove(world_.folder().path() / "asmgr.yaml");
  // Whatever else is ready on this machine, the shell has a pipeline.
  const auto ended = world_.asmgr({"run", "--pipeline", "shell", "echo hello"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "hello\n");
  EXPECT_EQ(ended.err.find("warning: no configuration file was found"), 0U) << ended.err;
  EXPECT_TRUE(std::filesystem::exists(world_.folder().path() / "state/asmgr/asmgr.db"));
}

}  // namespace
}  // namespace asmgr::cli
