#include <asmgr/toolkit/exec.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace asmgr::exec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::chrono::milliseconds kPredicateLook{20};

// One of the program's two output streams.
struct Stream {
  const std::function<void(std::string_view)>& deliver;
  std::uint64_t limit;
  std::uint64_t delivered = 0;
  bool truncated = false;

  void take(std::string_view bytes) {
    if (limit != 0 && bytes.size() > limit - delivered) {
      truncated = true;
      bytes = bytes.substr(0, static_cast<std::size_t>(limit - delivered));
    }
    if (bytes.empty()) return;
    delivered += bytes.size();
    if (deliver) deliver(bytes);
  }
};

class Pump {
 public:
  Pump(Child& child, const RunOptions& options)
      : child_(child),
        options_(options),
        stdout_{options.on_stdout, options.max_output_bytes},
        stderr_{options.on_stderr, options.max_output_bytes},
        input_(options.stdin_text) {}

  Ended run() {
    feed();
    for (;;) {
      child_.update();
      if (child_.limit_passed()) limit_passed(*child_.limit_passed());
      if (child_.tree_gone() || given_up()) break;
      decide();
      turn();
    }
    // The writers are dead: what is in the pipes now is all there will be.
    drain(child_.stdout_fd(), stdout_);
    drain(child_.stderr_fd(), stderr_);
    return result();
  }

 private:
  bool given_up() const { return ordered_ && Clock::now() >= ordered_at_ + options_.give_up; }

  bool is_cancelled() const {
    if (options_.cancelled && options_.cancelled()) return true;
    pollfd cancel{options_.cancel_fd, POLLIN, 0};
    return options_.cancel_fd >= 0 && poll(&cancel, 1, 0) > 0;
  }

  void order_end(EndCause cause) {
    if (ordered_) return;
    ordered_ = true;
    ordered_at_ = Clock::now();
    cause_ = cause;
    child_.terminate(cause == EndCause::kLimit ? std::chrono::milliseconds(0) : options_.grace);
  }

  void limit_passed(Limit limit) {
    if (ordered_ && cause_ != EndCause::kExited) return;
    limit_ = limit;
    if (!ordered_) return order_end(EndCause::kLimit);
    cause_ = EndCause::kLimit;  // it ended by itself, but what it left behind in its pipes is too much
  }

  // Whether it is time to end the tree, and why.
  void decide() {
    if (ordered_) return;
    if (child_.wait_status().has_value()) {
      if (!exited_at_) exited_at_ = Clock::now();
      const bool silent = child_.stdout_fd() < 0 && child_.stderr_fd() < 0;
      if (silent || Clock::now() >= *exited_at_ + options_.linger) return order_end(EndCause::kExited);
    }
    if (is_cancelled()) return order_end(child_.wait_status() ? EndCause::kExited : EndCause::kCancelled);
    if (options_.deadline && Clock::now() >= *options_.deadline) {
      order_end(child_.wait_status() ? EndCause::kExited : EndCause::kTimedOut);
    }
  }

  int patience() const {
    std::optional<Clock::time_point> until;
    const auto at = [&](Clock::time_point when) { until = until ? std::min(*until, when) : when; };
    if (ordered_) at(ordered_at_ + options_.give_up);
    if (!ordered_ && options_.deadline) at(*options_.deadline);
    if (!ordered_ && exited_at_) at(*exited_at_ + options_.linger);
    if (!ordered_ && options_.cancelled && options_.cancel_fd < 0) at(Clock::now() + kPredicateLook);
    if (!until) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
  }

  void turn() {
    enum : std::size_t { kNews, kOut, kErr, kIn, kCancel, kCount };
    std::array<pollfd, kCount> fds{};
    fds[kNews] = {child_.news_fd(), POLLIN, 0};
    fds[kOut] = {child_.stdout_fd(), POLLIN, 0};
    fds[kErr] = {child_.stderr_fd(), POLLIN, 0};
    fds[kIn] = {child_.stdin_fd(), POLLOUT, 0};
    fds[kCancel] = {ordered_ ? -1 : options_.cancel_fd, POLLIN, 0};  // once heard it would be readable for ever
    if (poll(fds.data(), fds.size(), patience()) <= 0) return;
    if (fds[kOut].revents != 0 && !read_once(child_.stdout_fd(), stdout_)) child_.close_stdout();
    if (fds[kErr].revents != 0 && !read_once(child_.stderr_fd(), stderr_)) child_.close_stderr();
    if (fds[kIn].revents != 0) feed();
  }

  // False at the end of the stream.
  bool read_once(int fd, Stream& stream) {
    const ssize_t got = read(fd, buffer_.data(), buffer_.size());
    if (got > 0) take(stream, {buffer_.data(), static_cast<std::size_t>(got)});
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  void take(Stream& stream, std::string_view bytes) {
    const std::uint64_t limit = child_.tree_limits().output_bytes;
    const std::uint64_t room = limit == 0 ? bytes.size() : limit - std::min(limit, output_bytes_);
    output_bytes_ += bytes.size();
    if (bytes.size() > room) {
      stream.truncated = true;
      bytes = bytes.substr(0, static_cast<std::size_t>(room));
      limit_passed(Limit::kOutput);
    }
    stream.take(bytes);
  }

  void drain(int fd, Stream& stream) {
    if (fd < 0) return;
    // Somebody outside the tree may have been handed the pipe and write for ever: no more than a pipe can hold.
    constexpr std::size_t kMostOfAPipe = 16;
    for (std::size_t round = 0; round < kMostOfAPipe; ++round) {
      pollfd ready{fd, POLLIN, 0};
      if (poll(&ready, 1, 0) <= 0 || !read_once(fd, stream)) return;
    }
  }

  void feed() {
    if (child_.stdin_fd() < 0) return;
    if (!input_.empty()) {
      const ssize_t written = child_.write_stdin(input_);
      input_ = written < 0 ? std::string_view() : input_.substr(static_cast<std::size_t>(written));
    }
    if (input_.empty()) child_.close_stdin();
  }

  Ended result() const {
    Ended ended;
    ended.cause = child_.guard_lost() ? EndCause::kGuardLost : cause_;
    ended.wait_status = child_.wait_status();
    if (ended.cause == EndCause::kLimit) ended.limit = limit_;
    ended.resources = child_.resources();
    ended.output_bytes = output_bytes_;
    ended.stdout_truncated = stdout_.truncated;
    ended.stderr_truncated = stderr_.truncated;
    ended.tree_gone = child_.tree_gone();
    ended.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
    return ended;
  }

  Child& child_;
  const RunOptions& options_;
  Stream stdout_;
  Stream stderr_;
  std::string_view input_;
  const Clock::time_point started_ = Clock::now();
  bool ordered_ = false;
  Clock::time_point ordered_at_;
  std::optional<Clock::time_point> exited_at_;
  EndCause cause_ = EndCause::kExited;
  std::optional<Limit> limit_;
  std::uint64_t output_bytes_ = 0;
  std::vector<char> buffer_ = std::vector<char>(kChunk);
};

}  // namespace

Ended run_to_end(Child& child, const RunOptions& options) {
  return Pump(child, options).run();
}

}  // namespace asmgr::exec
