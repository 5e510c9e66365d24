#include "command_rules.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace asmgr::shell {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWrappers[] = {".",        "!",           "alias",
                                          "at",       "batch",       "builtin",
                                          "busybox",  "chroot",      "chrt",
                                          "command",  "coproc",      "doas",
                                          "entr",     "env",         "eval",
                                          "exec",     "fakeroot",    "firejail",
                                          "flock",    "function",    "ionice",
                                          "ld.so",    "linux",       "ltrace",
                                          "nice",     "nohup",       "nsenter",
                                          "numactl",  "parallel",    "pkexec",
                                          "prlimit",  "run-parts",   "runuser",
                                          "script",   "setarch",     "setpriv",
                                          "setsid",   "source",      "start-stop-daemon",
                                          "stdbuf",   "strace",      "su",
                                          "sudo",     "systemd-run", "taskset",
                                          "time",     "timeout",     "toybox",
                                          "trap",     "unbuffer",    "unshare",
                                          "valgrind", "watch",       "xargs",
                                          "xvfb-run"};

constexpr std::string_view kShells[] = {"ash",   "bash", "csh", "dash", "fish", "ksh", "mksh",
                                        "rbash", "rksh", "sh",  "tcsh", "yash", "zsh"};

// Not those whose way to other commands is a side door (git, tar, sed, ...): a deny list would be of no use then.
constexpr std::string_view kInterpreters[] = {
    "awk",  "bun",    "crontab", "deno",   "docker", "ed",   "emacs",  "ex",   "expect", "gawk", "gdb",
    "java", "lua",    "make",    "mawk",   "nawk",   "node", "nodejs", "nvim", "perl",   "php",  "podman",
    "pypy", "python", "ruby",    "screen", "socat",  "ssh",  "tclsh",  "tmux", "vi",     "view", "vim"};

// One file that is many programs, by the name it is called with: its identity says nothing.
constexpr std::string_view kManyInOne[] = {"busybox", "coreutils", "toybox"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// `python3.11` is python, `vim.basic` vim, `ld-linux-x86-64.so.2` the loader, which runs any program.
std::string family(std::string_view name) {
  if (name.substr(0, 3) == "ld-" || name.substr(0, 3) == "ld.") return "ld.so";
  return std::string(name.substr(0, name.find_first_of("0123456789.", 1)));
}

// The file a command stands for, with all links resolved; empty when there is none.
fs::path resolve(std::string_view command, std::string_view path, const fs::path& cwd) {
  std::error_code error;
  if (command.find('/') != std::string_view::npos) {
    fs::path found = fs::canonical(cwd / fs::path(command), error);
    return error ? fs::path() : found;
  }
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    const fs::path folder(path.substr(0, colon));
    path = colon == std::string_view::npos ? std::string_view() : path.substr(colon + 1);
    if (!folder.is_absolute()) continue;
    const fs::path candidate = folder / fs::path(command);
    if (!fs::is_regular_file(candidate, error) || faccessat(AT_FDCWD, candidate.c_str(), X_OK, AT_EACCESS) != 0)
      continue;
    fs::path found = fs::canonical(candidate, error);
    if (!error) return found;
  }
  return {};
}

// A name in a list: a plain one stands for the program that PATH finds under it, a path for that file.
bool names_the_file(const std::string& entry, const fs::path& file, std::string_view path) {
  const fs::path listed = resolve(entry, path, "/");
  std::error_code error;
  return !listed.empty() && !file.empty() && fs::equivalent(listed, file, error);  // hard links are the same file too
}

bool is_denied(const CommandRules& rules, std::string_view name, const fs::path& file, std::string_view path) {
  const bool identity_counts = !file.empty() && !contains(kManyInOne, file.filename().string());
  return std::any_of(rules.denied.begin(), rules.denied.end(), [&](const std::string& entry) {
    const std::string_view denied = base_name(entry);
    if (denied == name) return true;
    return identity_counts && (denied == file.filename().string() || names_the_file(entry, file, path));
  });
}

bool is_allowed(const CommandRules& rules, const std::string& command, const fs::path& file, std::string_view path) {
  if (rules.allowed.empty()) return true;
  if (command.find('/') == std::string::npos && contains(rules.allowed, command)) return true;
  return std::any_of(rules.allowed.begin(), rules.allowed.end(), [&](const std::string& entry) {
    return base_name(entry) == base_name(command) && names_the_file(entry, file, path);
  });
}

bool allowed_by_name(const CommandRules& rules, std::string_view name) {
  return std::any_of(rules.allowed.begin(), rules.allowed.end(),
                     [&](const std::string& entry) { return base_name(entry) == name; });
}

// find is harmless but for the actions that run commands.
bool find_runs_commands(const std::vector<std::string>& argv) {
  constexpr std::string_view kActions[] = {"-exec", "-execdir", "-ok", "-okdir"};
  return std::any_of(argv.begin() + 1, argv.end(), [&](const std::string& word) { return contains(kActions, word); });
}

// What the kind of program says, under any of the names it goes by.
std::optional<std::string> refusal_of_kind(const CommandRules& rules, std::string_view name,
                                           const std::vector<std::string>& argv) {
  const std::string kind = family(name);
  const std::string quoted = "'" + std::string(name) + "'";
  if (contains(kWrappers, name) || contains(kWrappers, kind)) {
    return quoted + " only runs another command; name that command itself";
  }
  if (contains(kShells, name) || contains(kShells, kind)) {
    if (!rules.denied.empty()) return quoted + " is a shell, which could run a denied command";
    if (!allowed_by_name(rules, base_name(argv.front()))) return quoted + " is a shell and not an allowed command";
  }
  if (rules.allowed.empty() && (contains(kInterpreters, name) || contains(kInterpreters, kind))) {
    return quoted + " can run other commands, also denied ones; to permit it, list it in allowed_commands";
  }
  if (kind == "find" && find_runs_commands(argv)) return std::string("find may not run commands (-exec, -ok)");
  return std::nullopt;
}

}  // namespace

bool only_runs_another_command(std::string_view name) {
  return contains(kWrappers, base_name(name));
}

std::optional<std::string> refusal(const CommandRules& rules, const std::vector<std::string>& argv,
                                   std::string_view path, const std::string& cwd) {
  if (!rules.active()) return std::nullopt;
  const std::string& command = argv.front();
  const std::string name(base_name(command));
  const fs::path file = resolve(command, path, cwd);
  if (is_denied(rules, name, file, path)) return "'" + name + "' is a denied command";
  if (auto why = refusal_of_kind(rules, name, argv)) return why;
  const std::string real_name = file.filename().string();
  if (!real_name.empty() && real_name != name && !contains(kManyInOne, real_name)) {
    if (auto why = refusal_of_kind(rules, real_name, argv)) return why;
  }
  if (is_allowed(rules, command, file, path)) return std::nullopt;
  if (command.find('/') != std::string::npos && contains(rules.allowed, name)) {
    return "'" + command + "' is not the program that the allowed command '" + name + "' stands for";
  }
  return "'" + name + "' is not an allowed command";
}

}  // namespace asmgr::shell
