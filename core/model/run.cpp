#include "core/model/run.hpp"

#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

boost::json::value waiting_json(const std::vector<std::string>& approvals) {
  if (approvals.empty()) return nullptr;
  return boost::json::object{{"approvals", to_json_array(approvals)}};
}

void write_outcome(const Run& run, boost::json::object& json) {
  json["input"] = run.input;
  json["output"] = run.output ? boost::json::value(*run.output) : boost::json::value(nullptr);
  json["error"] = run.error ? boost::json::value(run.error->to_json()) : boost::json::value(nullptr);
  json["metadata"] = run.metadata;
  json["turn_count"] = run.turn_count;
  json["token_usage"] = to_json(run.token_usage);
  json["cost_usd"] = run.cost_usd ? boost::json::value(*run.cost_usd) : boost::json::value(nullptr);
}

Result<std::vector<std::string>> read_waiting(const ObjectReader& in) {
  const auto* waiting = find(in.object(), "waiting_on");
  if (!waiting || waiting->is_null()) return std::vector<std::string>();
  constexpr std::string_view kExpected = "null or {\"approvals\": [approval ids]}";
  if (!waiting->is_object()) return in.mismatch("waiting_on", kExpected);
  auto approvals =
      ObjectReader(waiting->get_object(), "waiting_on", ErrorCode::validation_error).optional_strings("approvals");
  if (!approvals) return in.mismatch("waiting_on", kExpected);
  return approvals;
}

// A code that only a newer version knows must not make the run unreadable: it is kept as details.original_code.
boost::system::result<Error, Error> read_error(const boost::json::value& json) {
  const auto* object = json.if_object();
  const auto code = object ? find_string(*object, "code") : std::nullopt;
  if (!code || code->empty() || parse_error_code(*code)) return Error::from_json(json);
  boost::json::object known = *object;
  known["code"] = code_name(ErrorCode::unknown_error);
  auto read = Error::from_json(known);
  if (read) *read = std::move(*read).with_detail("original_code", boost::json::string(*code));
  return read;
}

Result<void> read_output_and_error(const ObjectReader& in, Run& run) {
  const auto* output = find(in.object(), "output");
  if (output && !output->is_null()) {
    if (!output->is_object()) return in.mismatch("output", "an object or null");
    run.output = output->get_object();
  }
  const auto* error = find(in.object(), "error");
  if (error && !error->is_null()) {
    auto read = read_error(*error);
    if (!read) return in.nested(read.error());
    run.error = std::move(*read);
  }
  return {};
}

// What the plugin boundary carries as a document.
Result<void> read_payloads(const ObjectReader& in, Run& run) {
  if (auto outcome = read_output_and_error(in, run); !outcome) return outcome.error();
  auto metadata = in.optional_object("metadata");
  if (!metadata) return metadata.error();
  auto turn_count = in.optional_int("turn_count", 0, 0);
  if (!turn_count) return turn_count.error();
  auto token_usage = in.optional_object("token_usage");
  if (!token_usage) return token_usage.error();
  auto provider_metadata = in.optional_object("provider_metadata");
  if (!provider_metadata) return provider_metadata.error();
  auto waiting_on = read_waiting(in);
  if (!waiting_on) return waiting_on.error();

  const auto* input = find(in.object(), "input");
  run.input = input ? *input : boost::json::value(nullptr);
  run.metadata = std::move(*metadata);
  run.turn_count = *turn_count;
  run.token_usage = usage_from_json(*token_usage);
  run.cost_usd = find_number(in.object(), "cost_usd");
  run.provider_metadata = std::move(*provider_metadata);
  run.waiting_on = std::move(*waiting_on);
  return {};
}

