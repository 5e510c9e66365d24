// The HTTP client with a server that speaks HTTP/2.
#include <asmgr/toolkit/http.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>

#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/sdk/toolkit/watched_exchange.hpp"
#include "tests/support/http2_stream.hpp"
#include "tests/support/tls_server.hpp"

namespace asmgr::http {
namespace {

using asmgr_test::CertificateAuthority;
using asmgr_test::Http2Stream;
using asmgr_test::request_to;
using asmgr_test::TempFolder;
using asmgr_test::TlsConnection;
using asmgr_test::TlsServer;
using asmgr_test::WatchedExchange;

class Http2 : public ::testing::Test {
 protected:
  // A server whose answer the script says, and a request that it is trusted with.
  TlsServer server_that(std::function<void(Http2Stream&)> script) {
    return TlsServer(authority_.vouch_for("IP:127.0.0.1"), "h2", [script](TlsConnection& connection) {
      Http2Stream stream(connection);
      if (stream.take_request()) script(stream);
    });
  }
  Request to(const TlsServer& server) {
    Request request = request_to(server.url(), "the body");
    request.ca_file = folder_.write("ca.pem", authority_.certificate()).string();
    return request;
  }

  const TempFolder folder_;
  const CertificateAuthority authority_{"an authority of a test"};
};

TEST_F(Http2, AnAnswerComesWithItsHeadAndInPieces) {
  std::promise<void> seen;
  std::future<void> go_on = seen.get_future();
  std::promise<std::string> asked;
  TlsServer server = server_that([&](Http2Stream& stream) {
    asked.set_value(stream.request_body());
    stream.head("text/event-stream");
    stream.data("one");
    go_on.wait_for(std::chrono::seconds(10));
    stream.data("two");
    stream.end();
    stream.wait_abandoned();
  });
  Client client;
  WatchedExchange watched(client, to(server));
  ASSERT_TRUE(watched.wait_body(3)) << watched.outcome().message;
  EXPECT_EQ(watched.body(), "one");
  EXPECT_EQ(watched.status(), 200);
  EXPECT_EQ(*find_header(watched.headers(), "Content-Type"), "text/event-stream");
  seen.set_value();
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kEnded) << watched.outcome().message;
  EXPECT_EQ(watched.body(), "onetwo");
  EXPECT_EQ(asked.get_future().get(), "the body");
}

TEST_F(Http2, AnAnswerThatBreaksOffIsCut) {
  for (const bool by_reset : {true, false}) {
    TlsServer server = server_that([by_reset](Http2Stream& stream) {
      stream.head("text/plain");
      stream.data("part");
      if (!by_reset) return;
      stream.reset();
      stream.wait_abandoned();
    });
    Client client;
    WatchedExchange watched(client, to(server));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().error, ErrorKind::kCut) << by_reset << ": " << watched.outcome().message;
  }
}

TEST_F(Http2, CancelIsSeenByTheServer) {
  std::promise<void> abandoned;
  std::future<void> seen = abandoned.get_future();
  TlsServer server = server_that([&](Http2Stream& stream) {
    stream.head("text/plain");
    stream.data("part");
    stream.wait_abandoned();
    abandoned.set_value();
  });
  Client client;
  WatchedExchange watched(client, to(server));
  ASSERT_TRUE(watched.wait_body(4)) << watched.outcome().message;
  watched.cancel();
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kCancelled);
  EXPECT_EQ(seen.wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST_F(Http2, APauseLosesNothing) {
  const std::string piece(16000, 'x');
  constexpr int kPieces = 30;
  TlsServer server = server_that([&](Http2Stream& stream) {
    stream.head("text/plain");
    for (int i = 0; i < kPieces; ++i) stream.data(piece);
    stream.end();
    stream.wait_abandoned();
  });
  Client client;
  WatchedExchange watched(client, to(server), /*pause_after=*/1);
  const std::size_t whole = piece.size() * kPieces;
  for (std::size_t taken = 0; taken < whole;) {
    ASSERT_TRUE(watched.wait_body(taken + 1)) << "after " << taken << " bytes";
    taken = watched.body().size();  // it stands still until resume
    watched.resume();
  }
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kEnded) << watched.outcome().message;
  EXPECT_EQ(watched.body().size(), whole);
}

}  // namespace
}  // namespace asmgr::http
