// Logs that are forked, exported, imported and verified through the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr const char* kDeployment =
    "version: 1\n"
    "stores:\n  local: {plugin: sqlite, config: {path: ./NAME.db, durability: normal}}\n"
    "providers:\n  shell: {plugin: shell}\n"
    "pipelines:\n  default: {store: local, provider: shell}\n";

std::string deployment(const std::string& name) {
  std::string text = kDeployment;
  return text.replace(text.find("NAME"), 4, name);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

boost::json::object object_in(const std::string& text) {
  auto parsed = parse_json_object(text, "output");
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.has_value() ? *parsed : boost::json::object{};
}

class SessionLog : public testing::Test {
 protected:
  SessionLog() {
    world_.folder().write("asmgr.yaml", deployment("here"));
    world_.folder().write("there.yaml", deployment("there"));
    const auto ended = world_.asmgr({"run", "-v", "echo hello"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto at = ended.err.find("session ses_") + 8;
    session_ = ended.err.substr(at, 36);
    const auto log = ended.err.find("\nlog ");
    EXPECT_NE(log, std::string::npos) << ended.err;
    run_end_ = first_line(ended.err.substr(log + 5));
  }
  Ended in(const std::string& config, std::vector<std::string> arguments,
           const std::optional<std::string>& input = std::nullopt) const {
    arguments.insert(arguments.begin(), {"-c", config});
    return world_.asmgr(arguments, input);
  }
  World world_;
  std::string session_;
  std::string run_end_;
};

TEST_F(SessionLog, TheEndOfARunCanBeExpected) {
  EXPECT_THAT(run_end_, MatchesRegex("[0-9]+:[0-9a-f]{64}"));
  const auto verified = world_.asmgr({"session", "verify", session_, "--expect", run_end_});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, MatchesRegex(session_ + " verified: [0-9]+ events, head [0-9]+:[0-9a-f]{64}\n"));
  EXPECT_EQ(verified.err, "");
}

TEST_F(SessionLog, AnExportGoesToStandardOutputAndItsHeadToStandardError) {
  const auto exported = world_.asmgr({"session", "export", session_});
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_THAT(exported.out, StartsWith("{\"format\":\"asmgr-session\",\"version\":1,"));
  EXPECT_THAT(exported.err, MatchesRegex("head [0-9]+:[0-9a-f]{64}\n"));
  EXPECT_EQ(world_.asmgr({"session", "export", session_, "--output", "json"}).out, exported.out);
  EXPECT_EQ(world_.asmgr({"session", "export", session_, "--output", "json"}).err, "");

  const auto to_file = world_.asmgr({"session", "export", session_, "--file", "log.jsonl"});
  EXPECT_EQ(to_file.code, 0) << to_file.err;
  EXPECT_EQ("head " + to_file.out, exported.err);
  EXPECT_THAT(to_file.err, MatchesRegex("exported [0-9]+ events and 1 run to log.jsonl\n"));
  EXPECT_EQ(world_.program({"/bin/cat", "log.jsonl"}).out, exported.out);
  const auto json =
      object_in(world_.asmgr({"session", "export", session_, "--file", "b.jsonl", "--output", "json"}).out);
  EXPECT_EQ(json.at("session_id"), session_.c_str());
  EXPECT_EQ(json.at("head").as_string(), first_line(to_file.out));
  EXPECT_EQ(json.at("runs"), 1);
}

TEST_F(SessionLog, WhatCannotBeExportedLeavesNoFile) {
  EXPECT_EQ(world_.asmgr({"session", "export", "ses_none", "--file", "log.jsonl"}).code, 7);
  EXPECT_EQ(world_.program({"/bin/sh", "-c", "ls | grep log.jsonl"}).out, "");
  EXPECT_EQ(world_.asmgr({"session", "export", session_, "--file", "no/such/folder"}).code, 2);
  const auto full = world_.asmgr({"session", "export", session_, "--file", "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_EQ(full.err, "error: storage_write_failed: '/dev/full' cannot be written: No space left on device\n");
}

TEST_F(SessionLog, AnImportPutsItIntoAnotherStoreWhereItGoesOn) {
  const auto exported = world_.asmgr({"session", "export", session_});
  const auto imported = in("there.yaml", {"session", "import", "-"}, exported.out);
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(imported.out, session_ + "\n");
  EXPECT_THAT(imported.err, StartsWith("imported "));
  EXPECT_THAT(imported.err, HasSubstr(" and 1 run\n" + exported.err));
  EXPECT_EQ(in("there.yaml", {"session", "export", session_}).out, exported.out);
  EXPECT_EQ(in("there.yaml", {"session", "verify", session_, "--expect", run_end_}).code, 0);
  EXPECT_EQ(in("there.yaml", {"events", session_, "--output", "jsonl"}).out,
            world_.asmgr({"events", session_, "--output", "jsonl"}).out);
}

TEST_F(SessionLog, AnImportOfWhatIsThereNeedsANewId) {
  ASSERT_EQ(world_.asmgr({"session", "export", session_, "--file", "log.jsonl"}).code, 0);
  const auto again = world_.asmgr({"session", "import", "log.jsonl"});
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(again.err, "error: already_exists: session " + session_ +
                           " exists already in this store; import it under a new id (--new-id)\n");
  const auto copy = world_.asmgr({"session", "import", "log.jsonl", "--new-id"});
  EXPECT_EQ(copy.code, 0) << copy.err;
  EXPECT_NE(copy.out, session_ + "\n");
  EXPECT_THAT(copy.err, HasSubstr("; 1 run left out, known here\n"));
  EXPECT_EQ(world_.asmgr({"session", "verify", first_line(copy.out), "--expect", run_end_}).code, 0);
  const auto json = object_in(world_.asmgr({"session", "import", "log.jsonl", "--new-id", "--output", "json"}).out);
  EXPECT_EQ(json.at("chain_id"), session_.c_str());
}

TEST_F(SessionLog, AChangedFileIsRefusedAtItsLine) {
  std::string text = world_.asmgr({"session", "export", session_}).out;
  text.replace(text.rfind("echo hello"), 4, "ECHO");
  const auto refused = in("there.yaml", {"session", "import", "-"}, text);
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, MatchesRegex("error: validation_error: nothing was imported: line [0-9]+ was changed.*\n"));
  const auto json = in("there.yaml", {"session", "import", "-", "--output", "json"}, text.substr(0, 2000));
  EXPECT_EQ(json.code, 1);
  EXPECT_GT(object_in(json.out).at("error").at("details").at("line").as_int64(), 1);
  EXPECT_EQ(in("there.yaml", {"session", "list"}).out.find("ses_"), std::string::npos);
  EXPECT_EQ(in("there.yaml", {"session", "import", "none.jsonl"}).code, 2);
  EXPECT_THAT(in("there.yaml", {"session", "import", "."}).err, HasSubstr("'.' cannot be read: Is a directory"));
}

TEST_F(SessionLog, AForkIsASessionOfItsOwn) {
  const auto forked = world_.asmgr({"session", "fork", session_, "--at", "4"});
  ASSERT_EQ(forked.code, 0) << forked.err;
  const std::string fork = first_line(forked.out);
  const auto show = object_in(world_.asmgr({"session", "show", fork, "--output", "json"}).out);
  EXPECT_EQ(show.at("parent_session_id"), session_.c_str());
  EXPECT_EQ(show.at("chain_id"), session_.c_str());
  EXPECT_EQ(show.at("status"), "pending");
  EXPECT_EQ(show.at("last_sequence"), 5);
  EXPECT_EQ(world_.asmgr({"session", "verify", fork}).code, 0);
  EXPECT_EQ(world_.asmgr({"session", "activate", fork}).code, 0);
  EXPECT_EQ(world_.asmgr({"run", "--session", fork, "echo on"}).out, "on\n");
  const auto json = object_in(world_.asmgr({"session", "fork", session_, "--at", "2", "--output", "json"}).out);
  EXPECT_EQ(json.at("last_sequence"), 3);
  EXPECT_EQ(world_.asmgr({"session", "fork", session_}).code, 2);
  EXPECT_EQ(world_.asmgr({"session", "fork", session_, "--at", "0"}).code, 2);
  const auto beyond = world_.asmgr({"session", "fork", session_, "--at", "1000"});
  EXPECT_EQ(beyond.code, 1);
  EXPECT_THAT(beyond.err, StartsWith("error: invalid_cursor: session " + session_ + " cannot be forked at event 1000"));
  EXPECT_EQ(world_.asmgr({"session", "fork", "ses_none", "--at", "1"}).code, 7);
}

TEST_F(SessionLog, ALogThatDoesNotVerifyIsExitOne) {
  const std::string other = "3:" + std::string(64, 'a');
  const auto text = world_.asmgr({"session", "verify", session_, "--expect", other});
  EXPECT_EQ(text.code, 1);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err,
              MatchesRegex("error: sequence_conflict: event 3 has the hash [0-9a-f]{64}, another one than was "
                           "expected: the log was written anew\nhint: .*\n"));
  const auto json = world_.asmgr({"session", "verify", session_, "--expect", other, "--output", "json"});
  EXPECT_EQ(json.code, 1);
  const auto answer = object_in(json.out);
  EXPECT_EQ(answer.at("error").at("code"), "sequence_conflict");
  EXPECT_EQ(answer.at("result").at("verified"), false);
  EXPECT_EQ(answer.at("result").at("problem_at"), 3);
  const auto good = object_in(world_.asmgr({"session", "verify", session_, "--output", "jsonl"}).out);
  EXPECT_EQ(good.at("verified"), true);
  EXPECT_EQ(world_.asmgr({"session", "verify", session_, "--expect", "3"}).code, 2);
  EXPECT_EQ(world_.asmgr({"session", "verify", "ses_none"}).code, 7);
}

}  // namespace
}  // namespace asmgr::cli
