// Many runs of several processes share one budget, and one of the processes is killed: what they used together, and
// what the counter says of it.
//
//   ASMGR_TEST_SEED=N    repeats the choices of a failed race, which prints its seed
#include <gtest/gtest.h>
#include <signal.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/json.hpp"
#include "core/model/state_machine.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::simulation {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kCapMicroUsd = 1'000'000;
constexpr std::int64_t kReportMicroUsd = 10'000;

// Reports a cent every 100 ms, so many times.
struct Agents {
  const char* name;
  int reports;
  std::int64_t estimate_micro_usd;  // of one run
};

std::string recording_of(const Agents& agents, int starts) {
  std::string text = R"({"replay":1,"grade":"cancel","usage":"delta"})"
                     "\n";
  for (int start = 0; start < starts; ++start) {
    for (int i = 1; i <= agents.reports; ++i) {
      text += R"({"t":)" + std::to_string(0.1 * i) +
              R"(,"type":"token_usage_updated","data":{"input_tokens":5,"output_tokens":5}})"
              "\n";
    }
    text += R"({"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})"
            "\n";
  }
  return text;
}

std::vector<Run> runs_in(Store& store, std::vector<RunStatus> statuses = {}) {
  RunQuery query;
  query.statuses = std::move(statuses);
  auto runs = store.list_runs(query);
  EXPECT_TRUE(runs) << runs.error().message();
  return runs ? std::move(*runs) : std::vector<Run>{};
}

std::vector<Record> records_in(Store& store, std::string_view kind) {
  RecordQuery query;
  query.kind = kind;
  auto records = store.list_records(query);
  EXPECT_TRUE(records) << records.error().message();
  return records ? std::move(*records) : std::vector<Record>{};
}

class BudgetRace : public testing::TestWithParam<Agents> {
 protected:
  BudgetRace() {
    const Agents& agents = GetParam();
    work_.use_program(ASMGR_BUDGET_HOST);
    work_.write("recording.jsonl", recording_of(agents, runs_of_a_host_));
    // 1000 USD per million tokens: a cent is ten.
    work_.write("asmgr.yaml", "version: 1\nplugins: {search_path: [\"" ASMGR_PLUGIN_DIR
                              "\"]}\n"
                              "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                              "providers:\n  recorded: {plugin: replay, config: {file: ./recording.jsonl}}\n"
                              "policies:\n  shared:\n    plugin: limits\n    config:\n      max_cost_usd: 1.00\n"
                              "      estimate: {cost_usd: " +
                                  std::to_string(static_cast<double>(agents.estimate_micro_usd) / 1e6) +
                                  "}\n      window: {per: tenant}\n"
                                  "pipelines:\n  default: {store: local, provider: recorded, policies: [shared]}\n"
                                  "host: {host_ttl: 1s, pricing: {replay: {default: {input: 1000, output: 1000}}}}\n");
  }

  [[nodiscard]] std::unique_ptr<e2e::Child> start_host() const {
    return work_.start({work_.path("asmgr.yaml"), std::to_string(runs_of_a_host_)});
  }
  static void expect_good_end(e2e::Child& host) {
    const e2e::Ended ended = host.wait();
    EXPECT_EQ(ended.code, 0) << ended.err << ended.out;
  }

  // All hosts at once; the first is killed while it has runs.
  void race(std::mt19937& random) const {
    const auto victim = start_host();
    EXPECT_TRUE(victim->read_until([](const std::string& out) { return out.find("begun") != out.npos; }))
        << victim->wait().err;
    std::vector<std::unique_ptr<e2e::Child>> others;
    while (std::ssize(others) + 1 < hosts_) others.push_back(start_host());
    // The moment of the kill is what is being tested.
    victim->read_for(milliseconds(random() % 300));
    victim->send(SIGKILL);
    for (const auto& other : others) expect_good_end(*other);
  }

  // Another host looks after what the killed one left.
  void recover(Store& store, const Wiring& wiring) {
    ManagerOptions options;
    options.serves = true;
    const SessionManager manager(wiring, options);
    EXPECT_TRUE(e2e::wait_until([&] { return runs_in(store, {RunStatus::running}).empty(); }, e2e::kPatience));
  }

  e2e::Workplace work_;
  const int hosts_ = test::in_profile(4, 8);
  const int runs_of_a_host_ = test::in_profile(10, 25);
};

