// A host of a fault run as the test sees it: a process that writes into files only, so it never waits for its reader.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace asmgr::faults {

// Gone with its owner, and with the test's own process.
class HostProcess {
 public:
  // `environment` is added to the test's own; what it says goes to the end of `log`.
  HostProcess(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
              const std::string& log);
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;
  ~HostProcess();

  void send(int signal) const;
  // Whether it has ended.
  [[nodiscard]] bool is_over();
  // Waits for that; kills it when it takes more than a minute.
  void wait();
  // Once it is over: "exit code 0", "signal 9".
  [[nodiscard]] std::string how() const;

 private:
  bool reap(bool blocking);

  pid_t pid_ = -1;
  bool over_ = false;
  int status_ = 0;
};

}  // namespace asmgr::faults
