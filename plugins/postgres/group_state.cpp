// What a group asks of the server, and what the rules see of the answers.
#include "group_state.hpp"

#include <algorithm>

#include "rows.hpp"

namespace asmgr::postgres_store {

using sdk::items;
using sdk::view;
using store_rules::RowAction;

GroupState::GroupState(Units units, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) collect(units[i]);
}

void GroupState::collect(const asmgr_commit_unit& unit) {
  const std::string_view session_id = view(unit.session_id);
  if (!session_id.empty()) {
    SessionRow& session = sessions_[session_id];
    session.touched_document = session.touched_document || unit.session != nullptr;
    const bool takes = (unit.flags & ASMGR_UNIT_TAKE) != 0;
    takes_ = takes_ || takes;
    if (takes && unit.epoch == 0 && unit.session != nullptr && !session.may_be_made) {
      session.may_be_made = true;
      ++new_sessions_;
    }
  }
  for (const asmgr_run& run : items<asmgr_run>(unit.runs)) runs_[view(run.id)];
  for (const asmgr_record& record : items<asmgr_record>(unit.records))
    records_[{view(record.kind), view(record.id), view(record.tenant)}];
  for (const asmgr_event& event : items<asmgr_event>(unit.events)) {
    if ((event.flags & ASMGR_EVENT_CALLER_ID) != 0) caller_events_[{session_id, view(event.id)}];
  }
}

void GroupState::ask(const Dialect& sql, std::vector<Request>& requests) {
  const auto put = [&](Question question, std::string_view text, Parameters&& parameters) {
    asked_.push_back(question);
    requests.push_back({sql(text), std::move(parameters)});
  };
  Array sessions(Type::texts), documents(Type::texts), runs(Type::texts);
  for (const auto& [id, session] : sessions_) {
    sessions.add(id);
    if (session.touched_document) documents.add(id);
  }
  for (const auto& [id, run] : runs_) runs.add(id);
  if (!sessions.empty())
    put(Question::heads, "SELECT id, key, last_seq, epoch, owner FROM @heads WHERE id = ANY($1) ORDER BY id FOR UPDATE",
        std::move(Parameters().add(sessions)));
  // Every statement from here on sees what was committed before the locks were had.
  if (takes_)
    put(Question::living,
        "SELECT o.id FROM @heads h JOIN @hosts o ON o.id = h.owner WHERE h.id = ANY($1) AND o.expires_us > " +
            std::string(kServerNow),
        std::move(Parameters().add(sessions)));
  if (new_sessions_ != 0)
    put(Question::keys, "SELECT nextval('@session_keys') FROM generate_series(1, $1)",
        std::move(Parameters().add(static_cast<std::int64_t>(new_sessions_))));
  if (!documents.empty())
    put(Question::versions,
        "SELECT s.id, s.version, EXISTS (SELECT 1 FROM @session_tags t WHERE t.session = s.key) FROM @sessions s "
        "WHERE s.id = ANY($1)",
        std::move(Parameters().add(documents)));
  if (!runs.empty())
    put(Question::runs,
        "SELECT r.id, r.session, r.version, " + std::string(kRunIsThere) + " FROM @runs r WHERE r.id = ANY($1)",
        std::move(Parameters().add(runs)));
  if (!caller_events_.empty()) {
    Array of(Type::texts), ids(Type::texts);
    for (const auto& [key, seq] : caller_events_) {
      of.add(key.first);
      ids.add(key.second);
    }
    put(Question::caller_events,
        "SELECT h.id, e.id, e.seq FROM unnest($1, $2) w(session, event) JOIN @heads h ON h.id = w.session "
        "JOIN @events e ON e.session = h.key AND e.id = w.event WHERE (e.flags & 2) <> 0",
        std::move(Parameters().add(of).add(ids)));
  }
  if (records_.empty()) return;
  Array kinds(Type::texts), ids(Type::texts), tenants(Type::texts);
  for (const auto& [key, record] : records_) {
    kinds.add(std::get<0>(key));
    ids.add(std::get<1>(key));
    tenants.add(std::get<2>(key));
  }
  put(Question::records,
      "SELECT " + std::string(kRecordColumns) + ", " + std::string(kRecordIsThere) +
          " FROM unnest($1, $2, $3) w(kind, id, tenant) JOIN @records r ON r.kind = w.kind AND r.id = w.id AND "
          "r.tenant = w.tenant ORDER BY r.kind, r.id, r.tenant FOR UPDATE OF r",
      std::move(Parameters().add(kinds).add(ids).add(tenants)));
}

void GroupState::load(std::vector<Result>&& answers, std::size_t from) {
  answers_ = std::move(answers);
  std::vector<std::int64_t> keys;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const Result& result = answers_[from + i];
    switch (asked_[i]) {
      case Question::heads:
        load_heads(result);
        break;
      case Question::living:
        for (int row = 0; row < result.rows(); ++row) living_hosts_.emplace_back(result.bytes(row, 0));
        break;
      case Question::keys:
        for (int row = 0; row < result.rows(); ++row) keys.push_back(result.integer(row, 0));
        break;
      case Question::versions:
        for (int row = 0; row < result.rows(); ++row) {
          const auto found = sessions_.find(result.bytes(row, 0));
          if (found == sessions_.end()) continue;
          found->second.version = result.number(row, 1);
          found->second.has_tags = result.integer(row, 2) != 0;
        }
        break;
      case Question::runs:
        for (int row = 0; row < result.rows(); ++row) {
          const auto found = runs_.find(result.bytes(row, 0));
          if (found == runs_.end()) continue;
          found->second.existed = result.integer(row, 3) != 0;
          found->second.left_over = !found->second.existed;
          if (!found->second.existed) continue;
          found->second.session_key = result.integer(row, 1);
          found->second.version = result.number(row, 2);
        }
        break;
      case Question::caller_events:
        for (int row = 0; row < result.rows(); ++row) {
          const auto found = caller_events_.find({result.bytes(row, 0), result.bytes(row, 1)});
          if (found != caller_events_.end()) found->second = result.number(row, 2);
        }
        break;
      case Question::records:
        load_records(result);
        break;
    }
  }
  // Those that turn out not to make a session leave their key unused.
  for (auto& [id, session] : sessions_) {
    if (session.exists || !session.may_be_made || keys.empty()) continue;
    session.key = keys.back();
    keys.pop_back();
  }
}

