// Stands between a store and its server and breaks connections where a test wants it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace asmgr::test {

// Listens on a free port of loopback and passes everything on to another port there. Any thread.
class Proxy {
 public:
  explicit Proxy(int server_port);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy();

  [[nodiscard]] int port() const noexcept { return port_; }

  // Every connection is cut now.
  void cut();
  // The connection over which so many further bytes have passed, counted over all and both ways, is cut in the middle
  // of them; 0 = none.
  void cut_after(std::uint64_t bytes);
  // The next connection over which this text goes to the server is cut once the server has answered what came with it:
  // the text arrives, the answer does not.
  void lose_answer_to(const std::string& text);
  [[nodiscard]] int cuts() const noexcept { return cuts_; }

 private:
  struct Link {
    int client = -1;
    int server = -1;
    bool loses_answer = false;
    bool broken = false;
  };
  void run();
  void accept_one();
  void pass(Link& link, bool to_server);
  void wake() const noexcept;

  const int server_port_;
  int listener_ = -1;
  int port_ = 0;
  int wake_fd_ = -1;
  std::atomic<int> cuts_{0};
  std::atomic<bool> ending_{false};

  std::mutex mutex_;
  std::uint64_t bytes_left_ = 0;  // guarded by mutex_, as is what follows
  bool cut_all_ = false;
  std::string loses_answer_to_;

  std::vector<std::unique_ptr<Link>> links_;  // of the thread alone
  std::thread thread_;
};

}  // namespace asmgr::test
