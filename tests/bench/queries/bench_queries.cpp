// Prints what it takes to look across the sessions of a store: pages of sessions, runs and events at places all over
// them, and sums. Each figure is the median of five rounds; the last column is the slowest answer of all rounds.
//   bench_queries [--smoke] [memory|sqlite]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::bench {
namespace {

using Clock = std::chrono::steady_clock;
using contract::Event;
using contract::RunRow;
using contract::StoreClient;
using contract::Unit;

constexpr int kRounds = 5;
constexpr std::size_t kUnitsPerCommit = 200;
constexpr std::size_t kEventsPerUnit = 500;
constexpr std::int64_t kFirstUs = 1'700'000'000'000'000;
constexpr std::int64_t kSecondUs = 1'000'000;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench_queries: %s\n", what.c_str());
  std::exit(1);
}

struct Scale {
  std::size_t sessions = 100'000;
  std::size_t events = 1'000'000;  // of the one long session
  int pages = 50;                  // a round
};

std::string session_id(std::size_t index) {
  return contract::usual_id("ses", index + 1);
}

void commit(const StoreClient& store, std::vector<Unit>& units) {
  const auto answer = store.commit(units);
  if (answer.status != ASMGR_OK) die(answer.message);
  for (const auto& unit : answer.units)
    if (unit.status != ASMGR_OK) die(unit.message);
  units.clear();
}

// Ten agents, one session in ten tagged `some`, one in a thousand `rare`; a run each, one in a thousand by `seldom`.
void fill_sessions(const StoreClient& store, const Scale& scale) {
  std::vector<Unit> units;
  for (std::size_t i = 0; i < scale.sessions; ++i) {
    const std::string id = session_id(i);
    Unit unit = contract::create_session(id, "host", 0);
    unit.expected_last_seq = 0;
    unit.session->agent_id = "agent" + std::to_string(i % 10);
    unit.session->status = static_cast<std::uint32_t>(1 + i % 6);
    unit.session->created_us = kFirstUs + static_cast<std::int64_t>(i) * kSecondUs;
    // A permutation: the order of updates is another one than that in which rows lie.
    unit.session->updated_us = kFirstUs + static_cast<std::int64_t>(i * 7919 % scale.sessions) * kSecondUs;
    const std::string tags = i % 1000 == 7 ? R"("rare","nightly")" : i % 10 == 3 ? R"("some","nightly")" : "";
    unit.session->doc = R"({"context":{"system_prompt":"You are a careful engineer who reads before writing."},)"
                        R"("metadata":{"provider":"claude"},"tags":[)" +
                        tags + "]}";
    RunRow run;
    run.id = contract::usual_id("run", i + 1);
    run.session_id = id;
    run.provider = i % 1000 == 9 ? "seldom" : "provider" + std::to_string(i % 4);
    run.status = ASMGR_RUN_COMPLETED;
    run.started_us = unit.session->created_us;
    run.doc = R"({"input":{"prompt":"Summarise the README in this folder"},"token_usage":{"input_tokens":)" +
              std::to_string(100 + i * 31 % 5000) + R"(,"cache_read_tokens":50,"cache_write_tokens":0,)" +
              R"("output_tokens":)" + std::to_string(i * 17 % 900) + R"(,"reasoning_tokens":0,"quality":"reported"},)" +
              R"("cost_usd":0.0123,"provider_metadata":{"model":"model)" + std::to_string(i % 3) + R"("}})";
    unit.runs.push_back(std::move(run));
    units.push_back(std::move(unit));
    if (units.size() == kUnitsPerCommit) commit(store, units);
  }
  if (!units.empty()) commit(store, units);
}

void fill_events(const StoreClient& store, const Scale& scale) {
  std::vector<Unit> units = {contract::create_session("ses_long", "host", 0)};
  units.front().expected_last_seq = 0;
  units.front().session->created_us = kFirstUs;
  commit(store, units);
  for (std::size_t done = 0; done < scale.events; done += kEventsPerUnit) {
    Unit unit = contract::append_events("ses_long", "host", 1, done, kEventsPerUnit,
                                        R"({"delta":"The quick brown fox jumps over the lazy dog.","index":12})");
    for (Event& event : unit.events) event.time_us = kFirstUs + static_cast<std::int64_t>(event.seq) * 1000;
    units.push_back(std::move(unit));
    commit(store, units);
  }
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// `ask` is called again and again; the random number says where.
void print_line(const char* name, int pages, const std::function<void(std::uint64_t)>& ask) {
  std::mt19937_64 random(20260101);
  std::vector<double> rounds;
  double slowest = 0;
  ask(random());  // statements are prepared, pages read
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> times;
    for (int i = 0; i < pages; ++i) {
      const auto begin = Clock::now();
      ask(random());
      times.push_back(milliseconds(Clock::now() - begin));
      slowest = std::max(slowest, times.back());
    }
    rounds.push_back(middle(times));
  }
  std::printf("%-46s %10.3f %10.3f\n", name, middle(rounds), slowest);
  std::fflush(stdout);
}

template <typename Found>
void expect_rows(const Found& found) {
  if (found.status != ASMGR_OK) die(found.message);
  if (found.items.empty()) die("nothing was found");
}

