// The anthropic provider: requests, errors, tries, times, cancel and pauses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "tests/plugins/anthropic/anthropic_client.hpp"
#include "tests/plugins/support/seen_by_host.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

LoopbackServer::Script answering(std::string text) {
  return [text = std::move(text)](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream(text)); };
}

std::string error_envelope(const std::string& type, const std::string& message) {
  return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message + R"("},"request_id":"req_1"})";
}

// ---- the request

TEST(AnthropicRequest, SaysWhatTheRunAndTheConfigurationSay) {
  LoopbackServer server(answering("hi"));
  json::object config = anthropic_config(server);
  config["system_prompt"] = "Be short.";
  config["headers"] = json::object{{"anthropic-beta", "some-beta"}, {"Anthropic-Version", "2024-01-01"}};
  config["options"] = json::parse(R"({"top_k": 5, "metadata": {"user_id": "u1"}})");
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  run.set_options(json::parse(R"({"model":"claude-opus-4-6","max_output_tokens":100,"temperature":0.5,
                                  "something_else":1})"));
  provider.run(run);

  const ReceivedRequest request = server.requests().at(0);
  EXPECT_EQ(request.line(), "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(request.header("x-api-key"), kTestKey);
  EXPECT_EQ(request.header("anthropic-version"), "2024-01-01");
  EXPECT_EQ(request.header("anthropic-beta"), "some-beta");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(json::value(body_of(request)),
            json::parse(R"({"model":"claude-opus-4-6","max_tokens":100,"stream":true,"system":"Be short.",
                            "messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}],
                            "temperature":0.5,"top_k":5,"metadata":{"user_id":"u1"}})"));
}

TEST(AnthropicRequest, ARunMayNotAskForMoreTokensThanTheProviderDeclares) {
  LoopbackServer server(answering("hi"));
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  run.set_options(json::parse(R"({"max_output_tokens":1000000})"));
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("max_tokens"), provider.describe().at("max_output_tokens"));
}

TEST(AnthropicRequest, MessagesWithImagesAndSystemTextAreSentAsParts) {
  LoopbackServer server(answering("hi"));
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run(json::parse(R"({"messages":[
    {"role":"system","content":"Look closely."},
    {"role":"user","content":[{"type":"text","text":"What is it?"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
      {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]}]})"));
  provider.run(run);
  const json::object body = body_of(server.requests().at(0));
  EXPECT_EQ(body.at("system"), "Look closely.");
  EXPECT_EQ(body.at("messages"), json::parse(R"([{"role":"user","content":[{"type":"text","text":"What is it?"},
    {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
    {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]}])"));
}

TEST(AnthropicRequest, EarlierMessagesComeBeforeTheInput) {
  LoopbackServer server(answering("hi"));
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run(json::parse(R"({"prompt":"and now?"})"));
  run.set_transcript(json::parse(R"([{"role":"user","content":"one"},{"role":"assistant","content":"two"}])"));
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("messages"),
            json::parse(R"([{"role":"user","content":[{"type":"text","text":"one"}]},
                            {"role":"assistant","content":[{"type":"text","text":"two"}]},
                            {"role":"user","content":[{"type":"text","text":"and now?"}]}])"));
}

TEST(AnthropicRequest, AnOutputSchemaGivesAStructuredAnswer) {
  LoopbackServer server(answering(R"({\"n\":1})"));
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("a number");
  run.set_options(json::parse(R"({"output_schema":{"type":"object"}})"));
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("output_config"),
            json::parse(R"({"format":{"type":"json_schema","schema":{"type":"object"}}})"));
  EXPECT_EQ(run.finish().output().at("structured"), json::parse(R"({"n":1})"));
}

