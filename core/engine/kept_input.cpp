#include "core/engine/kept_input.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kInputRedacted = "input_redacted";

Record record_of(const Run& run, const std::string& tenant) {
  Record record;
  record.kind = record_kind::kInput;
  record.id = run.id;
  record.session_id = run.session_id;
  record.tenant = tenant;
  record.version = 1;
  record.status = "kept";
  return record;
}

}  // namespace

bool redact_input(const Redactor& redactor, Run& run) {
  boost::json::object holder;
  holder["input"] = std::move(run.input);
  const bool changed = redactor.redact_json(holder) != 0;
  run.input = std::move(holder["input"]);
  if (changed) run.metadata[kInputRedacted] = true;
  return changed;
}

bool input_is_redacted(const Run& run) {
  return find_bool(run.metadata, kInputRedacted).value_or(false);
}

RecordWrite keep_input(const Run& run, const std::string& tenant, const boost::json::value& verbatim) {
  Record record = record_of(run, tenant);
  record.body = to_text(verbatim);
  return RecordWrite{std::move(record), kVersionAbsent, RecordWrite::Kind::put, 0, 0};
}

RecordWrite forget_input(const Run& run, const std::string& tenant) {
  return RecordWrite{record_of(run, tenant), kVersionAny, RecordWrite::Kind::remove, 0, 0};
}

Result<boost::json::value> read_kept_input(Store& store, const std::string& run_id) {
  auto record = store.get_record({}, record_kind::kInput, run_id);
  if (record) return parse_json(record->body, "the kept input of run " + run_id);
  if (record.error().category() != ErrorCategory::resource) return record.error();
  return Error(
      ErrorCode::input_redacted,
      "run " + run_id +
          " cannot be carried out: secrets were taken out of its input, and what it said verbatim was not kept "
          "(redaction.keep_pending); start a new run with the input");
}

}  // namespace asmgr
