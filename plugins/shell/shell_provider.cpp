#include "shell_provider.hpp"

#include <sys/eventfd.h>
#include <asmgr/toolkit/json_view.hpp>

#include <asmgr/toolkit/exec.hpp>
#include <boost/json/parse.hpp>

#include "command_rules.hpp"
#include "shell_run.hpp"

namespace asmgr::shell {

// A descriptor for poll that this run's cancel makes readable, for as long as the run lasts. Where none is to be had
// the run looks at its token every few milliseconds instead.
class ShellProvider::WakeEntry {
 public:
  WakeEntry(ShellProvider& provider, std::uint64_t start)
      : provider_(provider), start_(start), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    const std::lock_guard<std::mutex> lock(provider_.mutex_);
    provider_.wake_fds_[start_] = fd_.get();
  }
  WakeEntry(const WakeEntry&) = delete;
  WakeEntry& operator=(const WakeEntry&) = delete;
  ~WakeEntry() {
    const std::lock_guard<std::mutex> lock(provider_.mutex_);
    provider_.wake_fds_.erase(start_);
  }

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  ShellProvider& provider_;
  std::uint64_t start_;
  exec::Fd fd_;
};

ShellProvider::ShellProvider(const sdk::Create& create) : config_(read_config(create.config)) {}

std::string ShellProvider::describe() {
  return R"({"vendor":"shell","capabilities":[)"
         R"({"name":"command_execution","type":"code_execution","enabled":true,)"
         R"("description":"Runs commands on the machine of the host"},)"
         R"({"name":"streaming","type":"sampling","enabled":true,"description":"Output arrives as it is written"}],)"
         R"("models":[],"grade":"intercept","usage":"total","heartbeat_ms":0,"goes_on_by":"input",)"
         R"("hints":[],"needs":[{"program":)" +
         sdk::json_quote(config_.shell) + "}]}";
}

sdk::RunResult ShellProvider::run(sdk::BlockingRun& run) {
  const WakeEntry wake(*this, run.context().start());
  return ShellRun(config_, run, wake.fd()).carry_out();
}

void ShellProvider::on_cancel(std::uint64_t start) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = wake_fds_.find(start);
  if (found != wake_fds_.end() && found->second >= 0) eventfd_write(found->second, 1);
}

void validate_config(const sdk::Host& host, std::string_view text, sdk::Problems& problems) {
  static_cast<void>(host);
  boost::system::error_code error;
  const boost::json::value config = boost::json::parse(sdk::as_json(text), error);
  if (error || !config.is_object()) return problems.add("", "the config block must be an object");
  const boost::json::value* allowed = config.get_object().if_contains("allowed_commands");
  if (allowed == nullptr || !allowed->is_array()) return;
  std::size_t index = 0;
  for (const boost::json::value& entry : allowed->get_array()) {
    const std::string path = "/allowed_commands/" + std::to_string(index++);
    if (!entry.is_string() || !only_runs_another_command(entry.get_string())) continue;
    problems.add(path, "'" + std::string(entry.get_string()) +
                           "' only runs another command, so allowing it would allow everything; list the commands "
                           "themselves");
  }
}

}  // namespace asmgr::shell
