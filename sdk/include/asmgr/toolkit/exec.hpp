// Runs programs so that nothing of them is left behind.
//
// Every program runs under a small guard process of its own: it collects all descendants (also those that made a
// session of their own or whose parents died), and ends them all, SIGTERM first and SIGKILL after a grace period, when
// it is told to or when this process dies. The caller needs no SIGCHLD handler and none is installed.
//
// Link asmgr::toolkit_exec. Needs Linux 5.9 or later and a mounted /proc.
#ifndef ASMGR_TOOLKIT_EXEC_HPP_
#define ASMGR_TOOLKIT_EXEC_HPP_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace asmgr::exec {

// Owns a file descriptor; -1 is none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// Resource limits of each process of the tree (setrlimit); 0 = as this process has them.
struct ResourceLimits {
  std::uint64_t address_space_bytes = 0;
  std::uint64_t cpu_seconds = 0;
  std::uint64_t open_files = 0;
  std::uint64_t file_size_bytes = 0;
};

// Limits of the whole tree together, whoever in it uses how much; 0 = none. Passing one ends the tree at once
// (SIGKILL), and the result says which it was. Memory and CPU time are looked at every 50 ms, so both may be passed by
// what is used in between.
struct TreeLimits {
  std::uint64_t memory_bytes = 0;    // resident; a page that several processes share counts once
  std::chrono::milliseconds cpu{0};  // user and system time, of processes that have ended too
  std::uint64_t output_bytes = 0;    // of stdout and stderr together; counted by who reads them (run_to_end)
};

enum class Limit { kMemory = 1, kCpu, kFileSize, kOutput };
// "memory", "cpu", "file_size", "output".
[[nodiscard]] std::string_view limit_name(Limit limit) noexcept;
// What happened, as the end of a sentence: "it used more than 64 MiB of memory".
[[nodiscard]] std::string limit_text(Limit limit, const ResourceLimits& each, const TreeLimits& tree);

// What a tree has used.
struct Resources {
  // The most resident memory seen: that of all processes together, which is looked at now and then (every 50 ms where
  // memory or CPU time is limited), or that of the largest one, as the kernel counted it. A program that ends within
  // milliseconds and used less than this process has may be missed: then 0.
  std::uint64_t max_rss_bytes = 0;
  // Of all processes that were waited for, also those whose parents died. Not of those of a parent that ignores
  // SIGCHLD.
  std::chrono::microseconds cpu_user{0};
  std::chrono::microseconds cpu_system{0};
};

enum class StdinSource {
  kEmpty,  // the program reads end of file at once
  kPipe,   // Child::write_stdin feeds it
};

// What to run. A program named without a slash is searched for in the PATH of `env` (without one:
// /usr/local/bin:/usr/bin:/bin); empty and relative entries of it are passed over, so that a file in the working
// directory is never run by accident. A relative name with a slash is relative to `cwd`.
struct Command {
  std::vector<std::string> argv;
  std::string cwd;               // empty = that of this process
  std::vector<std::string> env;  // the program's whole environment, "NAME=value"
  StdinSource stdin_source = StdinSource::kEmpty;
  ResourceLimits limits;
  TreeLimits tree_limits;
  std::chrono::milliseconds orphan_grace{2000};  // between SIGTERM and SIGKILL when this process dies
};

enum class SpawnStep {
  kCommand,           // argv is empty, or a text has a NUL byte in it
  kWorkingDirectory,  // cwd is missing, no directory or not accessible
  kCommandNotFound,
  kNotExecutable,  // found, but the system does not run it
  kLimits,         // setrlimit refused
  kResources,      // no process, descriptor or memory to be had
};

struct SpawnError {
  SpawnStep step = SpawnStep::kResources;
  int error_number = 0;  // errno, or 0
  std::string message;   // a sentence: what failed, on which input, why
};

class Child;
using SpawnResult = std::variant<Child, SpawnError>;

// Starts the program and returns when it runs, or when it is known why it does not. Any thread, concurrently. The
// program leads a process group of its own, has default signal dispositions, and no descriptor but 0, 1 and 2.
[[nodiscard]] SpawnResult spawn(const Command& command);

// A running program with its tree. One thread at a time, except `terminate`. The destructor kills what is left of
// the tree and waits until it is gone (at most 5 s, for what even SIGKILL does not end at once).
class Child {
 public:
  Child(Child&&) noexcept = default;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  [[nodiscard]] pid_t pid() const noexcept { return program_; }
  [[nodiscard]] pid_t guard_pid() const noexcept { return guard_; }

  // The caller's ends of the program's pipes, non-blocking; -1 when closed.
  [[nodiscard]] int stdout_fd() const noexcept { return stdout_.get(); }
  [[nodiscard]] int stderr_fd() const noexcept { return stderr_.get(); }
  [[nodiscard]] int stdin_fd() const noexcept { return stdin_.get(); }
  void close_stdout() noexcept { stdout_.reset(); }
  void close_stderr() noexcept { stderr_.reset(); }
  void close_stdin() noexcept { stdin_.reset(); }

  // Writes what fits without waiting. Returns the number of bytes, 0 when the pipe is full, -1 when the program reads
  // no more (no SIGPIPE is raised) or stdin is closed.
  [[nodiscard]] ssize_t write_stdin(std::string_view bytes) noexcept;

