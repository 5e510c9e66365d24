// Streams of server-sent events, as the providers of model APIs read them.
//
// Input: the bytes of a stream; the first one says how they are cut into pieces.
#include <algorithm>
#include <asmgr/toolkit/sse.hpp>
#include <string>
#include <vector>

#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

constexpr sse::Limits kLimits{4096, 8192};

struct Read {
  std::vector<std::string> events;
  bool refused = false;
};

Read read(std::string_view stream, std::size_t piece) {
  Read result;
  sse::Parser parser(kLimits);
  while (!stream.empty() && !result.refused) {
    const std::string_view next = stream.substr(0, piece);
    stream.remove_prefix(next.size());
    result.refused = !parser.feed(next, [&](const sse::Event& event) {
      require(event.data.size() <= kLimits.event, "no event is longer than the limit", event.data);
      require(event.name.find_first_of("\r\n") == std::string_view::npos, "a name is of one line", event.name);
      require(event.data.find('\r') == std::string_view::npos, "lines of data end with line feeds", event.data);
      result.events.push_back(std::string(event.name) + '\0' + std::string(event.data) + '\0' + std::string(event.id));
    });
    require(result.refused == !parser.error().empty(), "a refusal says why");
  }
  return result;
}

// As short as it can be, since a line has a limit.
std::string line_of(std::string_view field, std::string_view value) {
  const bool needs_blank = !value.empty() && value.front() == ' ';
  return std::string(field) + (needs_blank ? ": " : ":") + std::string(value) + "\n";
}

// The same events in a stream that is written as plainly as can be.
std::string written(const std::vector<std::string>& events) {
  std::string stream;
  for (const std::string& event : events) {
    const std::size_t name_end = event.find('\0');
    const std::size_t id_begin = event.rfind('\0') + 1;
    stream += line_of("event", event.substr(0, name_end)) + line_of("id", event.substr(id_begin));
    std::string_view data = std::string_view(event).substr(name_end + 1, id_begin - name_end - 2);
    for (;;) {
      const std::size_t end = std::min(data.find('\n'), data.size());
      stream += line_of("data", data.substr(0, end));
      if (end == data.size()) break;
      data.remove_prefix(end + 1);
    }
    stream += "\n";
  }
  return stream;
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr::fuzz;
  if (size == 0) return 0;
  const std::string_view stream = as_text(data, size).substr(1);
  const Read whole = read(stream, stream.size());
  const Read pieces = read(stream, std::size_t{data[0]} % 16 + 1);
  require(whole.events == pieces.events && whole.refused == pieces.refused, "how a stream is cut changes nothing",
          stream);
  const bool has_nul = stream.find('\0') != std::string_view::npos;
  if (has_nul) return 0;  // it would part the fields of an event
  const Read again = read(written(whole.events), 64);
  require(again.events == whole.events, "what was read and is written reads back as the same", stream);
  return 0;
}
