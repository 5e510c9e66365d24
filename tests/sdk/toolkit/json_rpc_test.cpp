#include <gtest/gtest.h>
#include <asmgr/toolkit/json_rpc.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

namespace asmgr::json_rpc {
namespace {

namespace json = boost::json;

// One side, and what it sent and heard.
class Side {
 public:
  explicit Side(PeerOptions options = {})
      : peer([this](std::string_view line) { sent.emplace_back(line); },
             {[this](const Request& request) { requests.push_back(request); },
              [this](const Notification& notification) { notifications.push_back(notification); }},
             options) {}

  std::int64_t ask(const char* method) {
    return peer.request(method, nullptr, [this](const Answer& answer) { answers.push_back(answer); });
  }

  std::vector<std::string> sent;
  std::vector<Request> requests;
  std::vector<Notification> notifications;
  std::vector<Answer> answers;
  Peer peer;
};

TEST(JsonRpcPeer, AsksAndIsAnswered) {
  Side side;
  json::object params;
  params["a"] = 1;
  side.peer.request("do", params, [&](const Answer& answer) { side.answers.push_back(answer); });
  EXPECT_EQ(side.sent.at(0), R"({"jsonrpc":"2.0","id":1,"method":"do","params":{"a":1}})");
  side.peer.feed(R"({"jsonrpc":"2.0","id":1,"result":{"ok":true}})");
  ASSERT_EQ(side.answers.size(), 1U);
  EXPECT_TRUE(side.answers[0].ok);
  EXPECT_EQ(json::serialize(side.answers[0].result), R"({"ok":true})");
  EXPECT_EQ(side.peer.open_requests(), 0U);
}

TEST(JsonRpcPeer, TakesResultBeforeIdAndNoVersion) {
  Side side({false, 10});
  side.ask("do");
  EXPECT_EQ(side.sent.at(0), R"({"id":1,"method":"do"})");
  side.peer.feed(R"({"result":null,"id":1})");
  ASSERT_EQ(side.answers.size(), 1U);
  EXPECT_TRUE(side.answers[0].ok);
}

TEST(JsonRpcPeer, AnErrorKeepsItsCodeWhateverItIs) {
  Side side;
  side.ask("a");
  side.ask("b");
  side.peer.feed(R"({"id":1,"result":null,"error":{"code":400,"message":"bad","data":{"x":1}}})");
  side.peer.feed(R"({"id":2,"error":"broken"})");
  ASSERT_EQ(side.answers.size(), 2U);
  EXPECT_FALSE(side.answers[0].ok);
  EXPECT_EQ(side.answers[0].error.code, 400);
  EXPECT_EQ(json::serialize(side.answers[0].error.data), R"({"x":1})");
  EXPECT_EQ(side.answers[1].error.message, "broken");
}

TEST(JsonRpcPeer, AnswersLateTwiceOrToNobodyAreCounted) {
  Side side;
  side.ask("a");
  const std::int64_t second = side.ask("b");
  side.peer.forget(second);
  for (const char* line : {R"({"id":1,"result":1})", R"({"id":1,"result":1})", R"({"id":2,"result":1})",
                           R"({"id":77,"result":1})", R"({"id":"1","result":1})", R"({"id":null,"error":{}})",
                           R"({"id":1.5,"result":1})", R"({"id":18446744073709551615,"result":1})"}) {
    side.peer.feed(line);
  }
  EXPECT_EQ(side.answers.size(), 1U);
  EXPECT_EQ(side.peer.counts().unknown_answers, 7U);
}

TEST(JsonRpcPeer, TheirIdsGoBackAsTheyCame) {
  Side side;
  side.peer.feed(R"({"id":0,"method":"m","params":[1]})");
  side.peer.feed(R"({"id":"0","method":"m"})");
  ASSERT_EQ(side.requests.size(), 2U);
  side.peer.respond(side.requests[1].id, json::object());
  side.peer.respond_error(side.requests[0].id, {kInvalidParams, "no", nullptr});
  side.peer.respond(side.requests[0].id, 1);  // answered already
  EXPECT_EQ(side.sent,
            (std::vector<std::string>{R"({"jsonrpc":"2.0","id":"0","result":{}})",
                                      R"({"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"no"}})"}));
}

TEST(JsonRpcPeer, RequestsThatCannotBeToldApartAreRefused) {
  Side side({true, 2});
  for (const char* line : {R"({"id":1,"method":"m"})", R"({"id":1,"method":"m"})", R"({"id":null,"method":"m"})",
                           R"({"id":{},"method":"m"})", R"({"id":2,"method":"m"})", R"({"id":3,"method":"m"})"}) {
    side.peer.feed(line);
  }
  EXPECT_EQ(side.requests.size(), 2U);
  EXPECT_EQ(side.peer.counts().refused, 4U);
  EXPECT_EQ(side.sent.size(), 4U);
}

TEST(JsonRpcPeer, NotificationsGoBothWays) {
  Side side;
  side.peer.notify("n", nullptr);
  side.peer.feed(R"({"method":"hello","params":{}})");
  EXPECT_EQ(side.sent.at(0), R"({"jsonrpc":"2.0","method":"n"})");
  EXPECT_EQ(side.notifications.at(0).method, "hello");
}

TEST(JsonRpcPeer, WhatIsNoMessageIsCountedAndBlankLinesAreNot) {
  Side side;
  for (const char* line : {"", "  \t", "not JSON", "{", "[]", "7", R"({"method":7})", R"({"id":1})", R"({})"}) {
    side.peer.feed(line);
  }
  side.peer.feed(std::string(1000, '['));
  EXPECT_EQ(side.peer.counts().not_json, 3U);
  EXPECT_EQ(side.peer.counts().not_messages, 5U);
}

TEST(JsonRpcPeer, TheEndFailsWhatIsOpenAndNothingIsSentAfterIt) {
  Side side;
  side.ask("a");
  side.peer.request("b", nullptr, [&](const Answer&) { side.ask("from a callback"); });
  side.peer.feed(R"({"id":9,"method":"m"})");
  side.sent.clear();
  side.peer.end("it is gone");
  side.peer.respond(9, 1);
  side.peer.notify("n", nullptr);
  ASSERT_EQ(side.answers.size(), 2U);
  EXPECT_EQ(side.answers[0].error.code, kPeerEnded);
  EXPECT_EQ(side.answers[1].error.message, "it is gone");
  EXPECT_TRUE(side.sent.empty());
}

TEST(JsonRpcPeer, TooManyOpenRequestsFailAtOnce) {
  Side side({true, 1});
  side.ask("a");
  side.ask("b");
  EXPECT_EQ(side.sent.size(), 1U);
  ASSERT_EQ(side.answers.size(), 1U);
  EXPECT_FALSE(side.answers[0].ok);
}

TEST(JsonRpcPeer, WithoutAHandlerRequestsAreAnsweredAsUnknown) {
  std::vector<std::string> sent;
  Peer peer([&](std::string_view line) { sent.emplace_back(line); }, {});
  peer.feed(R"({"id":1,"method":"m"})");
  peer.feed(R"({"method":"n"})");
  EXPECT_EQ(sent.at(0), R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"there is no method 'm'"}})");
}

}  // namespace
}  // namespace asmgr::json_rpc
