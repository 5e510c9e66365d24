// How soon one process sees what another one does in the same SQLite file: from the moment a provider says something to
// the moment a subscriber in the other process has it. The floor is the same time through a pipe. Medians of five
// rounds.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr int kRounds = 5;
constexpr std::chrono::milliseconds kPace{5};
constexpr const char* kSession = "ses_bench";

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_follow: %s\n", what.c_str());
  std::exit(1);
}

long long now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

double at(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

// Says what time it is, again and again.
class Speaker final : public asmgr::Provider {
 public:
  explicit Speaker(int count) : count_(count) {
    info_.name = "speaker";
    info_.grade = asmgr::EnforcementGrade::intercept;
  }
  ~Speaker() override {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] const asmgr::ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] asmgr::Result<void> start(const asmgr::RunContext& context) override {
    thread_ = std::thread([this, channel = context.channel] {
      asmgr::EventView event;
      event.type = asmgr::EventType::message_streamed;
      event.type_name = "message_streamed";
      for (int i = 0; i < count_; ++i) {
        std::this_thread::sleep_for(kPace);
        const std::string data = R"({"content":")" + std::to_string(now_ns()) + R"("})";
        event.data = data;
        channel->emit({&event, 1}, asmgr::EmitMode::may_block);
      }
      channel->finish(asmgr::FinishStatus::completed, "{}");
    });
    return {};
  }
  void cancel(std::uint64_t) noexcept override {}
  void resume(std::uint64_t) noexcept override {}
  [[nodiscard]] asmgr::Result<void> resolve(std::uint64_t, std::uint64_t, asmgr::ToolVerdict, std::string_view,
                                            std::string_view) override {
    return {};
  }
  [[nodiscard]] asmgr::Result<void> steer(std::uint64_t, std::string_view) override { return {}; }
  [[nodiscard]] asmgr::Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  asmgr::ProviderInfo info_;
  int count_;
  std::thread thread_;
};

asmgr::Wiring wiring_of(const fs::path& folder, int count) {
  const fs::path file = folder / "asmgr.yaml";
  std::ofstream(file) << "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
                         "\"]}\nstores:\n  local: {plugin: sqlite, config: {path: ./follow.db, durability: normal}}\n"
                         "providers:\n  shell: {plugin: shell}\n"
                         "pipelines:\n  default: {store: local, provider: shell}\n";
  auto deployment = asmgr::Deployment::load(file.string());
  if (!deployment) die(deployment.error().message());
  asmgr::Wiring wiring = deployment->wiring();
  wiring.providers["speaker"] = std::make_shared<Speaker>(count);
  wiring.pipelines["default"].provider = "speaker";
  wiring.pipelines["default"].redactor = nullptr;  // nothing is held back because it might become a secret
  return wiring;
}

// A byte from one process to the other.
struct Signal {
  int ends[2] = {-1, -1};
  Signal() {
    if (pipe(ends) != 0) die("no pipe");
  }
  ~Signal() {
    close(ends[0]);
    close(ends[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void give() const {
    if (write(ends[1], "x", 1) != 1) die("the other process is gone");
  }
  void wait() const {
    char one = 0;
    if (read(ends[0], &one, 1) != 1) die("the other process is gone");
  }
};

// The other process: it owns the session, and speaks once somebody listens.
void speak(const fs::path& folder, int count, const Signal& made, const Signal& go) {
  asmgr::SessionManager manager(wiring_of(folder, count));
  asmgr::StartSessionOptions start;
  start.id = kSession;
  start.agent_id = "bench";
  if (!manager.start_session(start) || !manager.activate_session({kSession, "", {}, {}})) die("no session");
  made.give();
  go.wait();
  asmgr::RunOnceOptions options;
  options.session_id = kSession;
  options.input = boost::json::object{{"prompt", "go"}};
  const auto result = manager.run_once(options);
  if (!result || result->status != asmgr::RunStatus::completed) die("the run did not complete");
}

// Microseconds from each word to its sight.
std::vector<double> listen(const fs::path& folder, const Signal& made, const Signal& go) {
  made.wait();
  asmgr::SessionManager manager(wiring_of(folder, 0));
  asmgr::StreamEventsOptions options;
  options.session_id = kSession;
  options.types = {"session_started", "message_streamed", "run_completed"};
  options.wait_timeout = std::chrono::seconds(10);
  auto stream = manager.stream_session_events(options);
  if (!stream) die(stream.error().message());
  std::vector<double> took;
  while (true) {
    const auto event = (*stream)->next();
    if (!event || *event == nullptr) die("the stream ended early");
    if ((*event)->type == asmgr::EventType::run_completed) return took;
    if ((*event)->type == asmgr::EventType::session_started) {
      go.give();
      continue;
    }
    const std::string& data = (*event)->data;
    took.push_back(static_cast<double>(now_ns() - std::atoll(data.c_str() + data.find(":\"") + 2)) / 1000);
  }
}

std::vector<double> follow_round(const fs::path& folder, int count) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const Signal made;
  const Signal go;
  const pid_t child = fork();
  if (child == 0) {
    speak(folder, count, made, go);
    _exit(0);
  }
  std::vector<double> took = listen(folder, made, go);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) die("the other process failed");
  return took;
}

// The same through a pipe.
std::vector<double> pipe_round(int count) {
  int ends[2];
  if (pipe(ends) != 0) die("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_for(kPace);
      const long long now = now_ns();
      if (write(ends[1], &now, sizeof now) != sizeof now) _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  std::vector<double> took;
  long long said = 0;
  while (read(ends[0], &said, sizeof said) == sizeof said) took.push_back(static_cast<double>(now_ns() - said) / 1000);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return took;
}

void print(const char* name, const std::vector<double>& middle, const std::vector<double>& late) {
  std::printf("%-52s p50 %8.0f us   p99 %8.0f us\n", name, at(middle, 0.5), at(late, 0.5));
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const int rounds = smoke ? 1 : kRounds;
  const int count = smoke ? 50 : 500;
  std::string pattern = (fs::temp_directory_path() / "asmgr-bench-XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  std::vector<double> seen, seen_late, piped, piped_late;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<double> followed = follow_round(folder / "f", count);
    const std::vector<double> floor = pipe_round(count);
    seen.push_back(at(followed, 0.5));
    seen_late.push_back(at(followed, 0.99));
    piped.push_back(at(floor, 0.5));
    piped_late.push_back(at(floor, 0.99));
  }
  std::printf("median of %d rounds of %d events, one every %d ms\n", rounds, count, static_cast<int>(kPace.count()));
  print("an event of another process, one SQLite file", seen, seen_late);
  print("  a number through a pipe", piped, piped_late);
  fs::remove_all(folder);
  return 0;
}