TEST(AnthropicRequest, WhatCannotBeAskedIsRefusedBeforeAnythingIsSent) {
  LoopbackServer server(answering("hi"));
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  for (const char* input : {R"("")", R"({"nothing":1})", R"({"messages":{}})", R"({"messages":[{"content":7}]})",
                            R"({"messages":[{"content":[{"type":"audio"}]}]})",
                            R"({"messages":[{"content":[{"type":"image"}]}]})", R"({"messages":[]})", "null"}) {
    FakeRun run(json::parse(input));
    EXPECT_THROW(provider.start(run), std::runtime_error) << input;
  }
  for (const char* options : {R"({"max_output_tokens":0})", R"({"model":7})", R"({"output_schema":"x"})", "[]"}) {
    FakeRun run("hello");
    run.set_options(json::parse(options));
    EXPECT_THROW(provider.start(run), std::runtime_error) << options;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST(AnthropicRequest, NoMoreModelCallsThanMaxTurns) {
  LoopbackServer server(answering("hi"));
  json::object config = anthropic_config(server);
  config["max_turns"] = 2;
  ProviderUnderTest provider("anthropic", config);
  FakeRun third("hello");
  third.set_turn(3);
  EXPECT_THROW(provider.start(third), std::runtime_error);
  FakeRun second("hello");
  second.set_turn(2);
  provider.run(second);
  EXPECT_EQ(second.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
}

TEST(AnthropicConfig, DescribesItselfWithTheConfiguredModelFirst) {
  LoopbackServer server(answering("hi"));
  json::object config = anthropic_config(server);
  config["max_output_tokens"] = 1000;
  ProviderUnderTest provider("anthropic", config);
  const json::object described = provider.describe().as_object();
  EXPECT_EQ(described.at("vendor"), "anthropic");
  EXPECT_EQ(described.at("grade"), "own");
  EXPECT_EQ(described.at("usage"), "delta");
  EXPECT_EQ(described.at("models").as_array().at(0), "claude-sonnet-4-5");
  EXPECT_EQ(described.at("max_output_tokens"), 1000);
}

TEST(AnthropicConfig, WhatIsNoUrlOrNoHeaderIsRefused) {
  for (const char* config : {R"({"base_url":"api.anthropic.com"})", R"({"headers":{"x-a":"1\r\nx-b: 2"}})",
                             R"({"headers":{"x a":"1"}})", R"({"max_retries":-1})"}) {
    EXPECT_THROW(ProviderUnderTest("anthropic", json::parse(config)), std::runtime_error) << config;
  }
}

// ---- errors

struct ErrorCase {
  int status;
  const char* type;
  const char* code;
};

class AnthropicError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(AnthropicError, IsSaidInTheTaxonomyWithTheApisOwnWords) {
  const ErrorCase& expected = GetParam();
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(
        answer(expected.status, "application/json", error_envelope(expected.type, "the words"), "retry-after: 3\r\n"));
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.run(run);
  const SeenFinish finish = run.finish();
  EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(finish.error_code(), expected.code);
  EXPECT_THAT(finish.error_message(), HasSubstr("the words"));
  const json::object& error = finish.result.at("error").as_object();
  EXPECT_EQ(error.at("details").at("retry_after_ms"), 3000);
  EXPECT_EQ(error.at("provider_error").at("provider"), "anthropic");
  EXPECT_EQ(error.at("provider_error").at("kind"), expected.type);
  EXPECT_EQ(error.at("provider_error").at("status"), expected.status);
  EXPECT_THAT(seen_of(run), Not(HasSubstr(kTestKey)));
}

INSTANTIATE_TEST_SUITE_P(Statuses, AnthropicError,
                         ::testing::Values(ErrorCase{400, "invalid_request_error", "invalid_input"},
                                           ErrorCase{401, "authentication_error", "provider_authentication_failed"},
                                           ErrorCase{402, "billing_error", "provider_quota_exceeded"},
                                           ErrorCase{403, "permission_error", "provider_authentication_failed"},
                                           ErrorCase{404, "not_found_error", "invalid_input"},
                                           ErrorCase{413, "request_too_large", "invalid_input"},
                                           ErrorCase{429, "rate_limit_error", "provider_rate_limited"},
                                           ErrorCase{500, "api_error", "provider_unavailable"},
                                           ErrorCase{504, "timeout_error", "provider_timeout"},
                                           ErrorCase{529, "overloaded_error", "provider_unavailable"}),
                         [](const auto& test) { return "Of" + std::to_string(test.param.status); });

TEST(AnthropicErrors, ABodyThatIsNoEnvelopeLeavesWhatTheStatusSays) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(502, "text/html", "<html>bad gateway</html>" + std::string(200'000, 'x')));
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_unavailable");
  EXPECT_EQ(run.finish().result.at("error").at("provider_error").at("kind"), "unknown");
}

TEST(AnthropicErrors, ARefusedConnectionIsUnavailable) {
  json::object config;
  {
    LoopbackServer gone(answering("hi"));
    config = anthropic_config(gone);
  }
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_unavailable");
  EXPECT_THAT(run.finish().error_message(), HasSubstr("cannot connect to http://127.0.0.1"));
}

// ---- another try

TEST(AnthropicRetry, IsMadeAfterTheTimeThatTheServerNamesAndSaid) {
  std::atomic<int> count{0};
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    if (++count == 1) {
      peer.send(answer(529, "application/json", error_envelope("overloaded_error", "later"), "retry-after-ms: 30\r\n"));
    } else {
      send_stream(peer, text_stream("hi"));
    }
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 2;
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  const auto began = SteadyClock::now();
  provider.run(run);
  EXPECT_GE(SteadyClock::now() - began, milliseconds(30));
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(server.requests().size(), 2U);
  const SeenEvent event = run.events().at(0);
  EXPECT_EQ(event.type, static_cast<std::uint32_t>(ASMGR_EV_ERROR_OCCURRED));
  EXPECT_EQ(event.data.at("attempt"), 1);
  EXPECT_EQ(event.data.at("error_code"), "provider_unavailable");
  EXPECT_EQ(event.data.at("will_retry"), true);
  EXPECT_GE(event.data.at("retry_in_ms").as_int64(), 30);
  EXPECT_EQ(event.data.at("provider_error").at("kind"), "overloaded_error");
}

TEST(AnthropicRetry, IsMadeAsOftenAsConfigured) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(500, "application/json", "{}", "retry-after-ms: 1\r\n"));
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 3;
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(server.requests().size(), 4U);
  EXPECT_EQ(run.events_of(ASMGR_EV_ERROR_OCCURRED).size(), 3U);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
}

TEST(AnthropicRetry, IsNotMadeOnceSomethingOfTheAnswerWasHandedOver) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    const std::string stream = text_stream("hi");
    peer.send(chunked_head(200, "text/event-stream") + chunk(stream.substr(0, stream.size() / 2)));
    peer.close_after();
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 3;
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(run.finish().error_code(), "provider_unavailable");
}

TEST(AnthropicRetry, IsMadeOnceAlthoughTheRefusedStreamGoesOn) {
  FakeRun run("hello");
  std::atomic<int> count{0};
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    if (++count > 1) return send_stream(peer, text_stream("hi"));
    peer.send(chunked_head(200, "text/event-stream") +
              chunk("data: " + error_envelope("overloaded_error", "Overloaded") + "\n\n"));
    if (run.wait_events(1)) peer.send(chunk(text_stream("not this")) + chunk(""));
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 5;
  ProviderUnderTest provider("anthropic", config);
  provider.run(run);
  EXPECT_EQ(run.finish().output().at("content"), "hi");
  EXPECT_EQ(run.events_of(ASMGR_EV_ERROR_OCCURRED).size(), 1U);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(AnthropicRetry, IsNotMadeForWhatWillNotChangeNorLaterThanTheRunMayLast) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    const bool rate_limited = request.body.find("slow") != std::string::npos;
    peer.send(answer(rate_limited ? 429 : 400, "application/json", "{}", "retry-after: 20\r\n"));
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 3;
  ProviderUnderTest provider("anthropic", config);
  FakeRun wrong("wrong");
  provider.run(wrong);
  FakeRun slow("slow");
  slow.set_time_left(std::chrono::seconds(9));
  provider.run(slow);
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(slow.finish().error_code(), "provider_rate_limited");
}

// ---- times

TEST(AnthropicTimes, SilenceEndsTheRunWithProviderTimeout) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    if (request.body.find("stops") != std::string::npos) {
      peer.send(chunked_head(200, "text/event-stream") + chunk(": comment\n"));
    }
    peer.wait_closed();
  });
  json::object config = anthropic_config(server);
  config["timeouts"] = json::object{{"first_byte", 60}, {"idle", 50}};
  ProviderUnderTest provider("anthropic", config);
  for (const char* input : {"silent", "stops"}) {
    FakeRun run(input);
    provider.run(run);
    EXPECT_EQ(run.finish().error_code(), "provider_timeout") << input;
  }
  FakeRun run("deadline");
  run.set_time_left(milliseconds(40));
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_timeout");
}

