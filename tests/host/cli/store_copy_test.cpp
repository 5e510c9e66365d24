// `asmgr store copy` as an operator types it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kTwoStores =
    "version: 1\n"
    "stores:\n"
    "  old: {plugin: sqlite, config: {path: ./old.db, durability: normal}}\n"
    "  new: {plugin: sqlite, config: {path: ./new.db, durability: normal}}\n"
    "  scratch: {plugin: memory}\n"
    "providers:\n  shell: {plugin: shell}\n"
    "pipelines:\n"
    "  default: {store: old, provider: shell}\n"
    "  next: {store: new, provider: shell}\n";

class StoreCopyProgram : public testing::Test {
 protected:
  StoreCopyProgram() { world_.folder().write("asmgr.yaml", kTwoStores); }

  // The id of the session that a run was made in.
  std::string run(const std::string& command, const std::string& pipeline = "default") const {
    const Ended ended = world_.asmgr({"run", "-v", "--pipeline", pipeline, command});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto found = ended.err.find("session ses_");
    return found == std::string::npos ? "" : ended.err.substr(found + 8, 36);
  }
  Ended copy(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"store", "copy", "--from", "old", "--to", "new"});
    return world_.asmgr(options);
  }
  static boost::json::object object_of(const Ended& ended) {
    auto parsed = parse_json_object(ended.out, "output");
    EXPECT_TRUE(parsed.has_value()) << ended.out << ended.err;
    return parsed.has_value() ? *parsed : boost::json::object{};
  }
  std::string exported(const std::string& session, const std::string& pipeline) const {
    const Ended ended = world_.asmgr({"session", "export", session, "--pipeline", pipeline});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

  World world_;
};

TEST_F(StoreCopyProgram, CopiesAndSaysWhatItDid) {
  const std::string session = run("echo hello");
  const Ended ended = copy();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out,
              MatchesRegex("copied: [12] sessions?, 1 run, [0-9]+ events, [0-9]+ records? in [0-9]+ passes\n"
                           "compared: [12] sessions?, 1 run, [0-9]+ events, [0-9]+ records?\n"
                           "complete: store 'new' holds what store 'old' does up to its change [0-9]+ \\(.*s\\)\n"));
  EXPECT_EQ(exported(session, "next"), exported(session, "default"));
}

TEST_F(StoreCopyProgram, AgainCopiesTheDifference) {
  run("echo hello");
  EXPECT_EQ(copy().code, 0);
  const std::string again = copy().out;
  EXPECT_THAT(again, HasSubstr("copied: 0 sessions, 0 runs, 0 events, 0 records in 1 pass\n"));
  const std::string second = run("echo second");
  EXPECT_THAT(copy().out, HasSubstr(" 1 run, "));
  EXPECT_EQ(exported(second, "next"), exported(second, "default"));
}

TEST_F(StoreCopyProgram, AnswersInJson) {
  run("echo hello");
  const boost::json::object summary = object_of(copy({"--output", "json"}));
  EXPECT_EQ(summary.at("runs"), 1);
  EXPECT_EQ(summary.at("complete"), true);
  EXPECT_EQ(summary.at("problems"), boost::json::array());
  EXPECT_EQ(summary.at("at_work"), boost::json::array());
  EXPECT_GE(summary.at("passes").to_number<int>(), 2);
  EXPECT_GT(summary.at("up_to_change").to_number<int>(), 0);
  EXPECT_EQ(summary.at("verified").at("events"), summary.at("events"));
  const boost::json::object line = object_of(copy({"--output", "jsonl"}));
  EXPECT_EQ(line.at("summary").at("sessions"), 0);
}

TEST_F(StoreCopyProgram, ADryRunWritesNothing) {
  run("echo hello");
  const Ended ended = copy({"--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, MatchesRegex("to be copied: [12] sessions?, 1 run, [0-9]+ events, [0-9]+ records?\n"));
  EXPECT_THAT(world_.asmgr({"session", "list", "--pipeline", "next", "--output", "json"}).out,
              HasSubstr("\"items\":[]"));
  const boost::json::object summary = object_of(copy({"--dry-run", "--output", "json"}));
  EXPECT_EQ(summary.at("dry_run"), true);
  EXPECT_EQ(summary.at("verified"), nullptr);
}

TEST_F(StoreCopyProgram, VerifyOnlyListsWhatIsNotTheSameAndExitsOne) {
  const std::string session = run("echo hello");
  const Ended ended = copy({"--verify-only"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("problem: session " + session + " is not in store 'new'\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nnot the same: "));
  EXPECT_EQ(copy({"--no-verify"}).code, 0);
  EXPECT_EQ(copy({"--verify-only"}).code, 0);
}

TEST_F(StoreCopyProgram, ASessionThatWentOnInTheTargetIsNamedAndLeftAlone) {
  const std::string created = world_.asmgr({"session", "create"}).out;
  const std::string session = created.substr(0, 36);
  EXPECT_EQ(copy().code, 0);
  EXPECT_EQ(world_.asmgr({"session", "activate", session, "--pipeline", "next"}).code, 0);
  const std::string there = exported(session, "next");
  const Ended ended = copy();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("problem: session " + session + " of store 'new' is no copy of the one in 'old': "));
  EXPECT_EQ(exported(session, "next"), there);
}

TEST_F(StoreCopyProgram, WhatOnlyTheTargetHasIsRemovedWhenAsked) {
  run("echo own", "next");
  run("echo hello");
  const Ended kept = copy();
  EXPECT_EQ(kept.code, 0) << kept.out;
  EXPECT_THAT(kept.err, HasSubstr(" only in 'new', its own or removed from 'old' since; --delete removes "));
  const Ended removed = copy({"--delete"});
  EXPECT_EQ(removed.code, 0) << removed.out;
  EXPECT_THAT(removed.out, HasSubstr("removed: "));
  EXPECT_EQ(world_.asmgr({"session", "list", "--pipeline", "next"}).out,
            world_.asmgr({"session", "list", "--pipeline", "default"}).out);
}

TEST_F(StoreCopyProgram, MistakesAreSaidInASentence) {
  const auto refused = [this](const std::string& from, const std::string& to, int code) {
    const Ended ended = world_.asmgr({"store", "copy", "--from", from, "--to", to});
    EXPECT_EQ(ended.code, code) << from << " " << to << ended.out;
    return ended.err;
  };
  EXPECT_THAT(refused("old", "old", 2),
              HasSubstr("--from and --to both name store 'old'; name two stores of the configuration"));
  EXPECT_THAT(refused("old", "nwe", 3), HasSubstr("'nwe' is not a store of this file"));
  EXPECT_THAT(refused("old", "nwe", 3), HasSubstr("did you mean 'new'?"));
  EXPECT_THAT(refused("old", "scratch", 2),
              HasSubstr("store 'scratch' holds nothing beyond this command: it is not durable"));
  const Ended without = world_.asmgr({"store", "copy", "--from", "old"});
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("--to is required"));
  EXPECT_EQ(copy({"--dry-run", "--verify-only"}).code, 2);
}

}  // namespace
}  // namespace asmgr::cli
