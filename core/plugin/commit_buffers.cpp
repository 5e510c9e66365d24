#include "core/plugin/commit_buffers.hpp"

#include "core/plugin/abi_convert.hpp"
#include "core/plugin/abi_element.hpp"
#include "core/plugin/abi_text.hpp"

namespace asmgr {
namespace {

// What a result holds before the store fills it: no status looks like this.
constexpr asmgr_status kUntouched = 0xFFFFFFFF;

CommitAnswer answer_of(asmgr_status status) noexcept {
  switch (status) {
    case ASMGR_OK:
      return CommitAnswer::ok;
    case ASMGR_E_CONFLICT:
      return CommitAnswer::version_conflict;
    case ASMGR_E_SEQUENCE_CONFLICT:
      return CommitAnswer::sequence_conflict;
    case ASMGR_E_STALE_EPOCH:
      return CommitAnswer::stale_epoch;
    case ASMGR_E_ALREADY_EXISTS:
      return CommitAnswer::already_exists;
    case ASMGR_E_LIMIT_EXCEEDED:
      return CommitAnswer::limit_exceeded;
    default:
      return CommitAnswer::refused;
  }
}

template <typename Element>
asmgr_array array_from(std::vector<Element>& all, std::size_t first) noexcept {
  return {all.data() + first, static_cast<std::uint32_t>(all.size() - first), sizeof(Element)};
}

void set_condition(const RecordWrite& write, asmgr_record& out) noexcept {
  out.expected_version = write.expected_version;
  out.add = write.add;
  out.ceiling = write.ceiling;
  if (write.kind == RecordWrite::Kind::add) out.flags = ASMGR_RECORD_ADD;
  if (write.kind == RecordWrite::Kind::remove) out.flags = ASMGR_RECORD_DELETE;
}

}  // namespace

void CommitBuffers::reserve(std::span<const CommitUnit* const> units) {
  std::size_t sessions = 0;
  std::size_t runs = 0;
  std::size_t events = 0;
  std::size_t records = 0;
  for (const CommitUnit* unit : units) {
    sessions += unit->session ? 1 : 0;
    runs += unit->runs.size();
    events += unit->events.size();
    records += unit->records.size();
  }
  const auto prepare = [](auto& vector, std::size_t size) {
    vector.clear();
    vector.reserve(size);  // the units point into these: they must not move any more
  };
  prepare(unit_structs_, units.size());
  prepare(result_structs_, units.size());
  prepare(errors_, units.size());
  prepare(existing_, units.size());
  prepare(sessions_, sessions);
  prepare(runs_, runs);
  prepare(events_, events);
  prepare(records_, records);
  prepare(documents_, sessions + runs);
}

std::string_view CommitBuffers::keep(std::string text) {
  documents_.push_back(std::move(text));
  return documents_.back();
}

void CommitBuffers::add(const CommitUnit& unit) {
  asmgr_commit_unit out{};
  out.size = sizeof(asmgr_commit_unit);
  if (unit.take) out.flags |= ASMGR_UNIT_TAKE;
  if (unit.release) out.flags |= ASMGR_UNIT_RELEASE;
  out.session_id = text_of(unit.session_id);
  out.owner = text_of(unit.owner);
  out.epoch = unit.epoch;
  out.expected_last_seq = unit.expected_last_sequence;
  if (unit.session) {
    asmgr_session& session = sessions_.emplace_back();
    to_abi(unit.session->session, keep(session_doc(unit.session->session)), session);
    session.expected_version = unit.session->expected_version;
    out.session = &session;
  }
  const std::size_t first_run = runs_.size();
  for (const RunWrite& write : unit.runs) {
    asmgr_run& run = runs_.emplace_back();
    to_abi(write.run, keep(run_doc(write.run)), run);
    run.expected_version = write.expected_version;
  }
  out.runs = array_from(runs_, first_run);
  const std::size_t first_event = events_.size();
  for (const EventView& event : unit.events) to_abi(event, events_.emplace_back());
  out.events = array_from(events_, first_event);
  const std::size_t first_record = records_.size();
  for (const RecordWrite& write : unit.records) {
    asmgr_record& record = records_.emplace_back();
    to_abi(write.record, record);
    set_condition(write, record);
  }
  out.records = array_from(records_, first_record);
  unit_structs_.push_back(out);

  Existing& existing = existing_.emplace_back();
  existing.sink = {sizeof(asmgr_sink), 0, &existing, &CommitBuffers::push_existing};
  asmgr_commit_result result{};
  result.size = sizeof(asmgr_commit_result);
  result.status = kUntouched;
  result.error = &errors_.emplace_back();
  result.existing = &existing.sink;
  result_structs_.push_back(result);
}

void CommitBuffers::fill(std::span<const CommitUnit* const> units) {
  reserve(units);
  for (const CommitUnit* unit : units) add(*unit);
  unit_array_ = array_from(unit_structs_, 0);
  result_array_ = array_from(result_structs_, 0);
}

std::int32_t CommitBuffers::push_existing(void* ctx, const asmgr_array* items) noexcept {
  auto& self = *static_cast<Existing*>(ctx);
  if (self.problem.empty()) self.problem = problem_with_array(items, kSize10<asmgr_existing_event>);
  for (std::uint32_t i = 0; self.problem.empty() && i < items->count; ++i) {
    asmgr_existing_event element{};
    self.problem = read_element(*items, i, element);
    if (self.problem.empty()) self.problem = problem_with_text(element.id, "id");
    if (self.problem.empty()) {
      self.events.push_back({element.index, std::string(view_of_text(element.id)), element.seq});
    }
  }
  return self.problem.empty() ? 0 : 1;
}

std::string CommitBuffers::read_unit(const CallSite& site, const CommitUnit& unit, std::size_t index,
                                     UnitResult& result) {
  const asmgr_commit_result& said = result_structs_[index];
  Existing& existing = existing_[index];
  const std::string which = "result " + std::to_string(index);
  if (said.status == kUntouched) return which + " was not filled though the commit answered OK";
  if (!existing.problem.empty()) return which + ", existing events: " + existing.problem;
  for (const ExistingEvent& event : existing.events) {
    if (event.index >= unit.events.size()) {
      return which + " names existing event " + std::to_string(event.index) + " of " +
             std::to_string(unit.events.size());
    }
  }
  result = UnitResult{};
  result.answer = answer_of(said.status);
  result.last_sequence = said.last_seq;
  result.epoch = said.epoch;
  result.value = said.value;
  result.existing = std::move(existing.events);
  if (result.answer != CommitAnswer::ok) {
    result.error = error_from_call(site, said.status, errors_[index]);
    return {};
  }
  const bool checked = unit.expected_last_sequence != kSequenceUnchecked && !unit.session_id.empty();
  const std::uint64_t due = unit.expected_last_sequence + unit.events.size();
  if (checked && said.last_seq != due) {
    return which + " says the log ends at " + std::to_string(said.last_seq) + " where it must end at " +
           std::to_string(due);
  }
  return {};
}

std::string CommitBuffers::read(const CallSite& site, std::span<const CommitUnit* const> units,
                                std::span<UnitResult> results) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (std::string problem = read_unit(site, *units[i], i, results[i]); !problem.empty()) return problem;
  }
  return {};
}

}  // namespace asmgr
