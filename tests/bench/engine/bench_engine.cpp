// What the engine costs: one event through the whole path, and the way from exec to the first durable event. Each
// figure is the median of five rounds, beside a bare SQLite loop that was run in turn with it.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "core/telemetry/metrics.hpp"
#include "tests/bench/support/plain_provider.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kRounds = 5;

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_engine: %s\n", what.c_str());
  std::exit(1);
}

// Emits `count` deltas of 214 bytes, each only after the one before was taken, as a blocking provider does.
class Emitter final : public asmgr::bench::PlainProvider {
 public:
  explicit Emitter(int count) : PlainProvider("emitter"), count_(count) {}
  ~Emitter() override {
    for (std::thread& thread : threads_) thread.join();
  }
  [[nodiscard]] asmgr::Result<void> start(const asmgr::RunContext& context) override {
    threads_.emplace_back([this, channel = context.channel] {
      const std::string data = R"({"content":")" + std::string(200, 'x') + R"("})";
      asmgr::EventView event;
      event.type = asmgr::EventType::message_streamed;
      event.type_name = "message_streamed";
      event.data = data;
      for (int i = 0; i < count_; ++i) channel->emit({&event, 1}, asmgr::EmitMode::may_block);
      channel->finish(asmgr::FinishStatus::completed, "{}");
    });
    return {};
  }

 private:
  int count_;
  std::vector<std::thread> threads_;
};

// Seconds for a run of `count` events on a fresh store.
double engine_round(const fs::path& folder, const std::string& store, int count,
                    std::shared_ptr<asmgr::Observer> observer = nullptr) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const fs::path file = folder / "asmgr.yaml";
  std::ofstream(file)
      << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR "\"]}\nstores:\n  local: " << store
      << "\nproviders:\n  shell: {plugin: shell}\npipelines:\n  default: {store: local, provider: shell}\n";
  auto deployment = asmgr::Deployment::load(file.string());
  if (!deployment) die(deployment.error().message());
  asmgr::Wiring wiring = deployment->wiring();
  wiring.providers["emitter"] = std::make_shared<Emitter>(count);
  wiring.pipelines["default"].provider = "emitter";
  asmgr::ManagerOptions host;
  host.observer = std::move(observer);
  asmgr::SessionManager manager(wiring, host);
  asmgr::RunOnceOptions options;
  options.input = boost::json::object{{"prompt", "go"}};
  return seconds_of([&] {
    auto result = manager.run_once(options);
    if (!result || result->status != asmgr::RunStatus::completed) die("the run did not complete");
  });
}

// The floor: one insert and one commit per event, and nothing else.
double sqlite_round(const fs::path& folder, const char* synchronous, int count) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  sqlite3* db = nullptr;
  if (sqlite3_open((folder / "bare.db").c_str(), &db) != SQLITE_OK) die("cannot open the bare database");
  const auto run = [&](const std::string& sql) {
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) die(sqlite3_errmsg(db));
  };
  run("PRAGMA journal_mode=WAL");
  run(std::string("PRAGMA synchronous=") + synchronous);
  run("CREATE TABLE events(session INTEGER, seq INTEGER, data TEXT, UNIQUE(session, seq))");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO events VALUES(1,?,?)", -1, &insert, nullptr);
  const std::string data(214, 'x');
  const double seconds = seconds_of([&] {
    for (int i = 0; i < count; ++i) {
      sqlite3_bind_int(insert, 1, i);
      sqlite3_bind_text(insert, 2, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
      if (sqlite3_step(insert) != SQLITE_DONE) die(sqlite3_errmsg(db));
      sqlite3_reset(insert);
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return seconds;
}

// From exec to the end of `asmgr session create` on an empty folder: the session_created event is durable by then.
double cold_start(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const fs::path file = folder / "asmgr.yaml";
  std::ofstream(file)
      << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
         "\"]}\nstores:\n  local: {plugin: sqlite, config: {path: ./cold.db}}\nproviders:\n  shell: {plugin: "
         "shell}\npipelines:\n  default: {store: local, provider: shell}\n";
  return seconds_of([&] {
    const pid_t child = fork();
    if (child == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      execl(ASMGR_PROGRAM, "asmgr", "-c", file.c_str(), "session", "create", "--agent-id", "bench", nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) die("asmgr session create failed");
  });
}

void print_rate(const char* name, const std::vector<double>& seconds, int count) {
  const double middle = median(seconds);
  std::printf("%-44s %10.0f events/s   %7.2f us/event\n", name, count / middle, middle / count * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const int rounds = smoke ? 1 : kRounds;
  const int many = smoke ? 500 : 20'000;
  const int few = smoke ? 100 : 2'000;
  std::string pattern = (fs::temp_directory_path() / "asmgr-bench-XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  std::vector<double> memory, watched, normal, full, bare_normal, bare_full, cold;
  for (int round = 0; round < rounds; ++round) {
    memory.push_back(engine_round(folder / "m", "{plugin: memory}", many));
    watched.push_back(engine_round(folder / "w", "{plugin: memory}", many, std::make_shared<asmgr::Metrics>()));
    normal.push_back(engine_round(folder / "n", "{plugin: sqlite, config: {path: ./n.db, durability: normal}}", many));
    bare_normal.push_back(sqlite_round(folder / "bn", "NORMAL", many));
    full.push_back(engine_round(folder / "f", "{plugin: sqlite, config: {path: ./f.db, durability: full}}", few));
    bare_full.push_back(sqlite_round(folder / "bf", "FULL", few));
    cold.push_back(cold_start(folder / "c"));
  }
  std::printf("median of %d rounds, one run, one event in flight at a time\n", rounds);
  print_rate("whole path, memory store", memory, many);
  print_rate("  the same with metrics", watched, many);
  print_rate("whole path, SQLite WAL, durability normal", normal, many);
  print_rate("  bare SQLite loop, synchronous NORMAL", bare_normal, many);
  print_rate("whole path, SQLite WAL, durability full", full, few);
  print_rate("  bare SQLite loop, synchronous FULL", bare_full, few);
  std::printf("%-44s %10.1f ms\n", "exec to first durable event and exit, SQLite", median(cold) * 1e3);
  fs::remove_all(folder);
  return 0;
}
