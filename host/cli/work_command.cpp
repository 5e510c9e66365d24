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
    invocation.signals.on_first([this] { ask(stop_); });
    invocation.signals.on_hangup([this] { ask(reload_); });
    auto result = work(invocation);
    invocation.signals.clear();
    return result;
  }

 private:
  void ask(bool& what) {
    const std::lock_guard lock(mutex_);
    what = true;
    changed_.notify_all();
  }

  Result<ExitCode> work(Invocation& invocation) {
    auto opened = open_host(invocation);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    invocation.console.note("working as " + manager.host_id() + "; SIGTERM ends it in good order, SIGHUP reloads",
                            Style::plain);
    std::unique_lock lock(mutex_);
    while (!stop_) {
      if (std::exchange(reload_, false)) {
        lock.unlock();
        reload(invocation, **opened);
        lock.lock();
      } else {
        changed_.wait(lock, [this] { return stop_ || reload_; });
      }
    }
    lock.unlock();
    invocation.console.note("draining: " + std::to_string(manager.status().runs) + " runs", Style::plain);
    if (const auto drained = manager.drain(); drained.has_error()) {
      invocation.console.note(drained.error().message() + "; cancelling them", Style::bad);
    }
    return ExitCode::done;
  }

  static void reload(Invocation& invocation, Opened& opened) {
    const auto reloaded = opened.reload();
    if (reloaded.has_error()) {
      invocation.console.note("not reloaded, everything stays as it was: " + reloaded.error().message(), Style::bad);
    } else {
      invocation.console.note("reloaded", Style::plain);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool reload_ = false;
};

}  // namespace

void add_work_command(CommandSet& commands) {
  commands.add<WorkCommand>(commands.root(), "work",
                            "Own sessions, recover those of dead hosts, run what is queued; no HTTP",
                            "asmgr work -c asmgr.yaml");
}

}  // namespace asmgr::cli
