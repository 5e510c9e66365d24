#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/jsonl.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace asmgr::agent {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kReadChunk = 64 * 1024;
constexpr milliseconds kCancelLook{50};
constexpr milliseconds kLinger{100};      // how long descendants may outlive the program and write
constexpr milliseconds kGiveUp{10'000};   // how long a tree that was killed is waited for
constexpr std::size_t kMostOfAPipe = 16;  // reads of kReadChunk that empty the largest pipe

// The end of a stream in bounded memory.
class Tail {
 public:
  explicit Tail(std::size_t limit) : limit_(limit) {}

  void take(std::string_view bytes) {
    if (bytes.size() > limit_) bytes.remove_prefix(bytes.size() - limit_);
    text_ += bytes;
    cut_ = cut_ || text_.size() > limit_;
    if (text_.size() > 2 * limit_) trim();
  }
  [[nodiscard]] bool cut() const noexcept { return cut_; }
  [[nodiscard]] std::string text() {
    trim();
    return text_;
  }

 private:
  void trim() {
    if (text_.size() > limit_) text_.erase(0, text_.size() - limit_);
  }

  std::size_t limit_;
  std::string text_;
  bool cut_ = false;
};

std::string in_words(milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

}  // namespace

// One call of run.
class AgentProcess::Pump {
 public:
  Pump(AgentProcess& owner, exec::Child& child, AgentHandler& handler, const std::function<bool()>& cancelled)
      : owner_(owner),
        options_(owner.options_),
        child_(child),
        handler_(handler),
        host_cancelled_(cancelled),
        reader_(options_.max_line_bytes),
        stderr_(options_.stderr_tail_bytes) {}

  AgentEnd run() {
    handler_.on_start();
    for (;;) {
      child_.update();
      if (child_.limit_passed()) limit_passed(*child_.limit_passed());
      if (child_.tree_gone() || given_up()) break;
      owner_.run_tasks();
      decide();
      turn();
    }
    // The writers are dead: what is in the pipes now is all there will be.
    drain();
    if (!reader_.error().empty() || cause_ == AgentEndCause::kStopped) return result();
    reader_.finish([this](std::string_view line) { deliver(line); });
    return result();
  }

  void write_line(std::string_view line) {
    if (child_.stdin_fd() < 0 || close_stdin_) return;
    if (unsent_.size() - sent_ + line.size() > options_.max_unsent_bytes) {
      return order_end(AgentEndCause::kReadsNoInput, "the program does not read its input: more than " +
                                                         std::to_string(options_.max_unsent_bytes) +
                                                         " bytes are waiting for it");
    }
    unsent_ += line;
    unsent_ += '\n';
    feed();
  }
  void close_stdin() {
    close_stdin_ = true;
    feed();
  }
  void finish_up() {
    if (finished_up_) return;
    finished_up_ = true;
    leave_by_ = Clock::now() + options_.exit_grace;
    if (interrupt_by_) leave_by_ = std::min(leave_by_, *interrupt_by_);
    close_stdin();
  }
  void stop(std::string message) { order_end(AgentEndCause::kStopped, std::move(message)); }
  void expect_silence(bool silent) noexcept {
    silent_ = silent;
    last_line_at_ = Clock::now();
  }

 private:
  [[nodiscard]] bool given_up() const { return ordered_at_ && Clock::now() >= *ordered_at_ + kGiveUp; }

  void order_end(AgentEndCause cause, std::string message) {
    if (ordered_at_) return;
    ordered_at_ = Clock::now();
    cause_ = cause;
    message_ = std::move(message);
    child_.terminate(cause == AgentEndCause::kLimit ? milliseconds(0) : options_.kill_grace);
  }

  void limit_passed(exec::Limit limit) {
    if (ordered_at_) return;
    limit_ = limit;
    order_end(AgentEndCause::kLimit, exec::limit_text(limit, child_.limits(), child_.tree_limits()));
  }

  void count_output(std::size_t bytes) {
    output_bytes_ += bytes;
    const std::uint64_t limit = child_.tree_limits().output_bytes;
    if (limit != 0 && output_bytes_ > limit) limit_passed(exec::Limit::kOutput);
  }

  void decide() {
    if (ordered_at_) return;
    const Clock::time_point now = Clock::now();
    if (child_.wait_status().has_value()) {
      if (!exited_at_) exited_at_ = now;
      const bool silent = child_.stdout_fd() < 0 && child_.stderr_fd() < 0;
      if (silent || now >= *exited_at_ + kLinger) return order_end(AgentEndCause::kExited, {});
      return;
    }
    if (finished_up_) {
      if (now >= leave_by_) order_end(AgentEndCause::kExited, {});
      return;
    }
    if (look_for_cancel(now)) return;
    check_timeouts(now);
  }

  // True once the run is cancelled.
  bool look_for_cancel(Clock::time_point now) {
    if (!interrupt_by_) {
      if (!owner_.cancelled_ && !(host_cancelled_ && host_cancelled_())) return false;
      interrupt_by_ = now + options_.interrupt_grace;
      if (handler_.on_cancel() || ordered_at_) return true;
      order_end(AgentEndCause::kCancelled, {});
    } else if (now >= *interrupt_by_) {
      order_end(AgentEndCause::kCancelled, {});
    }
    return true;
  }

  void check_timeouts(Clock::time_point now) {
    const AgentTimeouts& limits = options_.timeouts;
    if (limits.total.count() > 0 && now >= started_at_ + limits.total) {
      return order_end(AgentEndCause::kTotal, "the run took longer than " + in_words(limits.total));
    }
    if (silent_) return;
    if (lines_ == 0) {
      if (limits.first_line.count() > 0 && now >= last_line_at_ + limits.first_line) {
        order_end(AgentEndCause::kNoFirstLine, "the program wrote nothing for " + in_words(limits.first_line));
      }
      return;
    }
    if (limits.idle.count() > 0 && now >= last_line_at_ + limits.idle) {
      order_end(AgentEndCause::kIdle, "the program went silent for " + in_words(limits.idle));
    }
  }

  [[nodiscard]] int patience() const {
    const Clock::time_point now = Clock::now();
    Clock::time_point until = now + milliseconds(60'000);
    const auto at = [&](Clock::time_point when) { until = std::min(until, when); };
    const AgentTimeouts& limits = options_.timeouts;
    if (ordered_at_) {
      at(*ordered_at_ + kGiveUp);
    } else if (exited_at_) {
      at(*exited_at_ + kLinger);
    } else if (finished_up_) {
      at(leave_by_);
    } else if (interrupt_by_) {
      at(*interrupt_by_);
    } else {
      if (host_cancelled_) at(now + kCancelLook);
      if (limits.total.count() > 0) at(started_at_ + limits.total);
      const milliseconds quiet = lines_ == 0 ? limits.first_line : limits.idle;
      if (!silent_ && quiet.count() > 0) at(last_line_at_ + quiet);
    }
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(until - now).count()));
  }

  void turn() {
    enum : std::size_t { kNews, kOut, kErr, kIn, kWake, kCount };
    std::array<pollfd, kCount> fds{};
    fds[kNews] = {child_.news_fd(), POLLIN, 0};
    fds[kOut] = {child_.stdout_fd(), POLLIN, 0};
    fds[kErr] = {child_.stderr_fd(), POLLIN, 0};
    fds[kIn] = {unsent_.size() > sent_ ? child_.stdin_fd() : -1, POLLOUT, 0};
    fds[kWake] = {owner_.wake_.get(), POLLIN, 0};
    if (poll(fds.data(), fds.size(), patience()) <= 0) return;
    if (fds[kWake].revents != 0) {
      eventfd_t ignored = 0;
      eventfd_read(owner_.wake_.get(), &ignored);
    }
    if (fds[kErr].revents != 0 && !read_stderr()) child_.close_stderr();
    if (fds[kOut].revents != 0 && !read_stdout()) child_.close_stdout();
    if (fds[kIn].revents != 0) feed();
  }

  // False at the end of the stream.
  bool read_stdout() {
    const ssize_t got = read(child_.stdout_fd(), buffer_.data(), buffer_.size());
    if (got > 0) {
      count_output(static_cast<std::size_t>(got));
      const bool taken = reader_.feed({buffer_.data(), static_cast<std::size_t>(got)},
                                      [this](std::string_view line) { deliver(line); });
      if (!taken) order_end(AgentEndCause::kLineTooLong, "of the program's output " + reader_.error());
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }
  bool read_stderr() {
    const ssize_t got = read(child_.stderr_fd(), buffer_.data(), buffer_.size());
    if (got > 0) {
      count_output(static_cast<std::size_t>(got));
      stderr_.take({buffer_.data(), static_cast<std::size_t>(got)});
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  void deliver(std::string_view line) {
    if (cause_ == AgentEndCause::kStopped) return;
    ++lines_;
    handler_.on_line(line);
    last_line_at_ = Clock::now();  // afterwards: the time a handler takes is not the program's
  }

  void drain() {
    const auto ready = [](int fd) {
      pollfd one{fd, POLLIN, 0};
      return fd >= 0 && poll(&one, 1, 0) > 0;
    };
    for (std::size_t i = 0; i < kMostOfAPipe && ready(child_.stderr_fd()) && read_stderr();) ++i;
    for (std::size_t i = 0; i < kMostOfAPipe && ready(child_.stdout_fd()) && read_stdout();) ++i;
  }

  void feed() {
    if (child_.stdin_fd() < 0) return;
    if (unsent_.size() > sent_) {
      const ssize_t written = child_.write_stdin(std::string_view(unsent_).substr(sent_));
      // A program that reads no more still may have something to say.
      if (written < 0) return child_.close_stdin();
      sent_ += static_cast<std::size_t>(written);
    }
    if (sent_ == unsent_.size()) {
      unsent_.clear();
      sent_ = 0;
      if (close_stdin_) child_.close_stdin();
    } else if (sent_ > kReadChunk) {
      unsent_.erase(0, std::exchange(sent_, 0));
    }
  }

  AgentEnd result() {
    AgentEnd end;
    end.cause = child_.guard_lost() ? AgentEndCause::kGuardLost : cause_;
    end.message = std::move(message_);
    if (child_.guard_lost()) end.message = "somebody killed the guard process of the program";
    end.finished_up = finished_up_;
    end.wait_status = child_.wait_status();
    end.stderr_tail = stderr_.text();
    end.stderr_cut = stderr_.cut();
    end.lines = lines_;
    end.tree_gone = child_.tree_gone();
    if (end.cause == AgentEndCause::kLimit) end.limit = limit_;
    if (end.tree_gone && !child_.guard_lost()) end.resources = child_.resources();
    end.output_bytes = output_bytes_;
    return end;
  }

  AgentProcess& owner_;
  const AgentOptions& options_;
  exec::Child& child_;
  AgentHandler& handler_;
  const std::function<bool()>& host_cancelled_;
  jsonl::LineReader reader_;
  Tail stderr_;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_
  bool close_stdin_ = false;
  bool finished_up_ = false;
  bool silent_ = false;
  std::uint64_t lines_ = 0;
  std::uint64_t output_bytes_ = 0;
  std::optional<exec::Limit> limit_;
  const Clock::time_point started_at_ = Clock::now();
  Clock::time_point last_line_at_ = started_at_;
  Clock::time_point leave_by_;
  std::optional<Clock::time_point> interrupt_by_;
  std::optional<Clock::time_point> exited_at_;
  std::optional<Clock::time_point> ordered_at_;
  AgentEndCause cause_ = AgentEndCause::kExited;
  std::string message_;
  std::vector<char> buffer_ = std::vector<char>(kReadChunk);
};

AgentProcess::AgentProcess(AgentOptions options)
    : options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

AgentProcess::~AgentProcess() = default;

void AgentProcess::cancel() noexcept {
  cancelled_ = true;
  eventfd_write(wake_.get(), 1);
}

void AgentProcess::post(std::function<void()> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (over_) return;
    tasks_.push_back(std::move(task));
  }
  eventfd_write(wake_.get(), 1);
}

void AgentProcess::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

AgentEnd AgentProcess::run(AgentHandler& handler, const std::function<bool()>& cancelled) {
  AgentEnd end;
  if (cancelled_ || (cancelled && cancelled())) {
    end.cause = AgentEndCause::kCancelled;
    return end;
  }
  if (wake_.get() < 0) {
    end.cause = AgentEndCause::kNotStarted;
    end.spawn_error = exec::SpawnError{exec::SpawnStep::kResources, EMFILE, "no descriptor is left for the run"};
    return end;
  }
  auto spawned = exec::spawn(options_.command);
  if (auto* error = std::get_if<exec::SpawnError>(&spawned)) {
    end.cause = AgentEndCause::kNotStarted;
    end.message = error->message;
    end.spawn_error = std::move(*error);
    return end;
  }
  Pump pump(*this, std::get<exec::Child>(spawned), handler, cancelled);
  struct Inside {
    AgentProcess& self;
    ~Inside() {
      self.pump_ = nullptr;
      const std::lock_guard<std::mutex> lock(self.mutex_);
      self.over_ = true;
      self.tasks_.clear();
    }
  } inside{*this};
  pump_ = &pump;
  return pump.run();
}

void AgentProcess::write_line(std::string_view line) {
  if (pump_ != nullptr) pump_->write_line(line);
}
void AgentProcess::close_stdin() {
  if (pump_ != nullptr) pump_->close_stdin();
}
void AgentProcess::finish_up() {
  if (pump_ != nullptr) pump_->finish_up();
}
void AgentProcess::stop(std::string message) {
  if (pump_ != nullptr) pump_->stop(std::move(message));
}
void AgentProcess::expect_silence(bool silent) noexcept {
  if (pump_ != nullptr) pump_->expect_silence(silent);
}

}  // namespace asmgr::agent
