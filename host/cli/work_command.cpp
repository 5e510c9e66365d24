// `asmgr work`: a host without HTTP.
#include <condition_variable>
#include <mutex>

#include "host/cli/opening.hpp"
#include "host/cli/signals.hpp"

namespace asmgr::cli {
namespace {

class WorkCommand final : public Command {
 public:
  explicit WorkCommand(CLI::App&) {}

  Result<ExitCode> run(Invocation& invocation) override {
    // From the first moment on: a signal during the start ends in good order too.
    invocation.signals.on_first([this] {
      const std::lock_guard lock(mutex_);
      asked_to_stop_ = true;
      changed_.notify_all();
    });
    auto result = work(invocation);
    invocation.signals.clear();
    return result;
  }

 private:
  Result<ExitCode> work(Invocation& invocation) {
    auto opened = open_host(invocation);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    invocation.console.note("working as " + manager.host_id() + "; SIGTERM ends it in good order", Style::plain);
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return asked_to_stop_; });
    }
    const auto limit = (*opened)->wiring().host.drain_timeout;
    const HostStatus status = manager.status();
    invocation.console.note(
        "draining: " + std::to_string(status.runs) + " runs, at most " + std::to_string(limit.count()) + " ms",
        Style::plain);
    if (const auto drained = manager.drain(limit); drained.has_error()) {
      invocation.console.note(drained.error().message() + "; cancelling them", Style::bad);
    }
    return ExitCode::done;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_to_stop_ = false;
};

}  // namespace

void add_work_command(CommandSet& commands) {
  commands.add<WorkCommand>(commands.root(), "work",
                            "Own sessions, recover those of dead hosts, run what is queued; no HTTP",
                            "asmgr work -c asmgr.yaml");
}

}  // namespace asmgr::cli
