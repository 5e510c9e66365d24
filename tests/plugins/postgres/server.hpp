// A PostgreSQL server of a test's own: on loopback, on a free port, in a temporary folder, gone with its owner.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace asmgr::test {

class PostgresServer {
 public:
  // Makes a database cluster without flushes and starts it. Throws std::runtime_error when that fails, and when
  // PostgreSQL is not installed.
  PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  // Empty when the programs of a server are installed, else the sentence why tests with one are skipped.
  static std::string missing();

  // Ends it as a crash would, and returns when it is gone.
  void crash();
  // Starts it again, on the same port. Returns when it answers.
  void start();

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] std::string dsn() const { return dsn_at(port_); }
  // Through something that listens on that port and passes on.
  [[nodiscard]] static std::string dsn_at(int port);

 private:
  pid_t launch(const std::vector<std::string>& command) const;
  void end(int signal) noexcept;
  [[nodiscard]] bool answers() const;
  [[nodiscard]] std::string log() const;

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace asmgr::test
