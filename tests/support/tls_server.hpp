// A server on a port of 127.0.0.1 that the system chooses, speaking TLS; what is said inside is the test's. A thread
// per connection.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/test_certificates.hpp"

namespace asmgr_test {

// Used by one thread.
class TlsConnection {
 public:
  explicit TlsConnection(SSL* ssl) : ssl_(ssl) {}

  // What came next; empty when the client is gone.
  std::string read();
  // False when the client is gone.
  bool write(std::string_view bytes);
  // Exactly so many bytes; fewer when the client is gone.
  std::string read_exactly(std::size_t size);

 private:
  SSL* ssl_;
  std::string ahead_;  // read, but not asked for yet
};

class TlsServer {
 public:
  using Script = std::function<void(TlsConnection&)>;

  // `protocol` is what it agrees to by ALPN: "http/1.1", "h2". The script runs for each connection whose handshake went
  // well; when it returns, the connection is closed.
  TlsServer(Identity identity, std::string protocol, Script script);
  ~TlsServer();  // closes all connections and joins
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_);
  }

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void accept_all();
  void serve(int fd);

  Identity identity_;
  std::string offered_;  // the protocol as ALPN has it: its length, its name
  Script script_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_, like the rest
  std::vector<int> open_;
  std::list<std::thread> threads_;
  std::thread accepting_;
};

}  // namespace asmgr_test
