// 1,000 sessions that each stream 20 events a second into one SQLite file, and a subscriber of each: every event once,
// in order, durable before it is seen; and whether memory stays flat. Exits 1 where one of these does not hold.
//
//   bench_soak [SECONDS [SESSIONS [EVENTS_PER_SECOND]]]     20 seconds in ci, 600 with ASMGR_TEST_PROFILE=long
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "tests/bench/soak/pacer.hpp"
#include "tests/support/profile.hpp"

namespace {

namespace fs = std::filesystem;
using asmgr::soak::now_ns;
using asmgr::soak::Pacer;

constexpr std::uint64_t kSampled = 500;  // one event in so many is looked up when it is seen
constexpr long kMayGrowKib = 24 * 1024;
constexpr double kRateHeld = 0.98;  // of what was asked for

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_soak: %s\n", what.c_str());
  std::exit(1);
}

long rss_kib() {
  std::ifstream statm("/proc/self/statm");
  long size = 0;
  long resident = 0;
  statm >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// A reader of the file that has nothing to do with the store: what it finds is committed.
class SecondConnection {
 public:
  explicit SecondConnection(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) die("cannot open " + path);
    sqlite3_busy_timeout(db_, 5000);
  }
  ~SecondConnection() { sqlite3_close(db_); }
  SecondConnection(const SecondConnection&) = delete;
  SecondConnection& operator=(const SecondConnection&) = delete;

  [[nodiscard]] bool has(std::string_view session, std::uint64_t number) {
    return count("SELECT count(*) FROM events e JOIN sessions s ON s.key = e.session WHERE s.id = '" +
                 std::string(session) + "' AND e.seq = " + std::to_string(number)) == 1;
  }
  [[nodiscard]] std::uint64_t count(const std::string& sql) {
    const std::lock_guard lock(mutex_);
    std::uint64_t found = 0;
    sqlite3_exec(
        db_, sql.c_str(),
        [](void* out, int, char** columns, char**) {
          *static_cast<std::uint64_t*>(out) = std::strtoull(columns[0], nullptr, 10);
          return 0;
        },
        &found, nullptr);
    return found;
  }

 private:
  std::mutex mutex_;
  sqlite3* db_ = nullptr;
};

// What all subscribers together have seen.
struct Seen {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> out_of_order{0};
  std::atomic<std::uint64_t> sampled{0};
  std::atomic<std::uint64_t> not_durable{0};
  // Microseconds from emit to the subscriber, by powers of 2^(1/4) from 1.
  std::atomic<std::uint64_t> latencies[128]{};

  void took(std::int64_t ns) {
    double us = std::max(1.0, static_cast<double>(ns) / 1000);
    std::size_t slot = 0;
    for (; us > 1.0 && slot < 127; us /= 1.189207115) ++slot;
    latencies[slot].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] double latency_ms(double share) const {
    std::uint64_t left = static_cast<std::uint64_t>(static_cast<double>(events.load()) * share);
    double us = 1;
    for (const auto& slot : latencies) {
      if (slot >= left) break;
      left -= slot;
      us *= 1.189207115;
    }
    return us / 1000;
  }
};

// The subscriber of one session. Called by one thread at a time.
class Subscriber {
 public:
  Subscriber(Seen& seen, SecondConnection& file) : seen_(seen), file_(file) {}
  void see(const asmgr::EventView& event) {
    if (last_number_ != 0 && event.sequence_number != last_number_ + 1) ++seen_.out_of_order;
    last_number_ = event.sequence_number;
    if (event.type != asmgr::EventType::message_streamed) return;
    char* behind = nullptr;
    const std::string data(event.data.substr(12, 60));
    const std::uint64_t count = std::strtoull(data.c_str(), &behind, 10);
    if (count != next_++) ++seen_.out_of_order;
    seen_.took(now_ns() - std::strtoll(behind, nullptr, 10));
    if (seen_.events.fetch_add(1) % kSampled != 0) return;
    ++seen_.sampled;
    if (!file_.has(event.session_id, event.sequence_number)) ++seen_.not_durable;
  }

 private:
  Seen& seen_;
  SecondConnection& file_;
  std::uint64_t last_number_ = 0;
  std::uint64_t next_ = 0;
};

struct Load {
  int seconds;
  int sessions;
  int rate;
};