Result<void> read_names(const ObjectReader& in, Run& run) {
  auto id = in.required_id("id");
  if (!id) return id.error();
  auto session_id = in.required_id("session_id");
  if (!session_id) return session_id.error();
  auto status_text = in.required_string("status");
  if (!status_text) return status_text.error();
  auto status = parse_run_status(*status_text);
  if (!status) return std::move(status.error()).with_context("cannot read run");
  auto provider = in.optional_string("provider");
  if (!provider) return provider.error();
  run.id = *id;
  run.session_id = *session_id;
  run.status = *status;
  run.provider = *provider;
  return {};
}

Result<void> read_times(const ObjectReader& in, Run& run) {
  auto version = in.optional_int("version", 0, 1);
  if (!version) return version.error();
  auto created_at = in.required_time("created_at");
  if (!created_at) return created_at.error();
  auto started_at = in.optional_time("started_at");
  if (!started_at) return started_at.error();
  auto ended_at = in.optional_time("ended_at");
  if (!ended_at) return ended_at.error();
  run.version = static_cast<std::uint64_t>(*version);
  run.created_at = *created_at;
  run.started_at = *started_at;
  run.ended_at = *ended_at;
  return {};
}

}  // namespace

Result<Run> make_run(NewRun fields, Timestamp now) {
  if (!is_valid_id(fields.session_id)) {
    return Error(ErrorCode::validation_error, "cannot make a run without the id of its session",
                 {{"field", "session_id"}});
  }
  if (!fields.id.empty() && !is_valid_id(fields.id)) {
    return Error(ErrorCode::validation_error,
                 "cannot make a run: its id must be 1 to 128 characters out of A-Z a-z 0-9 _ . : -", {{"field", "id"}});
  }
  Run run;
  run.id = fields.id.empty() ? new_run_id(now) : std::move(fields.id);
  run.session_id = std::move(fields.session_id);
  run.input = std::move(fields.input);
  run.metadata = std::move(fields.metadata);
  run.version = 1;
  run.created_at = now;
  return run;
}

boost::json::object to_json(const Run& run) {
  boost::json::object json;
  json.reserve(17);
  json["id"] = run.id;
  json["session_id"] = run.session_id;
  json["status"] = status_name(run.status);
  write_outcome(run, json);
  json["provider"] = text_or_null(run.provider);
  json["provider_metadata"] = run.provider_metadata;
  json["waiting_on"] = waiting_json(run.waiting_on);
  json["version"] = run.version;
  json["created_at"] = format_timestamp(run.created_at);
  json["started_at"] = time_or_null(run.started_at);
  json["ended_at"] = time_or_null(run.ended_at);
  return json;
}

Result<Run> run_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "run", ErrorCode::validation_error);
  if (!in) return in.error();
  Run run;
  if (auto names = read_names(*in, run); !names) return names.error();
  if (auto payloads = read_payloads(*in, run); !payloads) return payloads.error();
  if (auto times = read_times(*in, run); !times) return times.error();
  return run;
}

std::string run_doc(const Run& run) {
  boost::json::object doc;
  doc.reserve(9);
  write_outcome(run, doc);
  doc["provider_metadata"] = run.provider_metadata;
  doc["waiting_on"] = waiting_json(run.waiting_on);
  return to_text(doc);
}

Result<void> read_run_doc(std::string_view doc, Run& run) {
  if (doc.empty()) doc = "{}";
  auto object = parse_document(doc, "run document");
  if (!object) return object.error();
  Run read;
  if (auto payloads = read_payloads(ObjectReader(*object, "run document", ErrorCode::invalid_format), read);
      !payloads) {
    return payloads.error();
  }
  run.input = std::move(read.input);
  run.output = std::move(read.output);
  run.error = std::move(read.error);
  run.metadata = std::move(read.metadata);
  run.turn_count = read.turn_count;
  run.token_usage = read.token_usage;
  run.cost_usd = read.cost_usd;
  run.provider_metadata = std::move(read.provider_metadata);
  run.waiting_on = std::move(read.waiting_on);
  return {};
}

}  // namespace asmgr
