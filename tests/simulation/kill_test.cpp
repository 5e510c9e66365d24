// Histories with real processes on one SQLite file, and kill -9: at the end one worker looks after what is left, and
// the checker reads the file.
//
//   ASMGR_TEST_SEED=N    repeats the choices of a failed run, which prints its seed
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/simulation/checker/checker.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::simulation {
namespace {

using e2e::at;
using e2e::Child;
using e2e::Ended;
using std::chrono::milliseconds;

constexpr milliseconds kRestPatience{30'000};

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// How many rows a query finds; -1 when the file is not readable right now.
int count_of(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  int count = -1;
  if (sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(db, 5000);
    sqlite3_exec(
        db, sql.c_str(),
        [](void* found, int, char** columns, char**) {
          *static_cast<int*>(found) = std::atoi(columns[0]);
          return 0;
        },
        &count, nullptr);
  }
  sqlite3_close(db);
  return count;
}

// A few processes around one session, some of which are killed.
class KilledHistory {
 public:
  explicit KilledHistory(std::mt19937& random) : random_(random) {
    work_.write("asmgr.yaml", e2e::shell_deployment() +
                                  "pipelines:\n"
                                  "  default: {store: local, provider: shell}\n"
                                  "  wide: {store: local, provider: shell, queue: {max_concurrent_runs: 2}}\n"
                                  "host: {host_ttl: 1s}\n");
    work_.write("recording.jsonl",
                R"({"t":0,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})"
                "\n");
    const Ended created = work_.asmgr({"session", "create", "--output", "json"});
    session_ = at(e2e::json_of(created.out), "/id");
  }

  std::vector<Finding> play() {
    if (percent(50)) begin({"work"}, "work");
    const int runs = 2 + roll(3);
    for (int i = 0; i < runs; ++i) {
      begin(
          {"run", "--session", session_, "--pipeline", percent(50) ? "default" : "wide", "--output", "jsonl", script()},
          "run");
      if (percent(30)) begin({"events", session_, "--follow", "--output", "jsonl"}, "follow");
      let_pass(roll(40));
      if (percent(25)) kill_one();
    }
    if (percent(40)) meddle();
    let_pass(roll(60));
    while (!children_.empty() && percent(70)) kill_one();
    return end();
  }
  // What its processes said, for whoever has to understand a failure.
  [[nodiscard]] const std::string& story() const noexcept { return story_; }
  [[nodiscard]] int killed() const noexcept { return killed_; }
  [[nodiscard]] std::size_t seen() const noexcept { return seen_; }

 private:
  struct Running {
    std::unique_ptr<Child> child;
    std::string what;
    bool killed = false;
  };
  int roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }
  bool percent(int chance) { return roll(100) < chance; }

  std::string script() {
    const int lines = 1 + roll(15);
    return "i=0; while [ $i -lt " + std::to_string(lines) + " ]; do i=$((i+1)); echo line $i; sleep 0.003; done";
  }
  void begin(const std::vector<std::string>& command, const std::string& what) {
    children_.push_back({work_.start(command), what});
  }
  // The moment of a crash is what is being tested.
  void let_pass(int ms) {
    if (!children_.empty()) children_.back().child->read_for(milliseconds(ms));
  }
  void kill_one() {
    const std::size_t which = static_cast<std::size_t>(roll(static_cast<int>(children_.size())));
    children_[which].killed = true;
    children_[which].child->send(SIGKILL);
    ++killed_;
    finish(which);
  }
  void meddle() {
    const std::vector<std::vector<std::string>> commands = {{"session", "pause", session_},
                                                            {"session", "resume", session_},
                                                            {"session", "complete", session_},
                                                            {"session", "cancel", session_},
                                                            {"session", "show", session_}};
    const auto& command = commands[static_cast<std::size_t>(roll(static_cast<int>(commands.size())))];
    begin(command, command[1]);
  }
  void finish(std::size_t which) {
    Running done = std::move(children_[which]);
    children_.erase(children_.begin() + static_cast<std::ptrdiff_t>(which));
    const Ended ended = done.child->wait();
    const std::size_t last_line = ended.out.rfind('\n', ended.out.size() < 2 ? 0 : ended.out.size() - 2);
    story_ += done.what + (done.killed ? ", killed" : ", code " + std::to_string(ended.code)) + "\n" + ended.err +
              (last_line == std::string::npos ? ended.out : ended.out.substr(last_line + 1));
    if (done.what == "run" || done.what == "follow") take_testimony(done, ended);
  }
  void take_testimony(const Running& done, const Ended& ended) {
    Watcher watcher;
    watcher.name = done.what;
    watcher.session_id = session_;
    for (const std::string& line : e2e::complete_lines(ended.out)) {
      const boost::json::object event = e2e::json_of(line);
      if (!event.contains("hash")) continue;  // the result's line
      if (done.what == "run") watcher.run_id = at(event, "/run_id");
      Sighting seen;
      seen.number = std::strtoull(at(event, "/sequence_number").c_str(), nullptr, 10);
      seen.id = at(event, "/id");
      seen.type = at(event, "/type");
      seen.data = data_in(line);
      seen.hash = bytes_of_hex(at(event, "/hash"));
      watcher.seen.push_back(std::move(seen));
    }
    seen_ += watcher.seen.size();
    if (!watcher.seen.empty()) testimony_.watchers.push_back(std::move(watcher));
  }
  // The event's data byte for byte: what stands behind "data": up to its closing brace.
  static std::string data_in(const std::string& line) {
    const std::size_t begin = line.find("\"data\":") + 7;
    int depth = 0;
    bool text = false;
    for (std::size_t i = begin; i < line.size(); ++i) {
      if (text && line[i] == '\\') {
        ++i;
      } else if (line[i] == '"') {
        text = !text;
      } else if (!text && line[i] == '{') {
        ++depth;
      } else if (!text && line[i] == '}' && --depth == 0) {
        return line.substr(begin, i + 1 - begin);
      }
    }
    return {};
  }

  std::vector<Finding> end() {
    const std::string file = work_.path("asmgr.db");
    // Followers end with their session only; workers by request. Runs end by themselves.
    for (std::size_t i = children_.size(); i-- > 0;) {
      if (children_[i].what == "follow" || children_[i].what == "work") {
        children_[i].child->send(children_[i].what == "work" ? SIGTERM : SIGKILL);
        finish(i);
      }
    }
    const auto last = work_.start({"work", "-vv"});
    (void)last->read_until([&](const std::string&) { return last->err().find("working as") != std::string::npos; });
    (void)work_.asmgr({"session", "resume", session_});  // a run may wait for it
    while (!children_.empty()) finish(0);
    (void)work_.asmgr({"session", "resume", session_});  // a pause may have come after it
    e2e::wait_until(
        [&] {
          return count_of(file,
                          "SELECT (SELECT count(*) FROM runs WHERE status = 2) + (SELECT count(*) FROM records"
                          " WHERE status IN ('queued', 'running') OR (kind = 'command' AND status = 'pending'))") == 0;
        },
        kRestPatience);
    last->send(SIGTERM);
    const Ended ended = last->wait();
    EXPECT_EQ(ended.code, 0);
    story_ += "last worker:\n" + ended.err;
    return check(snapshot_of_sqlite(file), testimony_);
  }

  std::mt19937& random_;
  e2e::Workplace work_;
  std::string session_;
  std::vector<Running> children_;
  Testimony testimony_;
  std::string story_;
  int killed_ = 0;
  std::size_t seen_ = 0;
};

TEST(KillNine, EveryHistoryKeepsTheGuarantees) {
  const char* wanted = std::getenv("ASMGR_TEST_SEED");
  const unsigned first =
      wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : std::random_device()();
  const int histories = test::in_profile(20, 200);
  int killed = 0;
  std::size_t seen = 0;
  for (int i = 0; i < histories && !HasFailure(); ++i) {
    const unsigned seed = first + static_cast<unsigned>(i);
    std::mt19937 random(seed);
    KilledHistory history(random);
    const std::vector<Finding> findings = history.play();
    killed += history.killed();
    seen += history.seen();
    EXPECT_TRUE(findings.empty()) << "ASMGR_TEST_SEED=" << seed << "\n" << to_text(findings) << history.story();
  }
  std::printf("%d histories from seed %u: %d processes killed, %zu events seen\n", histories, first, killed, seen);
  if (HasFailure()) return;
  EXPECT_GT(killed, histories / 2);
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace asmgr::simulation
