// What redaction costs on text without secrets and on text full of them. Each figure is the median of five rounds,
// beside a copy of the same bytes and a search for a byte that is not there, run in turn with it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "core/redaction/redactor.hpp"
#include "core/redaction/stream_redactor.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr std::size_t kDelta = 24;  // bytes of a streamed delta, some tokens

const std::string kProse =
    "The store keeps every event of a session in order, and a subscriber that falls behind reads it from there: "
    "nothing is "
    "lost. Ask for the key of the door, set x = 1 and take the task-list to the desk. A password manager helps. ";
const std::string kCode =
    "  if (auto found = index.find(name); found != index.end()) {\n    log(\"name\", found->second);  // see "
    "https://example.com/a?b=c\n    return std::string{found->second};\n  }\n";
// In pieces, so that nobody takes them for real ones.
const std::string kSecrets =
    "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG then sk-" +
    std::string("ant-api03-Zq8_x7Kd-2LmNpQrStUvWxYz0123456789abcdef and {\"password\":\"hunter2\"} at ") +
    "postgres://bob:hunter2@db/app with ghp" + "_0123456789abcdefghijABCDEFGHIJ012345\n";

std::string repeated(const std::string& unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One row: what is run, and how many bytes each run takes.
struct Row {
  const char* name;
  std::size_t bytes;
  std::function<std::size_t()> work;
  std::vector<double> seconds;
};

asmgr::Redactor make_redactor(asmgr::RedactionOptions options) {
  auto redactor = asmgr::Redactor::make(std::move(options));
  if (!redactor) {
    std::fprintf(stderr, "bench_redaction: %s\n", redactor.error().message().c_str());
    std::exit(1);
  }
  return std::move(*redactor);
}

std::size_t stream(const asmgr::Redactor& redactor, const std::string& text) {
  asmgr::StreamRedactor one(redactor);
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += kDelta)
    size += one.feed(std::string_view(text).substr(at, kDelta)).size();
  return size + one.finish().size();
}

std::string event_of(const std::string& content) {
  std::string data = R"({"content":")";
  for (const char c : content) {
    if (c == '\n') {
      data += "\\n";
    } else {
      if (c == '"') data += '\\';
      data += c;
    }
  }
  return data + R"(","delta":"","thread_id":"thr_1"})";
}

std::size_t events(const asmgr::Redactor& redactor, const std::string& event, std::size_t count) {
  std::size_t changed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    changed += redactor.redact_event_data(asmgr::EventType::message_streamed, event).has_value() ? 1 : 0;
  }
  return changed;
}

void print(const Row& row) {
  const double middle = median(row.seconds);
  std::printf("%-52s %9.0f MB/s\n", row.name, static_cast<double>(row.bytes) / middle / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const int rounds = smoke ? 1 : kRounds;
  const std::size_t size = smoke ? 64 * 1024 : 8 * 1024 * 1024;
  const asmgr::Redactor redactor = make_redactor({});
  asmgr::RedactionOptions with_more;
  with_more.known_secrets = {"q1w2e3r4t5", "another-secret-value", "x7-token-of-a-deployment"};
  with_more.patterns = {{"ticket", "ACME-[0-9]{6}"}};
  const asmgr::Redactor more = make_redactor(with_more);

  const std::string prose = repeated(kProse, size);
  const std::string code = repeated(kCode, size);
  const std::string secrets = repeated(kSecrets, size / 8);
  const std::string prose_event = event_of(kProse);
  const std::string secret_event = event_of(kSecrets);
  const std::size_t prose_events = size / prose_event.size();
  const std::size_t secret_events = size / 8 / secret_event.size();
  std::string copy(prose.size(), '\0');

  std::vector<Row> rows{
      {"floor: memcpy",
       prose.size(),
       [&] { return std::memcpy(copy.data(), prose.data(), prose.size()) != nullptr; },
       {}},
      {"floor: memchr", prose.size(), [&] { return std::memchr(prose.data(), 1, prose.size()) == nullptr; }, {}},
      {"prose, whole, with its copy", prose.size(), [&] { return redactor.redact_text(prose).count; }, {}},
      {"program text, whole, with its copy", code.size(), [&] { return redactor.redact_text(code).count; }, {}},
      {"prose, 3 known secrets and a pattern more", prose.size(), [&] { return more.redact_text(prose).count; }, {}},
      {"full of secrets, whole", secrets.size(), [&] { return redactor.redact_text(secrets).count; }, {}},
      {"prose in event data",
       prose_event.size() * prose_events,
       [&] { return events(redactor, prose_event, prose_events); },
       {}},
      {"full of secrets in event data",
       secret_event.size() * secret_events,
       [&] { return events(redactor, secret_event, secret_events); },
       {}},
      {"prose, streamed in deltas of 24 bytes", prose.size(), [&] { return stream(redactor, prose); }, {}},
      {"full of secrets, streamed in deltas of 24 bytes",
       secrets.size(),
       [&] { return stream(redactor, secrets); },
       {}},
  };
  std::size_t sum = 0;
  for (int round = 0; round < rounds; ++round) {
    for (Row& row : rows) {
      const auto start = Clock::now();
      sum += row.work();
      row.seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
  }
  std::printf("median of %d rounds (%zu)\n", rounds, sum);
  for (const Row& row : rows) print(row);
  std::printf("an event of %zu bytes without a secret: %.0f ns\n", prose_event.size(),
              median(rows[6].seconds) / static_cast<double>(prose_events) * 1e9);
  return 0;
}
