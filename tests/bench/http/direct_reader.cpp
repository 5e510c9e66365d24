#include "direct_reader.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "paced_server.hpp"

namespace asmgr::bench {
namespace {

constexpr std::string_view kRequest = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n";

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) {
    throw std::system_error(errno, std::generic_category(), "asking the server directly");
  }
  return fd;
}

}  // namespace

std::vector<std::int64_t> read_directly(std::uint16_t port, std::size_t streams) {
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> sockets;
  std::vector<TimeReader> readers(streams);
  for (std::size_t i = 0; i < streams; ++i) {
    sockets.push_back(connect_to(port));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poller, EPOLL_CTL_ADD, sockets.back(), &event);
  }
  std::vector<std::int64_t> delays;
  std::size_t open = streams;
  while (open > 0) {
    epoll_event events[64];
    const int count = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      const std::size_t stream = events[i].data.u64;
      char bytes[16384];
      const ssize_t got = recv(sockets[stream], bytes, sizeof bytes, 0);
      if (got > 0) {
        readers[stream].feed({bytes, static_cast<std::size_t>(got)},
                             [&](std::int64_t sent) { delays.push_back(now_ns() - sent); });
      } else {
        close(sockets[stream]);
        --open;
      }
    }
  }
  close(poller);
  return delays;
}

std::int64_t close_directly(std::uint16_t port) {
  const int fd = connect_to(port);
  char byte = 0;
  while (recv(fd, &byte, 1, 0) > 0 && byte != '!') continue;
  const std::int64_t closed_at = now_ns();
  close(fd);
  return closed_at;
}

}  // namespace asmgr::bench
