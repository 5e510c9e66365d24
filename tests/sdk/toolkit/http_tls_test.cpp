// Secure connections of the HTTP client: whom it trusts, and the way through a proxy.
#include <asmgr/toolkit/http.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/sdk/toolkit/watched_exchange.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/tls_server.hpp"

namespace asmgr::http {
namespace {

using asmgr_test::answer;
using asmgr_test::CertificateAuthority;
using asmgr_test::LoopbackServer;
using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;
using asmgr_test::request_to;
using asmgr_test::TempFolder;
using asmgr_test::TlsConnection;
using asmgr_test::TlsServer;
using asmgr_test::WatchedExchange;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpTls : public ::testing::Test {
 protected:
  // The server's answer, and the request's head as it came.
  void serve(TlsConnection& connection) {
    while (head_.find("\r\n\r\n") == std::string::npos) {
      const std::string more = connection.read();
      if (more.empty()) return;
      head_ += more;
    }
    connection.write(answer(200, "text/plain", "in secret"));
    ++answered_;
  }
  TlsServer server_for(const std::string& names) {
    return TlsServer(mine_.vouch_for(names), "http/1.1", [this](TlsConnection& connection) { serve(connection); });
  }
  Request trusting(const CertificateAuthority& authority, const std::string& url) {
    Request request = request_to(url);
    request.ca_file = folder_.write("ca.pem", authority.certificate()).string();
    return request;
  }

  const TempFolder folder_;
  const CertificateAuthority mine_{"an authority of a test"};
  std::string head_;
  std::atomic<int> answered_{0};
};

TEST_F(HttpTls, AServerIsTrustedWhomTheAuthorityOfTheCaFileVouchesFor) {
  {
    TlsServer server = server_for("IP:127.0.0.1");
    Client client;
    WatchedExchange watched(client, trusting(mine_, server.url() + "/path"));
    ASSERT_TRUE(watched.wait_ended());
    EXPECT_EQ(watched.outcome().ending, Ending::kEnded) << watched.outcome().message;
    EXPECT_EQ(watched.status(), 200);
    EXPECT_EQ(watched.body(), "in secret");
  }
  EXPECT_THAT(head_, HasSubstr("POST /path HTTP/1.1\r\n"));
}

TEST_F(HttpTls, AnotherAuthorityIsNotBelieved) {
  TlsServer server = server_for("IP:127.0.0.1");
  Client client;
  WatchedExchange watched(client, trusting(CertificateAuthority("somebody else"), server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kTls) << watched.outcome().message;
  EXPECT_THAT(watched.outcome().message, HasSubstr("there is no secure connection to " + server.url()));
  EXPECT_THAT(watched.outcome().message, HasSubstr("certificate"));
  EXPECT_THAT(watched.outcome().message, HasSubstr("ca_file"));
  EXPECT_EQ(answered_, 0) << "the request was sent all the same";
}

TEST_F(HttpTls, WithoutACaFileTheSystemsAuthoritiesCount) {
  TlsServer server = server_for("IP:127.0.0.1");
  Client client;
  WatchedExchange watched(client, request_to(server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kTls) << watched.outcome().message;
  EXPECT_EQ(answered_, 0);
}

TEST_F(HttpTls, ACertificateForAnotherNameIsNotBelieved) {
  TlsServer server = server_for("DNS:elsewhere.example");
  Client client;
  WatchedExchange watched(client, trusting(mine_, server.url()));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kTls) << watched.outcome().message;
  EXPECT_EQ(answered_, 0);
}

TEST_F(HttpTls, ACaFileThatIsNotThereIsSaid) {
  TlsServer server = server_for("IP:127.0.0.1");
  Client client;
  Request request = request_to(server.url());
  request.ca_file = (folder_.path() / "missing.pem").string();
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kTls) << watched.outcome().message;
  EXPECT_THAT(watched.outcome().message, HasSubstr("missing.pem"));
}

// The name is one that no_proxy does not have.
TEST_F(HttpTls, AProxyOnlyHandsOnWhatItCannotRead) {
  TlsServer server = server_for("DNS:localhost");
  LoopbackServer proxy([&](Peer& peer, const ReceivedRequest&) {
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.tunnel_to(server.port());
  });
  Client client;
  Request request = trusting(mine_, server.url("localhost") + "/path");
  request.proxy = proxy.url();
  request.headers = {{"authorization", "Bearer secret"}};
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().ending, Ending::kEnded) << watched.outcome().message;
  EXPECT_EQ(watched.status(), 200) << "of the server, not of the proxy";
  EXPECT_EQ(watched.heads(), 1);
  EXPECT_EQ(watched.body(), "in secret");
  const ReceivedRequest asked = proxy.requests().at(0);
  EXPECT_EQ(asked.line(), "CONNECT localhost:" + std::to_string(server.port()) + " HTTP/1.1");
  EXPECT_THAT(asked.head, Not(HasSubstr("secret")));
  EXPECT_THAT(asked.head, Not(HasSubstr("/path")));
}

TEST_F(HttpTls, AProxyThatRefusesIsNoBrokenAnswer) {
  LoopbackServer proxy([](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(407, "text/plain", "who are you?"));
    peer.close_after();
  });
  Client client;
  Request request = request_to("https://nowhere.invalid/");
  request.proxy = proxy.url();
  WatchedExchange watched(client, std::move(request));
  ASSERT_TRUE(watched.wait_ended());
  EXPECT_EQ(watched.outcome().error, ErrorKind::kConnect) << watched.outcome().message;
  EXPECT_THAT(watched.outcome().message, HasSubstr("407"));
  EXPECT_THAT(watched.outcome().message, HasSubstr("proxy"));
  EXPECT_EQ(watched.heads(), 0) << "the proxy's answer was taken for the server's";
}

}  // namespace
}  // namespace asmgr::http
