// Sessions, runs and errors from JSON: the shapes that people see, and the documents that cross the plugin boundary.
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "tests/fuzz/json_alike.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

// Through text, as an export and an import do it.
boost::json::value through_text(const boost::json::object& json) {
  const std::string written = to_text(json);
  auto read = parse_document(written, "written");
  require(read.has_value(), "a record that is written can be read as JSON", written);
  return std::move(*read);
}

void check_session(const boost::json::value& json, std::string_view text) {
  const Result<Session> session = session_from_json(json);
  if (!session) return;
  const boost::json::object written = to_json(*session, 7);
  const Result<Session> same = session_from_json(written);
  require(same && alike(to_json(*same, 7), written), "a session becomes JSON and the same session again", text);
  const Result<Session> read = session_from_json(through_text(written));
  require(read && alike(to_json(*read, 7), written), "also by way of text", text);

  Session payloads;
  require(read_session_doc(session_doc(*session), payloads).has_value(), "its document can be read", text);
  require(payloads.tags == session->tags && alike(payloads.context, session->context) &&
              alike(payloads.metadata, session->metadata),
          "the document holds context, metadata and tags", text);
}

void check_run(const boost::json::value& json, std::string_view text) {
  const Result<Run> run = run_from_json(json);
  if (!run) return;
  const boost::json::object written = to_json(*run);
  const Result<Run> same = run_from_json(written);
  require(same && alike(to_json(*same), written), "a run becomes JSON and the same run again", text);
  const Result<Run> read = run_from_json(through_text(written));
  require(read && alike(to_json(*read), written), "also by way of text", text);

  Run payloads = *run;
  payloads.input = nullptr;
  payloads.output.reset();
  payloads.error.reset();
  require(read_run_doc(run_doc(*run), payloads).has_value(), "its document can be read", text);
  require(alike(to_json(payloads), written), "the document holds what is not in columns", text);
}

void check_error(const boost::json::value& json, std::string_view text) {
  const auto error = Error::from_json(json);
  if (!error) return;
  require(!error->message().empty(), "an error has a message", text);
  const boost::json::object written = error->to_json();
  const auto same = Error::from_json(written);
  require(same && alike(same->to_json(), written), "an error becomes JSON and the same error again", text);
  const auto read = Error::from_json(through_text(written));
  require(read && alike(read->to_json(), written), "also by way of text", text);
}

// A document from a plugin that is refused leaves the record as it was.
void check_documents(std::string_view text) {
  Session session;
  session.tags = {"kept"};
  const Session session_before = session;
  if (!read_session_doc(text, session)) require(session == session_before, "a refused document changes nothing", text);
  Run run;
  run.turn_count = 3;
  const Run run_before = run;
  if (!read_run_doc(text, run)) require(run == run_before, "a refused document changes nothing", text);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  const std::string_view text = fuzz::as_text(data, size);
  fuzz::check_documents(text);
  const auto object = parse_json(text, "input");
  if (!object) return 0;
  fuzz::check_session(*object, text);
  fuzz::check_run(*object, text);
  fuzz::check_error(*object, text);
  return 0;
}
