// Lines of an exported log, as an import reads them.
#include "core/model/event.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

void check_event(const Event& event, std::string_view text) {
  require(is_valid_id(event.id) && is_valid_id(event.session_id), "ids are ids", text);
  require(event.run_id.empty() || is_valid_id(event.run_id), "the run's id is one or absent", text);
  require(event.type == event_type_of(event.type_name), "the type is that of its name", text);
  require(event.schema_version >= 1, "the schema version counts from 1", text);
  for (const std::string& payload : {event.data, event.metadata}) {
    require(check_json_object(payload, "payload").has_value(), "a store takes the payload", text);
    require(event.pruned || text.find(payload) != std::string_view::npos || payload == "{}",
            "the payload is the exact text of the line", text);
  }
}

void check_round_trip(const Event& event, std::string_view text) {
  const std::string line = event_json(view_of(event));
  const Result<Event> again = event_from_json(line);
  require(again.has_value(), "a printed event can be read", line);
  require(*again == event, "an event that is printed and read is the same event", line);
  require(event_json(view_of(*again)) == line, "and is printed as the same line", line);
  const bool was_one_line = text.find('\n') == std::string_view::npos;
  require(!was_one_line || line.find('\n') == std::string::npos, "an event of one line is printed as one", line);

  EventHasher hasher;
  const Hash before = hasher.first("ses_1");
  require(hasher.link(before, view_of(event)) == hasher.link(before, view_of(*again)), "it has the same hash", line);
  if (event.pruned) return;
  require(event.body_hash == hasher.body(event.data, event.metadata), "the body's hash is of its payloads", line);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  const std::string_view text = fuzz::as_text(data, size);
  const Result<Event> event = event_from_json(text);
  if (!event) {
    fuzz::require(!event.error().message().empty(), "a refusal says why", text);
    return 0;
  }
  fuzz::check_event(*event, text);
  fuzz::check_round_trip(*event, text);
  return 0;
}