std::int64_t used_by(const Run& run) {
  return std::llround(run.cost_usd.value_or(0) * 1e6);
}

// What each run of the killed host holds.
std::map<std::string, std::int64_t> holds_by_run(const std::vector<Record>& records) {
  std::map<std::string, std::int64_t> holds;
  for (const Record& record : records) {
    auto body = parse_json_object(record.body, "hold");
    EXPECT_TRUE(body) << record.body;
    if (body) holds[std::string(find_string(*body, "run_id").value_or(""))] = record.value;
  }
  return holds;
}

// What a run that was ended by its budget used beyond what it held by then: in flight when it was told to stop.
std::int64_t beyond_its_hold(Store& store, const Run& run) {
  EventQuery query;
  query.session_id = run.session_id;
  query.run_id = run.id;
  query.types = {"policy_violation"};
  const auto violations = store.get_events(query);
  EXPECT_TRUE(violations && violations->size() == 1) << run.id;
  if (!violations || violations->empty()) return 0;
  auto data = parse_json_object(violations->front().data, "violation");
  return used_by(run) - find_int(*find_object(*data, "details"), "held").value_or(0);
}

// What all runs used together, and how they ended.
struct Tally {
  std::int64_t used = 0;
  std::int64_t in_flight = 0;  // of it, beyond what was held
  std::map<std::string, int> ends;

  void count(Store& store, const Run& run, const std::map<std::string, std::int64_t>& left_behind) {
    used += used_by(run);
    const std::string code(run.error ? code_name(run.error->code()) : "");
    ++ends[std::string(status_name(run.status)) + (code.empty() ? "" : " " + code)];
    if (!run.started_at.is_set()) return;
    if (code == "policy_violation") in_flight += beyond_its_hold(store, run);
    // It had reported, and was killed before it held more.
    if (code == "host_terminated") in_flight += std::max<std::int64_t>(used_by(run) - left_behind.at(run.id), 0);
  }
};

std::string to_text(const Tally& tally) {
  std::string text;
  for (const auto& [end, count] : tally.ends) text += std::to_string(count) + " " + end + ", ";
  return text + "used " + std::to_string(tally.used) + " micro-USD, " + std::to_string(tally.in_flight) +
         " of it in flight";
}

TEST_P(BudgetRace, IsWonByNobody) {
  const char* wanted = std::getenv("ASMGR_TEST_SEED");
  const unsigned seed =
      wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : std::random_device()();
  std::mt19937 random(seed);
  race(random);
  const auto deployment = Deployment::load(work_.path("asmgr.yaml"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  Store& store = *deployment->wiring().stores.at("local");
  const std::map<std::string, std::int64_t> left_behind = holds_by_run(records_in(store, record_kind::kHold));
  recover(store, deployment->wiring());
  expect_good_end(*start_host());  // what the killed host did not use is there for others

  Tally tally;
  for (const auto& run : runs_in(store)) tally.count(store, run, left_behind);
  std::printf("%d hosts, %d runs each, ASMGR_TEST_SEED=%u: %s\n", hosts_, runs_of_a_host_, seed,
              to_text(tally).c_str());
  EXPECT_LE(tally.used, kCapMicroUsd + tally.in_flight);
  if (GetParam().reports * kReportMicroUsd <= GetParam().estimate_micro_usd) {
    EXPECT_LE(tally.used, kCapMicroUsd);
  }
  EXPECT_GT(tally.used, kCapMicroUsd / 2) << "hardly anything was used of it";
  EXPECT_GT(tally.ends["failed host_terminated"], 0) << "nothing ran where the host was killed";
  EXPECT_GT(tally.ends["failed policy_violation"], 0) << "there was enough for everybody";
  EXPECT_TRUE(records_in(store, record_kind::kHold).empty());
  const std::vector<Record> counters = records_in(store, record_kind::kCounter);
  ASSERT_EQ(counters.size(), 1U);
  EXPECT_EQ(counters.front().value, tally.used);
}

INSTANTIATE_TEST_SUITE_P(Agents, BudgetRace,
                         testing::Values(Agents{"ThatKeepToTheirEstimate", 4, 40'000},
                                         Agents{"ThatUseFourTimesAsMuch", 8, 20'000}),
                         [](const auto& agents) { return std::string(agents.param.name); });

}  // namespace
}  // namespace asmgr::simulation
