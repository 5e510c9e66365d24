#include "tests/plugins/postgres/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace asmgr::test {
namespace {

// Where Debian keeps the programs of a server; the newest one. Empty without any.
std::string program_folder() {
  std::string found;
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string folder = version.path().string() + "/bin";
    if (access((folder + "/initdb").c_str(), X_OK) == 0 && access((folder + "/postgres").c_str(), X_OK) == 0)
      found = std::max(found, folder);
  }
  return found;
}

// A server refuses to run as root; its package comes with a user.
const passwd* server_user() {
  return geteuid() == 0 ? getpwnam("postgres") : nullptr;
}

// Where the server's user can get: a temporary folder of root's own is closed to it.
std::filesystem::path open_folder() {
  const std::filesystem::path wanted = std::filesystem::temp_directory_path();
  for (std::filesystem::path part = wanted; part.has_relative_path(); part = part.parent_path()) {
    using std::filesystem::perms;
    if ((std::filesystem::status(part).permissions() & perms::others_exec) == perms::none) return "/tmp";
  }
  return wanted;
}

int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(listener);
  if (!bound) throw std::runtime_error("no free port on loopback");
  return ntohs(address.sin_port);
}

}  // namespace

std::string PostgresServer::missing() {
  if (program_folder().empty()) return "PostgreSQL is not installed (package postgresql-15)";
  if (geteuid() == 0 && server_user() == nullptr) return "there is no user 'postgres' to run a server as";
  return {};
}

PostgresServer::PostgresServer() {
  const std::string why = missing();
  if (!why.empty()) throw std::runtime_error(why);
  const passwd* user = server_user();
  const std::filesystem::path parent = user == nullptr ? std::filesystem::temp_directory_path() : open_folder();
  folder_ = (parent / "asmgr-postgres-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + folder_);
  if (user != nullptr && chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
    throw std::runtime_error("cannot give " + folder_ + " to the user postgres");
  const pid_t initdb = launch({program_folder() + "/initdb", "-D", folder_ + "/data", "-U", "asmgr", "--auth=trust",
                               "--no-sync", "-E", "UTF8", "--locale=C"});
  int status = 0;
  waitpid(initdb, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed:\n" + log());
  for (int tries = 0; tries < 5; ++tries) {
    port_ = free_port();  // somebody else may take it before the server does
    try {
      start();
      return;
    } catch (const std::runtime_error&) {
      if (tries == 4) throw;
    }
  }
}

PostgresServer::~PostgresServer() {
  end(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

pid_t PostgresServer::launch(const std::vector<std::string>& command) const {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = server_user();
  const std::string log_file = folder_ + "/log";
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(126);
  const int log_fd = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int null_fd = open("/dev/null", O_RDONLY);
  dup2(null_fd, STDIN_FILENO);
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
  if (chdir(folder_.c_str()) != 0) _exit(126);
  setenv("LC_ALL", "C", 1);
  execv(arguments[0], arguments.data());
  _exit(127);
}

void PostgresServer::start() {
  pid_ = launch({program_folder() + "/postgres", "-D", folder_ + "/data", "-p", std::to_string(port_), "-c",
                 "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c",
                 "full_page_writes=off", "-c", "max_connections=120", "-c", "shared_buffers=64MB"});
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!answers()) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > limit) {
      pid_ = -1;
      throw std::runtime_error("the server did not start:\n" + log());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool PostgresServer::answers() const {
  return PQping((dsn() + " connect_timeout=5").c_str()) == PQPING_OK;
}

void PostgresServer::crash() {
  end(SIGQUIT);
}

void PostgresServer::end(int signal) noexcept {
  if (pid_ <= 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string PostgresServer::dsn_at(int port) {
  return "host=127.0.0.1 port=" + std::to_string(port) + " dbname=postgres user=asmgr";
}

std::string PostgresServer::log() const {
  std::ifstream file(folder_ + "/log");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace asmgr::test
