#include "terminals.hpp"

#include <sys/eventfd.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "utf8.hpp"

namespace asmgr::acp {
namespace {

constexpr std::chrono::milliseconds kTerminalGrace{300};  // between SIGTERM and SIGKILL

exec::SpawnError no_room(std::string message) {
  return {exec::SpawnStep::kResources, 0, std::move(message)};
}

}  // namespace

class Terminals::Terminal {
 public:
  Terminal(exec::Child child, std::uint64_t output_bytes, std::function<void()> on_exit)
      : child_(std::move(child)),
        output_bytes_(output_bytes),
        on_exit_(std::move(on_exit)),
        cancel_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { run(); }) {}
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    kill();
    thread_.join();
  }

  void kill() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      killed_ = true;
    }
    if (cancel_.get() >= 0) eventfd_write(cancel_.get(), 1);
  }

  [[nodiscard]] TerminalState look() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::string_view kept = tail_of(output_, output_bytes_);
    return {to_utf8(kept), dropped_ || kept.size() < output_.size(), over_, wait_status_};
  }

 private:
  void run() {
    exec::RunOptions options;
    options.on_stdout = [this](std::string_view bytes) { take(bytes); };
    options.on_stderr = options.on_stdout;
    options.cancel_fd = cancel_.get();
    options.cancelled = [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return killed_;
    };
    options.grace = kTerminalGrace;
    const exec::Ended ended = exec::run_to_end(child_, options);
    // Said where the agent reads it: a signal alone tells it nothing.
    if (ended.limit) take("\n[ended: " + exec::limit_text(*ended.limit, child_.limits(), child_.tree_limits()) + "]\n");
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      wait_status_ = ended.wait_status;
      over_ = true;
    }
    on_exit_();
  }

  // Twice the limit is kept before the beginning is cut off, so that not every piece moves all of it.
  void take(std::string_view bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    output_ += bytes;
    if (output_.size() / 2 <= output_bytes_) return;
    output_ = std::string(tail_of(output_, output_bytes_));
    dropped_ = true;
  }

  exec::Child child_;
  const std::uint64_t output_bytes_;
  const std::function<void()> on_exit_;
  exec::Fd cancel_;
  mutable std::mutex mutex_;
  std::string output_;  // guarded by mutex_, as is the rest
  bool dropped_ = false;
  bool killed_ = false;
  bool over_ = false;
  std::optional<int> wait_status_;
  std::thread thread_;  // last: it uses the others
};

Terminals::Terminals(TerminalLimits limits, OnExit on_exit) : limits_(limits), on_exit_(std::move(on_exit)) {}

// All at once, since each takes its time to end.
Terminals::~Terminals() {
  for (const auto& [id, terminal] : terminals_) terminal->kill();
}

std::variant<std::string, exec::SpawnError> Terminals::create(const TerminalCommand& command) {
  if (terminals_.size() >= kMost) {
    return no_room("there are " + std::to_string(kMost) + " terminals already; release some");
  }
  exec::Command started;
  started.argv = command.argv;
  started.cwd = command.cwd;
  started.env = command.env;
  started.orphan_grace = kTerminalGrace;
  started.limits = limits_.each;
  started.tree_limits = limits_.all;
  started.tree_limits.output_bytes = 0;
  auto spawned = exec::spawn(started);
  if (auto* error = std::get_if<exec::SpawnError>(&spawned)) return std::move(*error);
  const std::string id = "term_" + std::to_string(next_++);
  try {
    terminals_[id] = std::make_unique<Terminal>(std::get<exec::Child>(std::move(spawned)), command.output_bytes,
                                                [this, id] { on_exit_(id); });
  } catch (const std::system_error& error) {
    terminals_.erase(id);
    return no_room(std::string("there is no thread for a terminal: ") + error.what());
  }
  return id;
}

std::optional<TerminalState> Terminals::look(const std::string& id) const {
  const auto found = terminals_.find(id);
  if (found == terminals_.end()) return std::nullopt;
  return found->second->look();
}

bool Terminals::kill(const std::string& id) {
  const auto found = terminals_.find(id);
  if (found == terminals_.end()) return false;
  found->second->kill();
  return true;
}

bool Terminals::release(const std::string& id) {
  return terminals_.erase(id) != 0;
}

}  // namespace asmgr::acp