  // Readable when `update` has news; for poll.
  [[nodiscard]] int news_fd() const noexcept { return control_.get(); }
  // Takes the news without waiting.
  void update() noexcept;

  // The program's wait status as of waitpid, once it has ended; see exit_code.
  [[nodiscard]] std::optional<int> wait_status() const noexcept { return wait_status_; }
  // True once no process of the tree is left.
  [[nodiscard]] bool tree_gone() const noexcept { return tree_gone_; }
  // The limit that the guard ended the tree for; kFileSize when the program was ended for it by the kernel, or its exit
  // code says so as a shell's does. Never kOutput.
  [[nodiscard]] std::optional<Limit> limit_passed() const noexcept { return limit_passed_; }
  // Once tree_gone; zeros when the guard was lost.
  [[nodiscard]] const Resources& resources() const noexcept { return resources_; }
  // As Command had them.
  [[nodiscard]] const ResourceLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] const TreeLimits& tree_limits() const noexcept { return tree_limits_; }
  // True when the guard was ended by somebody else. The processes of its session have been killed then; a program
  // that made its own session may be left.
  [[nodiscard]] bool guard_lost() const noexcept { return guard_lost_; }

  // Ends the whole tree: SIGTERM now, SIGKILL after `grace` to what is left. Returns at once. A second call may only
  // shorten the grace. Any thread.
  void terminate(std::chrono::milliseconds grace) noexcept;

  // Wait until the program has ended / the tree is gone, at most so long; true when it is so.
  bool wait_exit(std::chrono::milliseconds limit) noexcept;
  bool wait_gone(std::chrono::milliseconds limit) noexcept;

 private:
  friend SpawnResult spawn(const Command& command);
  Child() = default;
  void end_now() noexcept;
  void guard_has_ended(bool reported_gone) noexcept;

  Fd control_;
  Fd guard_handle_;  // pidfd
  Fd stdin_;
  Fd stdout_;
  Fd stderr_;
  pid_t guard_ = -1;
  pid_t program_ = -1;
  std::optional<int> wait_status_;
  std::optional<Limit> limit_passed_;
  Resources resources_;
  ResourceLimits limits_;
  TreeLimits tree_limits_;
  bool tree_gone_ = false;
  bool guard_lost_ = false;
};

// The exit code a shell would show: the program's own, or 128 + the signal that ended it.
[[nodiscard]] int exit_code(int wait_status) noexcept;

// How run_to_end came to its end.
enum class EndCause {
  kExited,     // the program ended by itself
  kCancelled,  // the cancel descriptor or predicate said so
  kTimedOut,   // the deadline passed
  kGuardLost,  // somebody killed the guard
  kLimit,      // a limit was passed, see Ended::limit
};

struct RunOptions {
  // Called on the calling thread with the bytes as they come (at most 64 KiB); while one runs, nothing is read, so a
  // slow one slows the program down. Must not throw. Empty = discard.
  std::function<void(std::string_view)> on_stdout;
  std::function<void(std::string_view)> on_stderr;
  std::string stdin_text;  // written to a program with a stdin pipe, which is then closed

  int cancel_fd = -1;               // readable = cancel
  std::function<bool()> cancelled;  // looked at every 20 ms where there is no cancel_fd; may be empty
  std::optional<std::chrono::steady_clock::time_point> deadline;

  std::uint64_t max_output_bytes = 0;         // per stream, what comes after is read and dropped; 0 = no limit
  std::chrono::milliseconds grace{500};       // between SIGTERM and SIGKILL
  std::chrono::milliseconds linger{100};      // how long descendants may outlive the program and write
  std::chrono::milliseconds give_up{10'000};  // how long to wait for the tree to be gone after it was ordered to end
};

struct Ended {
  EndCause cause = EndCause::kExited;
  std::optional<int> wait_status;  // of the program; none when the guard was lost
  std::optional<Limit> limit;      // with kLimit
  Resources resources;             // of the tree
  std::uint64_t output_bytes = 0;  // that were written to stdout and stderr, dropped ones too
  bool stdout_truncated = false;   // max_output_bytes or the limit on output was passed
  bool stderr_truncated = false;
  bool tree_gone = false;  // false: something did not even end by SIGKILL within give_up
  std::chrono::milliseconds duration{0};
};

// Pumps the program's output to the callbacks until it has ended, then ends what it left behind. On cancel and
// deadline the whole tree is ended; what it had written by then is delivered. Blocks the calling thread.
[[nodiscard]] Ended run_to_end(Child& child, const RunOptions& options);

// An environment for Command: the variables of this process whose names match one of `allow` (exact, or a prefix with a
// `*` at its end; "*" is all of them), then `set` over it. Not while another thread calls setenv.
[[nodiscard]] std::vector<std::string> environment(const std::vector<std::string>& allow,
                                                   const std::vector<std::pair<std::string, std::string>>& set);

// What most programs need to work at all and what by custom holds no keys: PATH, HOME, USER, locale, terminal, time
// zone, proxies, ...
[[nodiscard]] const std::vector<std::string>& common_environment_names();

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_HPP_
