// What `limits` and `tool_rules` add to an event: observe through the C table of the loaded plugin, as a host calls it.
// Each figure is the median of five rounds in processor time, beside the same loop with a policy that has nothing to
// say, run in turn with it. Exits 1 when one adds a microsecond or more (not with --smoke).
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "tests/plugins/support/policy_client.hpp"

namespace {

using asmgr::testing::check;
using asmgr::testing::PolicyPlugin;
using asmgr::testing::to_abi;

constexpr int kRounds = 5;
constexpr double kAllowedNs = 1000;

constexpr const char* kBounds =
    R"({"max_total_tokens":1000000000,"max_input_tokens":1000000000,"max_output_tokens":1000000000,
        "max_cost_usd":100000,"max_duration":86400000,"max_tool_calls":1000000000,"max_turns":1000000000})";
constexpr const char* kRules =
    R"({"allow":["read","grep","list_files","write_file",{"tool":"bash","command_prefix":"git log"}],
        "deny":["mcp__*","python",{"tool":"*","path_under":"/etc"},{"tool":"*","path_under":"/home/u/.ssh"}],
        "cwd":"/work"})";
constexpr const char* kCall =
    R"({"tool_call_id":"toolu_01A09q90qw90lq917835lq9","tool_name":"write_file",
        "tool_input":{"file_path":"/work/src/main.cpp","content":"int main() { return 0; }"}})";

asmgr_status says_nothing(asmgr_instance*, asmgr_policy_run*, const asmgr_event*, const asmgr_usage*, asmgr_decision*,
                          asmgr_error*) noexcept {
  return ASMGR_OK;
}

// One run under an instance of a policy; the floor is one without an instance.
class OneRun {
 public:
  OneRun() = default;
  OneRun(const PolicyPlugin& plugin, const char* config) : plugin_(&plugin) {
    const asmgr_create create{sizeof(asmgr_create), 0, asmgr::testing::test_host(), to_abi("bench"), to_abi(config)};
    asmgr_error error;
    check(plugin.component().create(&create, &instance_, &error), error);
    asmgr_session session{};
    session.size = sizeof(session);
    asmgr_run run{};
    run.size = sizeof(run);
    // The combination of a stack of this policy alone.
    asmgr::testing::TextCollector declared;
    check(plugin.table().declare(instance_, &declared.sink, &error), error);
    check(plugin.table().begin(instance_, to_abi(declared.texts.at(0)), &session, &run, &run_, &error), error);
    observe_ = plugin.table().observe;
  }
  ~OneRun() {
    if (plugin_ == nullptr) return;
    plugin_->table().end(instance_, run_);
    plugin_->component().destroy(instance_);
  }
  OneRun(const OneRun&) = delete;
  OneRun& operator=(const OneRun&) = delete;

  void observe(const asmgr_event& event, const asmgr_usage& usage, asmgr_decision& decision) {
    asmgr_error error;
    check(observe_(instance_, run_, &event, &usage, &decision, &error), error);
  }

 private:
  const PolicyPlugin* plugin_ = nullptr;
  asmgr_instance* instance_ = nullptr;
  asmgr_policy_run* run_ = nullptr;
  decltype(asmgr_policy::observe) observe_ = &says_nothing;
};

double processor_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Nanoseconds per event.
double observe_all(OneRun& run, std::uint32_t type, const char* data, int count) {
  asmgr_event event{};
  event.size = sizeof(event);
  event.schema = 1;
  event.type = type;
  event.data = to_abi(data);
  asmgr_usage usage = asmgr::testing::no_usage();
  int violations = 0;
  const double began = processor_ns();
  for (int i = 0; i < count; ++i) {
    usage.total_tokens = usage.input_tokens = usage.output_tokens = usage.tool_calls = i;
    asmgr_decision decision{};
    decision.size = sizeof(decision);
    decision.ctx = &violations;
    decision.explain = [](void* ctx, asmgr_str, asmgr_str, asmgr_str) noexcept { ++*static_cast<int*>(ctx); };
    run.observe(event, usage, decision);
  }
  const double took = processor_ns() - began;
  if (violations != 0) throw std::runtime_error("a policy found something to say, so this is no measure of an event");
  return took / count;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Row {
  const char* name;
  OneRun* run;
  std::uint32_t type;
  const char* data;
  std::vector<double> floors;
  std::vector<double> ns;
};

bool measure(bool smoke) {
  const int rounds = smoke ? 1 : kRounds;
  const int count = smoke ? 10'000 : 500'000;
  const PolicyPlugin limits("limits");
  const PolicyPlugin tool_rules("tool_rules");
  OneRun floor;
  OneRun bounded(limits, kBounds);
  OneRun ruled(tool_rules, kRules);
  std::vector<Row> rows{
      {"limits, 7 bounds, token_usage_updated",
       &bounded,
       ASMGR_EV_TOKEN_USAGE_UPDATED,
       R"({"input_tokens":900,"output_tokens":80})",
       {},
       {}},
      {"limits, 7 bounds, message_streamed", &bounded, ASMGR_EV_MESSAGE_STREAMED, R"({"content":"hello"})", {}, {}},
      {"tool_rules, 9 rules, message_streamed", &ruled, ASMGR_EV_MESSAGE_STREAMED, R"({"content":"hello"})", {}, {}},
      {"tool_rules, 9 rules, tool_call_started", &ruled, ASMGR_EV_TOOL_CALL_STARTED, kCall, {}, {}},
  };
  for (int round = 0; round < rounds; ++round) {
    for (Row& row : rows) {
      row.floors.push_back(observe_all(floor, row.type, row.data, count));
      row.ns.push_back(observe_all(*row.run, row.type, row.data, count));
    }
  }
  std::printf("nanoseconds per event, median of %d rounds of %d events\n", rounds, count);
  std::printf("%-42s %8s %8s %8s\n", "", "floor", "with it", "added");
  bool is_fast = true;
  for (const Row& row : rows) {
    const double added = median(row.ns) - median(row.floors);
    is_fast = is_fast && added < kAllowedNs;
    std::printf("%-42s %8.1f %8.1f %8.1f\n", row.name, median(row.floors), median(row.ns), added);
  }
  return is_fast || smoke;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc > 1 && std::strcmp(argv[1], "--smoke") == 0) ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench_policies: %s\n", problem.what());
    return 1;
  }
}