void GroupState::load_heads(const Result& heads) {
  for (int row = 0; row < heads.rows(); ++row) {
    const auto found = sessions_.find(heads.bytes(row, 0));
    if (found == sessions_.end()) continue;
    SessionRow& session = found->second;
    session.existed = session.exists = true;
    session.key = heads.integer(row, 1);
    session.head = {heads.number(row, 2), heads.number(row, 3), std::string(heads.bytes(row, 4))};
  }
}

void GroupState::load_records(const Result& records) {
  stored_records_ = &records;
  for (int row = 0; row < records.rows(); ++row) {
    const auto found = records_.find({records.bytes(row, 0), records.bytes(row, 1), records.bytes(row, 2)});
    if (found == records_.end()) continue;
    RecordRow& record = found->second;
    record.left_over = records.integer(row, 10) == 0;
    if (record.left_over) continue;
    record.existed = record.exists = true;
    record.stored_at = row;
    record.version = records.number(row, 3);
    record.value = records.integer(row, 5);
  }
}

const store_rules::HeadState* GroupState::head(std::string_view session_id) {
  const auto found = sessions_.find(session_id);
  return found == sessions_.end() || !found->second.exists ? nullptr : &found->second.head;
}

store_rules::SessionState GroupState::session(std::string_view session_id) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end() || !found->second.exists) return {};
  return {true, found->second.version};
}

bool GroupState::host_alive(std::string_view host_id) {
  return std::find(living_hosts_.begin(), living_hosts_.end(), host_id) != living_hosts_.end();
}

store_rules::RunState GroupState::run(std::string_view session_id, std::string_view run_id) {
  const auto found = runs_.find(run_id);
  const auto session = sessions_.find(session_id);
  if (found == runs_.end() || (!found->second.existed && found->second.row == nullptr)) return {};
  const bool of_session = session != sessions_.end() && session->second.key == found->second.session_key;
  return {true, of_session, found->second.version};
}

store_rules::RecordState GroupState::record(std::string_view tenant, std::string_view kind, std::string_view id) {
  const auto found = records_.find({kind, id, tenant});
  if (found == records_.end() || !found->second.exists) return {};
  return {true, found->second.version, found->second.value};
}

std::uint64_t GroupState::caller_event(std::string_view session_id, std::string_view event_id) {
  const auto found = caller_events_.find({session_id, event_id});
  return found == caller_events_.end() ? 0 : found->second;
}

void GroupState::accept(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan) {
  const std::string_view session_id = view(unit.session_id);
  if (!session_id.empty()) {
    SessionRow& session = sessions_[session_id];
    session.exists = session.head_changed = true;
    session.head.last_seq = plan.last_seq;
    session.head.epoch = plan.epoch;
    if (plan.changes_owner) session.head.owner.assign(plan.owner);
    if (unit.session != nullptr) {
      session.document = unit.session;
      session.version = unit.session->version;
    }
    accept_events(session, unit);
    for (const asmgr_run& run : items<asmgr_run>(unit.runs)) {
      RunRow& row = runs_[view(run.id)];
      row.session_key = session.key;
      row.version = run.version;
      row.row = &run;
    }
  }
  accept_records(unit, plan);
  kinds_.add(plan.changed);
  changed_sessions_.add(session_id);
  sequences_.add(plan.last_seq);
}

void GroupState::accept_events(SessionRow& session, const asmgr_commit_unit& unit) {
  const auto events = items<asmgr_event>(unit.events);
  if (events.empty()) return;
  const asmgr_event& last = events[events.size() - 1];
  session.last_hash = {reinterpret_cast<const char*>(last.hash), sizeof(last.hash)};
  events_of_.emplace_back(session.key, &unit);
  for (const asmgr_event& event : events) {
    if ((event.flags & ASMGR_EVENT_PRUNED) != 0) continue;
    ++session.text_events;
    session.text_bytes += event.data.len + event.metadata.len;
  }
}

void GroupState::accept_records(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan) {
  const auto records = items<asmgr_record>(unit.records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const asmgr_record& record = records[i];
    RecordRow& row = records_[{view(record.kind), view(record.id), view(record.tenant)}];
    switch (plan.records[i].action) {
      case RowAction::none:
        continue;
      case RowAction::erase:
        row.exists = false;
        break;
      case RowAction::add:
        row.row = row_of(row, record);
        break;
      case RowAction::insert:
      case RowAction::update:
        row.row = record;
        row.exists = true;
        break;
    }
    row.changed = true;
    if (!row.exists) continue;
    row.row.value = row.value = plan.records[i].value;
    row.version = row.row.version;
  }
}

asmgr_record GroupState::row_of(const RecordRow& row, const asmgr_record& added) const {
  if (row.changed) return row.row;
  if (stored_records_ == nullptr || row.stored_at < 0)
    throw sdk::StatusError(ASMGR_E_INTERNAL, std::string(view(added.kind)) + " record '" + std::string(view(added.id)) +
                                                 "' is added to, but was not read");
  return read_record(*stored_records_, row.stored_at);
}

}  // namespace asmgr::postgres_store
