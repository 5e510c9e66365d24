// Routers over recorded providers that fail on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Three replays of one recording each; `best` goes through a, b, c.
class RoutingE2e : public ::testing::Test {
 protected:
  RoutingE2e() {
    for (const std::string name : {"a", "b", "c"}) {
      work_.write(name + ".jsonl",
                  R"({"t":0,"type":"message_streamed","data":{"content":"from )" + name + R"(. ","delta":"from )" +
                      name + R"(. "}})" + "\n" +
                      R"({"t":0,"type":"message_received","data":{"role":"assistant","content":"from )" + name +
                      R"(. "}})" + "\n" + R"({"t":0,"finish":{"status":"completed","output":{"content":"from )" + name +
                      R"(. "},"token_usage":{"input_tokens":10,"output_tokens":1}}})" + "\n");
    }
  }
  // `faults`: of a and of b, as in the file; `more`: other keys of the route.
  void deploy(const std::string& faults_a, const std::string& faults_b = "[]", const std::string& more = "") const {
    work_.write("asmgr.yaml", R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}
providers:
  a: {plugin: replay, config: {file: ./a.jsonl, speed: 0, faults: )" +
                                  faults_a + R"(}}
  b: {plugin: replay, config: {file: ./b.jsonl, speed: 0, faults: )" +
                                  faults_b + R"(}}
  c: {plugin: replay, config: {file: ./c.jsonl, speed: 0}}
  best: {route: {targets: [{provider: a}, {provider: b}])" +
                                  more + R"(}}
  deep: {route: {targets: [{provider: best}, {provider: c}]}}
pipelines:
  default: {store: local, provider: best}
)");
  }
  RunOutput run(int code, const std::vector<std::string>& options = {}) const {
    std::vector<std::string> command{"run", "--output", "jsonl", "hello"};
    command.insert(command.end(), options.begin(), options.end());
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    return run_output(ended.out);
  }
  static std::vector<std::string> run_types(const RunOutput& output) { return output.log.types(output.run_id()); }

  Workplace work_;
};

TEST_F(RoutingE2e, AnotherTargetTakesOverBeforeAnythingWasShown) {
  deploy("[{at: 1, kind: disconnect}]");
  const RunOutput output = run(0);
  EXPECT_EQ(at(output.result, "/provider"), "best");
  EXPECT_EQ(at(output.result, "/output/content"), "from b. ");
  EXPECT_EQ(at(output.result, "/routing"),
            R"({"routed_provider":"b","attempt":2,"candidates":["a","b"],"failover_from":"a",)"
            R"("failover_reason":"provider_unavailable"})");
  EXPECT_EQ(at(output.log.first("error_occurred"), "/data/will_retry"), "true");
  EXPECT_EQ(at(output.log.first("step_reset"), "/metadata/attempt"), "2");
  EXPECT_EQ(output.log.count("error_recovered"), 1U);
  const auto shown = json_of(work_.asmgr({"run-show", output.run_id(), "--output", "json"}).out);
  EXPECT_EQ(at(shown, "/provider"), "best");
  EXPECT_EQ(at(shown, "/metadata/routing/routed_provider"), "b");
}

TEST_F(RoutingE2e, NotAfterSomethingWasShown) {
  deploy("[{at: 2, kind: disconnect}]");
  const RunOutput output = run(1);
  EXPECT_EQ(at(output.result, "/error/code"), "provider_unavailable");
  EXPECT_EQ(output.log.count("step_reset"), 0U);
}

TEST_F(RoutingE2e, WithLeaveForThatTheTranscriptHasOnlyWhatHolds) {
  deploy("[{at: 2, kind: disconnect}]", "[]", ", failover_after_output: true");
  const RunOutput output = run(0);
  EXPECT_EQ(output.log.count("step_reset"), 1U);
  const std::string said = work_.asmgr({"session", "transcript", output.session_id()}).out;
  EXPECT_THAT(said, Not(HasSubstr("from a.")));
  EXPECT_THAT(said, HasSubstr("from b."));
}

TEST_F(RoutingE2e, WhenAllFailTheErrorSaysOfEach) {
  deploy("[{at: 1, kind: disconnect}]", "[{at: 1, kind: error, code: provider_rate_limited}]");
  const RunOutput output = run(1);
  EXPECT_EQ(at(output.result, "/error/code"), "provider_rate_limited");
  EXPECT_EQ(at(output.result, "/error/details/attempts/0/target"), "a");
  EXPECT_EQ(at(output.result, "/error/details/attempts/1/target"), "b");
  EXPECT_EQ(output.log.count("error_occurred"), 2U);
}

TEST_F(RoutingE2e, ARunThatFailsByItsOwnFaultIsNotTriedElsewhere) {
  deploy("[{at: 1, kind: error, code: validation_error}]");
  const RunOutput output = run(1);
  EXPECT_EQ(at(output.result, "/error/code"), "validation_error");
  EXPECT_EQ(output.log.count("step_reset"), 0U);
}

TEST_F(RoutingE2e, ATargetMayBeARouterAndIsChosenByAFlag) {
  deploy("[{at: 1, kind: disconnect}]", "[{at: 1, kind: disconnect}]");
  const RunOutput output = run(0, {"--provider", "deep"});
  EXPECT_EQ(at(output.result, "/provider"), "deep");
  EXPECT_EQ(at(output.result, "/routing/routed_provider"), "c");
  EXPECT_EQ(at(output.result, "/routing/candidates"), R"(["best","c"])");
  EXPECT_EQ(at(run(0, {"--provider", "c"}).result, "/routing"), "") << "past the routers";
}

TEST_F(RoutingE2e, ATargetThatFinishesTwiceOrTalksNonsenseHarmsOnlyItself) {
  deploy("[{at: 1, kind: duplicate_finish}]");
  EXPECT_EQ(at(run(0).result, "/routing/routed_provider"), "a");
  deploy("[{at: 1, kind: garbage}]");
  const RunOutput output = run(1);
  EXPECT_EQ(at(output.result, "/error/code"), "plugin_misbehaved");
  EXPECT_THAT(at(output.result, "/error/message"), HasSubstr("'a'"));
}

TEST_F(RoutingE2e, AnInterruptEndsTheAttemptThatIsUnderWay) {
  work_.write("b.jsonl", R"({"t":0,"type":"message_streamed","data":{"content":"waiting. ","delta":"waiting. "}})"
                         "\n"
                         R"({"t":600,"finish":{"status":"completed","output":{}}})"
                         "\n");
  deploy("[{at: 1, kind: disconnect}]");
  const auto child = work_.start({"run", "--output", "jsonl", "hello", "--set", "providers.b.config.speed=1", "--set",
                                  "pipelines.default.redaction.enabled=false"});
  ASSERT_TRUE(child->read_until([](const std::string& out) { return out.find("waiting.") != std::string::npos; }))
      << child->out();
  child->send(SIGINT);
  const Ended ended = child->wait();
  EXPECT_EQ(ended.code, 5) << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(at(output.result, "/status"), "cancelled");
  EXPECT_EQ(at(output.result, "/routing/attempt"), "2");
}

TEST_F(RoutingE2e, ExplainSaysWhoWouldServeFromTheFileAlone) {
  deploy("[]");
  const Ended text = work_.asmgr({"route", "explain"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("number 1 of the list"));
  EXPECT_THAT(text.err, HasSubstr("known to that host only"));
  const auto told = json_of(work_.asmgr({"route", "explain", "deep", "--output", "json"}).out);
  EXPECT_EQ(at(told, "/targets/0/target"), "best");
  EXPECT_EQ(at(told, "/targets/0/chosen"), "true");
  EXPECT_EQ(at(told, "/targets/1/breaker"), "closed");
  EXPECT_EQ(at(told, "/grade"), "intercept");
  const auto none = json_of(work_.asmgr({"route", "explain", "--require", "tool/fly", "--output", "json"}).out);
  EXPECT_EQ(at(none, "/targets/0/place"), "");
  EXPECT_THAT(at(none, "/targets/0/why"), HasSubstr("tool \"fly\""));
  const auto session = run(0).session_id();
  const auto with = json_of(work_.asmgr({"route", "explain", "--session", session, "--output", "json"}).out);
  EXPECT_EQ(at(with, "/session/id"), session);
  EXPECT_EQ(work_.asmgr({"route", "explain", "--session", "ses_0198c0ffee0070008000000000000001"}).code, 7);
  const Ended plain = work_.asmgr({"route", "explain", "c"});
  EXPECT_EQ(plain.code, 7);
  EXPECT_THAT(plain.err, HasSubstr("provider 'c' is no router; the configuration has best, deep"));
  EXPECT_EQ(work_.asmgr({"route", "explain", "--require", "flying"}).code, 2);
}

TEST_F(RoutingE2e, APolicyThatATargetCannotBeHeldToIsRefusedWithItsName) {
  work_.write("c.jsonl", "{\"replay\": 1, \"grade\": \"cancel\"}\n" + work_.read("c.jsonl"));
  deploy("[]");
  const std::string file = work_.read("asmgr.yaml");
  work_.write("asmgr.yaml", file.substr(0, file.find("pipelines:")) +
                                "policies:\n  strict: {plugin: tool_rules, config: {deny: [rm]}}\n"
                                "pipelines:\n  default: {store: local, provider: deep, policies: [strict]}\n");
  const Ended ended = work_.asmgr({"config", "check"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(
      ended.err + ended.out,
      HasSubstr("policy 'strict' cannot be enforced on provider 'deep': 'deny' (deny) needs grade intercept, its "
                "target 'c' gives cancel"));
}

}  // namespace
}  // namespace asmgr::e2e
