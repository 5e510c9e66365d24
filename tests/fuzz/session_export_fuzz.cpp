// Exported sessions, as an import reads them. Each input is read as it is, and once more with the seals and hashes that
// make its lines belong together: nobody finds those by chance, and what they guard is to be tried too.
#include <algorithm>

#include "core/engine/export_reader.hpp"
#include "core/engine/export_writer.hpp"
#include "core/model/json.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

constexpr std::string_view kHeadHere = R"("head":"@")";  // in the inputs: the head that the events come to

Result<ReadExport> read_text(std::string_view text) {
  return read_export([rest = text](std::span<char> buffer) mutable -> Result<std::size_t> {
    constexpr std::size_t kPiece = 100;
    const std::size_t count = std::min({kPiece, buffer.size(), rest.size()});
    std::copy_n(rest.data(), count, buffer.data());
    rest.remove_prefix(count);
    return count;
  });
}

void check(std::string_view text) {
  const Result<ReadExport> read = read_text(text);
  if (!read) {
    const auto line = find_int(read.error().details(), "line");
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    require(line && *line >= 1 && *line <= lines, "a refusal names a line of the file", text);
    require(read.error().message().starts_with("line " + std::to_string(*line) + " "), "also to people", text);
    return;
  }
  require(read->log->events().size() == read->head.sequence, "it has the events that its head counts", text);
  for (const Run& run : read->runs) require(is_terminal(run.status), "no run that is taken is live", text);
  if (read->unfinished_runs != 0) return;

  std::string events;
  for (EventView event : read->log->events()) {
    event.session_id = read->session.id;
    append_event_json(events, event);
    events += '\n';
  }
  require(text.find(events) != std::string_view::npos, "its events are taken byte for byte", text);

  // What was read is written as a file that reads back as the same.
  ExportWriter writer(read->head);
  std::string again;
  writer.header(again, read->session);
  for (EventView event : read->log->events()) {
    event.session_id = read->session.id;
    writer.event(again, event);
  }
  for (const Run& run : read->runs) writer.run(again, run);
  writer.end(again);
  const Result<ReadExport> same = read_text(again);
  require(same.has_value(), "what was read can be written and read", again);
  require(to_json(same->session, 0) == to_json(read->session, 0) && same->runs.size() == read->runs.size(),
          "and is the same", again);
}

std::string chain_id_of(std::string_view text) {
  const auto header = parse_json_object(take_line(text), "header");
  const auto* session = header ? find_object(*header, "session") : nullptr;
  const auto chain = session == nullptr ? std::nullopt : find_string(*session, "chain_id");
  return std::string(chain.value_or("ses_1"));
}

// The lines with events numbered by the input and chained here, the others sealed.
std::string sealed(std::string_view text) {
  EventHasher hasher;
  LogPosition head{0, hasher.first(chain_id_of(text))};
  std::vector<std::string> lines;
  std::vector<bool> seals;
  while (!text.empty()) {
    std::string line(take_line(text));
    auto event = event_from_json(line);
    seals.push_back(!event);
    if (event) {
      event->hash = head.hash = hasher.link(head.hash, view_of(*event));
      head.sequence = event->sequence_number;
      line = event_json(view_of(*event));
    }
    lines.push_back(std::move(line));
  }
  ExportSeal seal;
  std::string whole;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string& line = lines[i];
    if (const auto at = line.find(kHeadHere); seals[i] && at != std::string::npos) {
      line.replace(at, kHeadHere.size(), R"("head":")" + to_text(head) + "\"");
    }
    if (seals[i] && line.ends_with('}')) {
      line.pop_back();
      seal.close(line);
    }
    whole.append(line).append("\n");
  }
  return whole;
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  const std::string_view text = fuzz::as_text(data, size);
  fuzz::check(text);
  fuzz::check(fuzz::sealed(text));
  return 0;
}