// A place somewhere in an order by time: as a store's own cursor for it, made by asking for one row before it.
class Places {
 public:
  Places(const StoreClient& store, const Scale& scale) {
    for (int i = 1; i < 20; ++i) {
      const auto at =
          kFirstUs + static_cast<std::int64_t>(scale.sessions * static_cast<std::size_t>(i) / 20) * kSecondUs;
      const auto found = store.search_sessions(R"({"order_by":"created_at_desc","limit":1,"created_before":)" +
                                               std::to_string(at) + "}");
      cursors_.push_back(found.next);
    }
  }
  [[nodiscard]] const std::string& any(std::uint64_t number) const { return cursors_[number % cursors_.size()]; }

 private:
  std::vector<std::string> cursors_;
};

void sessions(const StoreClient& store, const Scale& scale) {
  const Places places(store, scale);
  const auto page = [&](const char* name, const std::string& filter, bool anywhere) {
    print_line(name, scale.pages, [&](std::uint64_t number) {
      const auto found = store.search_sessions(filter, anywhere ? places.any(number) : std::string());
      if (found.status != ASMGR_OK) die(found.message);
    });
  };
  page("sessions, latest update first", "{}", false);
  page("sessions by creation, any page", R"({"order_by":"created_at_desc"})", true);
  page("sessions of an agent and a status", R"({"agent_id":"agent3","status":["active"]})", false);
  page("sessions with a tag (1 in 10)", R"({"tags":["some"]})", false);
  page("sessions with a tag (1 in 1000)", R"({"tags":["rare"]})", false);
  page("sessions with a provider (1 in 4)", R"({"provider":["provider1"]})", false);
  page("sessions with a provider (1 in 1000)", R"({"provider":["seldom"]})", false);
  page("sessions, nothing found", R"({"agent_id":"nobody"})", false);
  print_line("sessions, how many", scale.pages / 5, [&](std::uint64_t) {
    if (store.summarize("sessions", "{}").status != ASMGR_OK) die("no count");
  });
}

void runs(const StoreClient& store, const Scale& scale) {
  const auto page = [&](const char* name, const std::string& filter) {
    print_line(name, scale.pages, [&](std::uint64_t) { expect_rows(store.search_runs(filter)); });
  };
  page("runs, latest first", "{}");
  page("runs, most tokens first", R"({"order_by":"token_usage_desc"})");
  page("runs of a provider (1 in 1000)", R"({"provider":["seldom"]})");
  const auto sums = [&](const char* name, const std::string& filter) {
    print_line(name, scale.pages / 5, [&](std::uint64_t) {
      if (store.summarize("usage", filter).status != ASMGR_OK) die("no sums");
    });
  };
  sums("usage by provider and model", R"({"by":["provider","model"]})");
  sums("usage by tag", R"({"by":["tag"]})");
  sums("usage by day, the last tenth",
       R"({"by":["day"],"since":)" +
           std::to_string(kFirstUs + static_cast<std::int64_t>(scale.sessions / 10 * 9) * kSecondUs) + "}");
  sums("usage of a session", R"({"session_id":")" + session_id(5) + "\"}");
}

void events(const StoreClient& store, const Scale& scale) {
  const auto any_cursor = [&](std::uint64_t number) {
    return "0." + std::to_string(number % (scale.events - 100)) + ".ses_long";  // as both stores write it
  };
  print_line("events of a session, any page of 100", scale.pages, [&](std::uint64_t number) {
    expect_rows(store.search_events(R"({"session_ids":["ses_long"],"limit":100})", any_cursor(number)));
  });
  print_line("events of all sessions, any page of 100", scale.pages,
             [&](std::uint64_t number) { expect_rows(store.search_events(R"({"limit":100})", any_cursor(number))); });
  print_line("events of a session, latest first", 3, [&](std::uint64_t) {
    expect_rows(store.search_events(R"({"session_ids":["ses_long"],"order_by":"timestamp_desc","limit":100})"));
  });
  print_line("figures of a session", scale.pages, [&](std::uint64_t) {
    if (store.summarize("session", R"({"session_id":"ses_long"})").status != ASMGR_OK) die("no figures");
  });
}

std::string config_of(const std::string& name, const std::string& folder) {
  return name == "memory" ? "{}" : R"({"path":")" + folder + R"(/store.db","durability":"normal"})";
}

void run(const std::string& name, const Scale& scale) {
  const contract::TempFolder folder;
  const StoreClient store(name, config_of(name, folder.path()));
  if (!store.has_queries()) die(name + " cannot be asked");
  const auto begin = Clock::now();
  fill_sessions(store, scale);
  fill_events(store, scale);
  std::printf("%s: %zu sessions with a run each, %zu events of one session, written in %.0f ms\n", name.c_str(),
              scale.sessions, scale.events, milliseconds(Clock::now() - begin));
  std::printf("%-46s %10s %10s\n", "a page of 50, unless it says otherwise", "median ms", "slowest ms");
  sessions(store, scale);
  runs(store, scale);
  events(store, scale);
}

}  // namespace
}  // namespace asmgr::bench

int main(int argc, char** argv) {
  asmgr::bench::Scale scale;
  std::vector<std::string> stores;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--smoke") == 0)
      scale = {1000, 2000, 5};
    else
      stores.emplace_back(argv[i]);
  }
  if (stores.empty()) stores = {"sqlite", "memory"};
  for (const std::string& store : stores) asmgr::bench::run(store, scale);
}
