#include "tests/plugins/postgres/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace asmgr::test {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// At once and with an error on the other side, as when a machine goes.
void reset(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(socket);
}

}  // namespace

Proxy::Proxy(int server_port) : server_port_(server_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("the proxy cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  ending_ = true;
  wake();
  thread_.join();
  for (const auto& link : links_) {
    close(link->client);
    close(link->server);
  }
  close(listener_);
  close(wake_fd_);
}

void Proxy::wake() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
}

void Proxy::cut() {
  {
    const std::lock_guard lock(mutex_);
    cut_all_ = true;
  }
  wake();
}

void Proxy::cut_after(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_left_ = bytes;
}

void Proxy::lose_answer_to(const std::string& text) {
  const std::lock_guard lock(mutex_);
  loses_answer_to_ = text;
}

void Proxy::accept_one() {
  auto link = std::make_unique<Link>();
  link->client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (link->client < 0) return;
  link->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  if (connect(link->server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    reset(link->client);
    close(link->server);
    return;
  }
  const int on = 1;
  setsockopt(link->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(link->server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  links_.push_back(std::move(link));
}

void Proxy::pass(Link& link, bool to_server) {
  char buffer[65536];
  const ssize_t got = read(to_server ? link.client : link.server, buffer, sizeof(buffer));
  if (got <= 0) {
    link.broken = true;
    return;
  }
  std::string_view bytes(buffer, static_cast<std::size_t>(got));
  if (!to_server && link.loses_answer) {
    ++cuts_;
    link.broken = true;
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (to_server && !loses_answer_to_.empty() && bytes.find(loses_answer_to_) != std::string_view::npos) {
      link.loses_answer = true;
      loses_answer_to_.clear();
    }
    if (bytes_left_ != 0) {
      const auto passing = std::min<std::uint64_t>(bytes_left_, bytes.size());
      bytes_left_ -= passing;
      if (bytes_left_ == 0) {
        bytes = bytes.substr(0, passing);
        link.broken = true;
        ++cuts_;
      }
    }
  }
  if (!send_all(to_server ? link.server : link.client, bytes)) link.broken = true;
}

void Proxy::run() {
  while (!ending_) {
    std::vector<pollfd> watched = {{listener_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    for (const auto& link : links_) {
      watched.push_back({link->client, POLLIN, 0});
      watched.push_back({link->server, POLLIN, 0});
    }
    if (poll(watched.data(), watched.size(), -1) <= 0) continue;
    std::uint64_t woken = 0;
    if (watched[1].revents != 0) static_cast<void>(!read(wake_fd_, &woken, sizeof(woken)));
    const std::size_t known = links_.size();
    for (std::size_t i = 0; i < known; ++i) {
      Link& link = *links_[i];
      if (watched[2 + 2 * i].revents != 0) pass(link, true);
      if (!link.broken && watched[3 + 2 * i].revents != 0) pass(link, false);
    }
    if (watched[0].revents != 0) accept_one();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& link : links_) link->broken = link->broken || cut_all_;
      if (cut_all_) cuts_ += static_cast<int>(links_.size());
      cut_all_ = false;
    }
    const auto gone = std::partition(links_.begin(), links_.end(), [](const auto& link) { return !link->broken; });
    std::for_each(gone, links_.end(), [](const auto& link) {
      reset(link->client);
      close(link->server);
    });
    links_.erase(gone, links_.end());
  }
}

}  // namespace asmgr::test
