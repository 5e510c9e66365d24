#include "tls_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace asmgr_test {
namespace {

// The client's only choice is the one protocol of the server; without it there is none by ALPN.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* wanted,
                    unsigned int wanted_size, void* offered) {
  const auto& mine = *static_cast<const std::string*>(offered);
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(mine.data()),
                                           static_cast<unsigned int>(mine.size()), wanted, wanted_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// A client that has gone is an error of write, and no signal. OpenSSL cannot be told so for one write.
void ignore_broken_pipes() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

}  // namespace

std::string TlsConnection::read() {
  if (!ahead_.empty()) return std::exchange(ahead_, {});
  char bytes[16384];
  const int count = SSL_read(ssl_, bytes, sizeof bytes);
  return count <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(count));
}

std::string TlsConnection::read_exactly(std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string more = read();
    if (more.empty()) return all;
    all += more;
  }
  ahead_ = all.substr(size);
  all.resize(size);
  return all;
}

bool TlsConnection::write(std::string_view bytes) {
  return bytes.empty() || SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

TlsServer::TlsServer(Identity identity, std::string protocol, Script script)
    : identity_(std::move(identity)),
      offered_(static_cast<char>(protocol.size()) + protocol),
      script_(std::move(script)),
      context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX_use_certificate(context_.get(), identity_.certificate.get());
  SSL_CTX_use_PrivateKey(context_.get(), identity_.key.get());
  SSL_CTX_set_alpn_select_cb(context_.get(), &choose_protocol, &offered_);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener_, 64) != 0 || getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void TlsServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || fd < 0) {
      if (fd >= 0) close(fd);
      if (stopping_) return;
      continue;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void TlsServer::serve(int fd) {
  ignore_broken_pipes();
  SSL* ssl = SSL_new(context_.get());
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    TlsConnection connection(ssl);
    script_(connection);
  }
  SSL_free(ssl);
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
}

}  // namespace asmgr_test
