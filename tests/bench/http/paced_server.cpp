#include "paced_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace asmgr::bench {
namespace {

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
constexpr std::string_view kEnd = "0\r\n\r\n";

void send_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void read_request(int fd) {
  std::string request;
  char bytes[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count <= 0) return;
    request.append(bytes, static_cast<std::size_t>(count));
  }
}

}  // namespace

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

PacedServer::PacedServer(Pace pace) : pace_(pace) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 4096) != 0) {
    throw std::system_error(errno, std::generic_category(), "listening on 127.0.0.1");
  }
  socklen_t length = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

PacedServer::~PacedServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (const int fd : clients_) close(fd);
  close(listener_);
}

void PacedServer::serve() {
  accept_all();
  for (const int fd : clients_) send_bytes(fd, kHead);
  send_all();
  for (const int fd : clients_) {
    send_bytes(fd, kEnd);
    shutdown(fd, SHUT_WR);
  }
}

void PacedServer::accept_all() {
  while (clients_.size() < pace_.streams) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    clients_.push_back(fd);
    read_request(fd);
  }
}

void PacedServer::send_all() {
  auto next = std::chrono::steady_clock::now();
  for (std::size_t chunk = 0; chunk < pace_.chunks; ++chunk) {
    for (const int fd : clients_) {
      std::this_thread::sleep_until(next);
      next += pace_.per_chunk;
      char event[64];
      const int size = std::snprintf(event, sizeof event, "data: %lld\n\n", static_cast<long long>(now_ns()));
      char framed[96];
      const int all = std::snprintf(framed, sizeof framed, "%x\r\n%s\r\n", static_cast<unsigned>(size), event);
      send_bytes(fd, {framed, static_cast<std::size_t>(all)});
    }
  }
}

}  // namespace asmgr::bench
