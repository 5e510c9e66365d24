// What ten rules of the policy `content` cost on ordinary prose, asked through the C boundary with events as a host
// shows them. Each figure is the median of five rounds in processor time, beside a copy of the same bytes and a search
// for a byte that is not there, run in turn with it. Bytes are those of the text, not of the events around it.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/content/content_plugin.hpp"

namespace {

using asmgr::testing::json_text;
using asmgr::testing::PolicyInstance;
using asmgr::testing::PolicyState;
using asmgr::testing::rule;

constexpr int kRounds = 5;

const std::string kProse =
    "The store keeps every event of a session in order, and a subscriber that falls behind reads it from there: "
    "nothing is lost. Ask for the key of the door, set x = 1 and take the task-list to the desk. \"A password manager "
    "helps,\" she said.\nIt was 1984 when the caf\u00e9 had the number 555-1234, and nobody called.\n";

std::vector<std::string> rules_on(const char* on) {
  return {rule(on, "AKIA[0-9A-Z]{16}"),
          rule(on, "ignore (all )?previous instructions", R"("ignore_case":true)"),
          rule(on, R"(\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b)"),
          rule(on, "-----BEGIN [A-Z ]+-----"),
          rule(on, R"(\bconfidential\b)", R"("ignore_case":true)"),
          rule(on, R"([a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,})"),
          rule(on, R"(\b(?:\d[ -]?){13,16}\b)"),
          rule(on, "project[ -]?titan", R"("ignore_case":true)"),
          rule(on, R"(https?://[a-z.]*internal\.example\.com)"),
          rule(on, "(drop|truncate) table", R"("ignore_case":true)")};
}

// The text cut into events of `least` to `most` bytes, the sizes spread evenly.
std::vector<std::string> events_of(const std::string& text, std::size_t least, std::size_t most, bool whole) {
  std::vector<std::string> events;
  std::size_t size = least;
  for (std::size_t at = 0; at < text.size();) {
    const std::string piece = json_text(std::string_view(text).substr(at, size));
    events.push_back(whole ? R"({"content":)" + piece + R"(,"role":"assistant"})"
                           : R"({"content":)" + piece + R"(,"delta":)" + piece + R"(,"thread_id":"thr_1"})");
    at += size;
    size = least + (size - least + 617) % (most - least + 1);
  }
  return events;
}

std::size_t observe_all(const PolicyInstance& policy, std::uint32_t type, const std::vector<std::string>& events) {
  const auto run = policy.begin();
  std::size_t matches = 0;
  for (const std::string& event : events) {
    matches += run->observe(type, event, asmgr::testing::no_usage()).action == ASMGR_ALLOW ? 0U : 1U;
  }
  return matches;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Row {
  const char* name;
  std::function<std::size_t()> work;  // over the whole text; how often something was found
  std::vector<double> seconds;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(bool smoke) {
  const int rounds = smoke ? 1 : kRounds;
  const std::size_t size = smoke ? 64U * 1024U : 8U * 1024U * 1024U;
  std::string text;
  while (text.size() < size) text += kProse;
  std::string copy(text.size(), '\0');

  const PolicyInstance output(asmgr::testing::content(), asmgr::testing::rules(rules_on("output")));
  const PolicyInstance prompt(asmgr::testing::content(), asmgr::testing::rules(rules_on("prompt")));
  const std::vector<std::string> tokens = events_of(text, 24, 24, false);
  const std::vector<std::string> small = events_of(text, 100, 100, false);
  const std::vector<std::string> pieces = events_of(text, 100, 4000, false);
  const std::vector<std::string> messages = events_of(text, 20000, 60000, true);
  const std::string asked = R"({"input":{"messages":[{"role":"user","content":)" + json_text(text) + "}]}}";
  const auto streamed = [&](const std::vector<std::string>& events) {
    return [&] { return observe_all(output, ASMGR_EV_MESSAGE_STREAMED, events); };
  };

  std::vector<Row> rows{
      {"floor: memcpy", [&] { return std::memcpy(copy.data(), text.data(), text.size()) == nullptr ? 1U : 0U; }, {}},
      {"floor: memchr", [&] { return std::memchr(text.data(), 1, text.size()) == nullptr ? 0U : 1U; }, {}},
      {"pieces of 100 to 4,000 bytes", streamed(pieces), {}},
      {"pieces of 100 bytes", streamed(small), {}},
      {"pieces of 24 bytes", streamed(tokens), {}},
      {"whole messages of 20,000 to 60,000 bytes",
       [&] { return observe_all(output, ASMGR_EV_MESSAGE_RECEIVED, messages); },
       {}},
      {"one prompt", [&] { return prompt.begin({}, asked)->preflight("{}").action == ASMGR_ALLOW ? 0U : 1U; }, {}},
  };
  std::size_t matches = 0;
  for (int round = 0; round < rounds; ++round) {
    for (Row& row : rows) {
      const double begin = processor_seconds();
      matches += row.work();
      row.seconds.push_back(processor_seconds() - begin);
    }
  }
  std::printf("10 rules, median of %d rounds of %zu bytes, %zu matches\n", rounds, text.size(), matches);
  for (const Row& row : rows) {
    std::printf("%-44s %9.0f MB/s\n", row.name, static_cast<double>(text.size()) / median(row.seconds) / 1e6);
  }
  std::printf("a piece of 24 bytes: %.1f us\n", median(rows[4].seconds) / static_cast<double>(tokens.size()) * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(argc > 1 && std::strcmp(argv[1], "--smoke") == 0);
    return 0;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "bench_content: %s\n", problem.what());
    return 1;
  }
}
