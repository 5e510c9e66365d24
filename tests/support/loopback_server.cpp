#include "loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace asmgr_test {
namespace {

constexpr int kPatienceMs = 10'000;

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

std::string status_line(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " " + (status < 400 ? "OK" : "Refused") + "\r\n";
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return std::string(value);
  }
  return {};
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<std::size_t> Peer::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return 0;
  return std::nullopt;
}

bool Peer::wait_closed() {
  keep_ = false;
  pollfd poll_for{fd_, POLLIN, 0};
  if (poll(&poll_for, 1, kPatienceMs) != 1) return false;
  char byte = 0;
  return recv(fd_, &byte, 1, 0) <= 0;
}

bool Peer::wait_writable() {
  return wait_writable_for(std::chrono::milliseconds(kPatienceMs));
}

bool Peer::wait_writable_for(std::chrono::milliseconds patience) {
  pollfd poll_for{fd_, POLLOUT, 0};
  return poll(&poll_for, 1, static_cast<int>(patience.count())) == 1 && (poll_for.revents & POLLOUT) != 0;
}

void Peer::reset_after() {
  keep_ = false;
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Peer::tunnel_to(std::uint16_t port) {
  keep_ = false;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (open) {
    pollfd ends[]{{fd_, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(ends, 2, -1) < 0) break;
    for (const int side : {0, 1}) {
      if (ends[side].revents == 0) continue;
      char bytes[16384];
      const ssize_t count = recv(ends[side].fd, bytes, sizeof bytes, 0);
      Peer other(ends[1 - side].fd);
      open = open && count > 0 && other.send({bytes, static_cast<std::size_t>(count)});
    }
  }
  close(server);
}

std::string answer(int status, std::string_view content_type, std::string_view body, std::string_view more_headers) {
  return status_line(status) + "content-type: " + std::string(content_type) +
         "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + std::string(more_headers) + "\r\n" +
         std::string(body);
}

std::string chunked_head(int status, std::string_view content_type, std::string_view more_headers) {
  return status_line(status) + "content-type: " + std::string(content_type) + "\r\ntransfer-encoding: chunked\r\n" +
         std::string(more_headers) + "\r\n";
}

std::string chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

LoopbackServer::LoopbackServer(Script script) : script_(std::move(script)) {
  setenv("no_proxy", "127.0.0.1", 1);  // whatever proxy this machine has
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);  // a port that the system chooses
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 1024) != 0) {
    give_up("listening on 127.0.0.1");
  }
  socklen_t length = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    changed_.notify_all();
  }
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void LoopbackServer::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || fd < 0) {
      if (fd >= 0) close(fd);
      if (stopping_) return;
      continue;
    }
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    open_.push_back(fd);
    ++accepted_;
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void LoopbackServer::serve(int fd) {
  std::string buffer;
  ReceivedRequest request;
  while (receive(fd, buffer, request)) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(request);
      changed_.notify_all();
    }
    Peer peer(fd);
    script_(peer, request);
    if (!peer.keeps()) break;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
}

bool LoopbackServer::receive(int fd, std::string& buffer, ReceivedRequest& request) {
  request = {};
  std::size_t head_end = std::string::npos;
  std::size_t body_size = 0;
  for (;;) {
    if (head_end == std::string::npos && (head_end = buffer.find("\r\n\r\n")) != std::string::npos) {
      request.head = buffer.substr(0, head_end + 2);
      const std::string length = request.header("content-length");
      body_size = length.empty() ? 0 : std::stoul(length);
    }
    if (head_end != std::string::npos && buffer.size() >= head_end + 4 + body_size) break;
    char bytes[16384];
    const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(count));
  }
  request.body = buffer.substr(head_end + 4, body_size);
  buffer.erase(0, head_end + 4 + body_size);
  return true;
}

std::vector<ReceivedRequest> LoopbackServer::requests() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

std::size_t LoopbackServer::connections() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return accepted_;
}

bool LoopbackServer::wait_requests(std::size_t count) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(kPatienceMs), [&] { return requests_.size() >= count; });
}

void LoopbackServer::hang() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return stopping_; });
}

}  // namespace asmgr_test
