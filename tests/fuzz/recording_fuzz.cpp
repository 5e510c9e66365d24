// Recordings of the replay provider.
#include "plugins/replay/recording.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <asmgr/plugin.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

#include "tests/fuzz/json_alike.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

namespace json = boost::json;
using replay::RecordedEvent;
using replay::RecordedStart;
using replay::Recording;

// A file in memory: the reader takes a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : file_(memfd_create("recording", MFD_CLOEXEC)) {
    const bool written = file_ >= 0 && write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    require(written, "this machine has room for a file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

// A refusal is `FILE:LINE: what is wrong`, and the line is one of the file's.
void check_refusal(const sdk::StatusError& refusal, const std::string& path, std::string_view text) {
  const std::string_view message = refusal.what();
  require(message.substr(0, path.size() + 1) == path + ":", "a refusal names the file", message);
  const std::string_view rest = message.substr(path.size() + 1);
  long line = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), line);
  require(problem == std::errc() && end != rest.data() + rest.size() && *end == ':', "and the line", message);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  require(line >= 1 && line <= lines, "which is one of the file's", message);
}

std::optional<Recording> load(std::string_view text) {
  const MemoryFile file(text);
  const std::string path = file.path();
  try {
    return replay::load_recording(path);
  } catch (const sdk::StatusError& refusal) {
    check_refusal(refusal, path, text);
    return std::nullopt;
  }
}

json::value parsed(std::string_view written) {
  json::error_code problem;
  json::value value = json::parse(json::string_view(written.data(), written.size()), problem);
  require(!problem, "what a recording hands on is JSON", written);
  return value;
}

void check_start(const RecordedStart& start, std::string_view text) {
  std::chrono::nanoseconds last{0};
  for (const RecordedEvent& event : start.events) {
    require(event.at >= last, "times rise", text);
    last = event.at;
    require(!event.type_name.empty(), "an event has a name", text);
    require(parsed(event.data).is_object(), "data is an object", text);
    require(event.metadata.empty() || parsed(event.metadata).is_object(), "metadata is an object", text);
  }
  require(start.finish_at >= last, "the finish comes last", text);
  require(start.finish_status != 0, "the finish has a status", text);
  require(parsed(start.finish_result).is_object(), "the finish's result is an object", text);
}

double seconds(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

const char* status_name(std::uint32_t status) {
  switch (status) {
    case ASMGR_FINISH_COMPLETED:
      return "completed";
    case ASMGR_FINISH_FAILED:
      return "failed";
    case ASMGR_FINISH_CANCELLED:
      return "cancelled";
    default:
      return "tool_calls";
  }
}

std::string written(const Recording& recording) {
  json::object header{{"replay", 1},
                      {"grade", recording.grade},
                      {"vendor", recording.vendor},
                      {"usage", recording.usage},
                      {"capabilities", parsed(recording.capabilities)},
                      {"models", parsed(recording.models)}};
  std::string out = json::serialize(header) + "\n";
  for (const RecordedStart& start : recording.starts) {
    for (const RecordedEvent& event : start.events) {
      json::object line{{"t", seconds(event.at)}, {"type", event.type_name}, {"data", parsed(event.data)}};
      if (!event.metadata.empty()) line["metadata"] = parsed(event.metadata);
      out += json::serialize(line) + "\n";
    }
    json::value finish = parsed(start.finish_result);
    finish.as_object()["status"] = status_name(start.finish_status);
    out += json::serialize(json::object{{"t", seconds(start.finish_at)}, {"finish", finish}}) + "\n";
  }
  return out;
}

bool same_time(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  // Seconds as doubles: a year has 3e16 ns, and a double 53 bits.
  return std::chrono::abs(a - b) <= std::chrono::nanoseconds(10);
}

bool same_event(const RecordedEvent& a, const RecordedEvent& b) {
  if (a.metadata.empty() != b.metadata.empty()) return false;
  return same_time(a.at, b.at) && a.type == b.type && a.type_name == b.type_name &&
         alike(parsed(a.data), parsed(b.data)) && (a.metadata.empty() || alike(parsed(a.metadata), parsed(b.metadata)));
}

bool same_start(const RecordedStart& a, const RecordedStart& b) {
  return same_time(a.finish_at, b.finish_at) && a.finish_status == b.finish_status &&
         alike(parsed(a.finish_result), parsed(b.finish_result)) &&
         std::equal(a.events.begin(), a.events.end(), b.events.begin(), b.events.end(), same_event);
}

void check_recording(const Recording& recording, std::string_view text) {
  require(!recording.starts.empty(), "a recording has a start", text);
  require(parsed(recording.capabilities).is_array() && parsed(recording.models).is_array(), "lists are lists", text);
  for (const RecordedStart& start : recording.starts) check_start(start, text);

  const std::string lines = written(recording);
  const std::optional<Recording> again = load(lines);
  require(again.has_value(), "a recording that is written can be read", lines);
  require(again->grade == recording.grade && again->vendor == recording.vendor && again->usage == recording.usage &&
              again->capabilities == recording.capabilities && again->models == recording.models &&
              std::equal(recording.starts.begin(), recording.starts.end(), again->starts.begin(), again->starts.end(),
                         same_start),
          "and is the same recording", lines);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = asmgr::fuzz::as_text(data, size);
  if (const auto recording = asmgr::fuzz::load(text)) asmgr::fuzz::check_recording(*recording, text);
  return 0;
}