class Soak {
 public:
  explicit Soak(Load load)
      : load_(load), pacer_(std::make_shared<Pacer>(std::chrono::nanoseconds(1'000'000'000 / load.rate))) {
    std::string pattern = (fs::temp_directory_path() / "asmgr-soak-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    const std::string config = (folder_ / "asmgr.yaml").string();
    std::ofstream(config) << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
                             "\"]}\nstores:\n  local: {plugin: sqlite, config: {path: ./soak.db, durability: normal}}\n"
                             "providers:\n  shell: {plugin: shell}\n"
                             "pipelines:\n  default: {store: local, provider: shell}\n";
    auto deployment = asmgr::Deployment::load(config);
    if (!deployment) die(deployment.error().message());
    asmgr::Wiring wiring = deployment->wiring();
    wiring.providers["pacer"] = pacer_;
    wiring.pipelines["default"].provider = "pacer";
    wiring.pipelines["default"].timeouts.idle = std::chrono::hours(1);
    wiring.host.max_parallel_sessions = static_cast<std::uint32_t>(load.sessions) + 1;
    wiring.host.max_parallel_runs = static_cast<std::uint32_t>(load.sessions) + 1;
    manager_ = std::make_unique<asmgr::SessionManager>(wiring);
    file_ = std::make_unique<SecondConnection>((folder_ / "soak.db").string());
  }
  ~Soak() {
    file_.reset();
    manager_.reset();
    fs::remove_all(folder_);
  }

  // False when something does not hold.
  bool play() {
    for (int i = 0; i < load_.sessions; ++i) begin_session();
    wait_until([&] { return manager_->status().runs == static_cast<std::size_t>(load_.sessions); }, "all runs begin");
    pacer_->begin();
    const int warm_up = std::max(2, load_.seconds / 4);
    std::this_thread::sleep_for(std::chrono::seconds(warm_up));
    const long start_rss = rss_kib();
    const double start_cpu = cpu_seconds();
    const std::uint64_t start_seen = seen_.events;
    const std::int64_t start = now_ns();
    std::this_thread::sleep_for(std::chrono::seconds(load_.seconds - warm_up));
    const double took = static_cast<double>(now_ns() - start) / 1e9;
    const double per_second = static_cast<double>(seen_.events - start_seen) / took;
    const double cores = (cpu_seconds() - start_cpu) / took;
    const long end_rss = rss_kib();
    pacer_->end();
    wait_until([&] { return ended_ == load_.sessions; }, "all runs end");
    return report(per_second, cores, start_rss, end_rss);
  }

 private:
  void begin_session() {
    asmgr::StartSessionOptions session;
    session.agent_id = "soak";
    auto made = manager_->start_session(session);
    if (!made) die(made.error().message());
    asmgr::StartRunOptions run;
    run.session_id = made->id;
    run.auto_activate = true;
    auto pending = manager_->start_run(run);
    if (!pending) die(pending.error().message());
    auto subscriber = std::make_shared<Subscriber>(seen_, *file_);
    asmgr::ExecuteRunOptions execute;
    execute.run_id = pending->id;
    execute.execution.events = asmgr::ResultEvents::none;
    execute.execution.event_callback = [subscriber](const asmgr::EventView& event) { subscriber->see(event); };
    manager_->begin_execute_run(execute, [this](const asmgr::Result<asmgr::RunResult>& result) {
      if (!result || result->status != asmgr::RunStatus::completed) ++failed_;
      ++ended_;
    });
  }
  static void wait_until(const std::function<bool()>& condition, const char* what) {
    const std::int64_t until = now_ns() + 120'000'000'000;
    while (!condition()) {
      if (now_ns() > until) die(std::string("waited in vain: ") + what);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  bool report(double per_second, double cores, long start_rss, long end_rss) {
    const std::uint64_t stored = file_->count(
        "SELECT count(*) FROM events e JOIN names n ON n.key = e.type_name WHERE n.name = 'message_streamed'");
    const double asked = static_cast<double>(load_.sessions) * load_.rate;
    std::printf("sessions %d, %d events/s each, %d s, SQLite (durability normal)\n", load_.sessions, load_.rate,
                load_.seconds);
    std::printf("events/s seen %.0f of %.0f asked for; %.2f cores\n", per_second, asked, cores);
    std::printf("emit -> seen: p50 %.1f ms, p99 %.1f ms\n", seen_.latency_ms(0.5), seen_.latency_ms(0.99));
    std::printf("events emitted %zu, stored %zu, seen %zu, out of order %zu; pauses %zu, emitted late %zu\n",
                pacer_->emitted(), stored, seen_.events.load(), seen_.out_of_order.load(), pacer_->pauses(),
                pacer_->late());
    std::printf("looked up when seen: %zu, not durable %zu; runs failed %d\n", seen_.sampled.load(),
                seen_.not_durable.load(), failed_.load());
    std::printf("resident memory: %ld KiB after the start, %ld KiB at the end, %+ld KiB (may grow by %ld)\n", start_rss,
                end_rss, end_rss - start_rss, kMayGrowKib);
    const bool every_event = stored == pacer_->emitted() && seen_.events == stored && seen_.out_of_order == 0;
    const bool holds = every_event && seen_.not_durable == 0 && failed_ == 0 && per_second >= kRateHeld * asked &&
                       end_rss - start_rss <= kMayGrowKib;
    std::printf("%s\n", holds ? "holds" : "DOES NOT HOLD");
    return holds;
  }

  Load load_;
  fs::path folder_;
  std::shared_ptr<Pacer> pacer_;
  Seen seen_;
  std::atomic<int> ended_{0};
  std::atomic<int> failed_{0};
  std::unique_ptr<SecondConnection> file_;
  std::unique_ptr<asmgr::SessionManager> manager_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int index, int otherwise) { return argc > index ? std::atoi(argv[index]) : otherwise; };
  const Load load{argument(1, asmgr::test::in_profile(20, 600)), argument(2, 1000), argument(3, 20)};
  return Soak(load).play() ? 0 : 1;
}