// ---- cancel

// How long it takes is a benchmark's to tell: bench_http.
TEST(AnthropicCancel, ClosesTheConnectionAndFinishes) {
  std::promise<bool> closed;
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    const std::string stream = text_stream("hi");
    peer.send(chunked_head(200, "text/event-stream") + chunk(stream.substr(0, stream.size() / 2)));
    closed.set_value(peer.wait_closed());
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(1));
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_TRUE(closed.get_future().get()) << "the server still had its connection after 10 s";
}

TEST(AnthropicCancel, EndsTheWaitForAnotherTry) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(429, "application/json", "{}", "retry-after: 30\r\n"));
  });
  json::object config = anthropic_config(server);
  config["max_retries"] = 1;
  ProviderUnderTest provider("anthropic", config);
  FakeRun run("hello");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(1));
  run.cancel();
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(run.finishes().size(), 1U);
}

TEST(AnthropicCancel, TheEndOfTheInstanceEndsEveryRunOnce) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) { peer.wait_closed(); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun one("hello");
  FakeRun two("hello");
  provider.start(one);
  provider.start(two);
  ASSERT_TRUE(server.wait_requests(2));
  provider.destroy();
  for (FakeRun* run : {&one, &two}) {
    ASSERT_EQ(run->finishes().size(), 1U);
    EXPECT_EQ(run->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  }
}

}  // namespace
}  // namespace asmgr_test
