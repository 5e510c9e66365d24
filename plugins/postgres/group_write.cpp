// What a group writes: one statement per table and kind of write, whatever the number of rows.
#include "counted.hpp"
#include "group_state.hpp"
#include "rows.hpp"

namespace asmgr::postgres_store {
namespace {

using sdk::items;
using sdk::view;

// Events of one statement: enough that its fixed costs do not count, few enough that no message grows without bounds.
constexpr std::size_t kEventBytesPerStatement = 8U << 20;

std::string_view hash_bytes(const std::uint8_t (&hash)[32]) {
  return {reinterpret_cast<const char*>(hash), sizeof(hash)};
}

// The columns of session rows that are written, side by side.
struct SessionColumns {
  Array keys{Type::bigints}, ids{Type::texts}, statuses{Type::bigints}, versions{Type::bigints}, created{Type::bigints},
      updated{Type::bigints}, deleted{Type::bigints}, checksums{Type::bigints}, agents{Type::texts},
      parents{Type::texts}, tenants{Type::texts}, chains{Type::texts}, docs{Type::byteas};

  void add(const asmgr_session& s, std::int64_t key) {
    keys.add(key);
    ids.add(view(s.id));
    statuses.add(s.status);
    versions.add(s.version);
    created.add(s.created_us);
    updated.add(s.updated_us);
    deleted.add(s.deleted_us);
    checksums.add(checksum_of(s, key));
    agents.add(view(s.agent_id));
    parents.add(view(s.parent_id));
    tenants.add(view(s.tenant));
    chains.add(view(s.chain_id));
    docs.add(view(s.doc));
  }
  [[nodiscard]] Parameters parameters() const {
    Parameters out;
    for (const Array* column : {&keys, &ids, &statuses, &versions, &created, &updated, &deleted, &checksums, &agents,
                                &parents, &tenants, &chains, &docs})
      out.add(*column);
    return out;
  }
};

struct RunColumns {
  Array ids{Type::texts}, sessions{Type::bigints}, statuses{Type::bigints}, versions{Type::bigints},
      created{Type::bigints}, started{Type::bigints}, ended{Type::bigints}, checksums{Type::bigints},
      providers{Type::texts}, docs{Type::byteas};
  RunCounts counts;

  void add(const asmgr_run& r, std::int64_t session_key) {
    ids.add(view(r.id));
    sessions.add(session_key);
    statuses.add(r.status);
    versions.add(r.version);
    created.add(r.created_us);
    started.add(r.started_us);
    ended.add(r.ended_us);
    checksums.add(checksum_of(r, session_key));
    providers.add(view(r.provider));
    docs.add(view(r.doc));
    counts.add(view(r.doc));
  }
  [[nodiscard]] Parameters parameters() const {
    Parameters out;
    for (const Array* column :
         {&ids, &sessions, &statuses, &versions, &created, &started, &ended, &checksums, &providers, &docs})
      out.add(*column);
    counts.append_to(out);
    return out;
  }
};

struct EventColumns {
  Array sessions{Type::bigints}, seqs{Type::bigints}, times{Type::bigints}, types{Type::bigints}, flags{Type::bigints},
      schemas{Type::bigints}, names{Type::texts}, providers{Type::texts}, runs{Type::texts}, ids{Type::texts},
      correlations{Type::texts}, hashes{Type::byteas}, body_hashes{Type::byteas}, metadata{Type::byteas},
      data{Type::byteas};

  void add(const asmgr_event& e, std::int64_t session_key) {
    sessions.add(session_key);
    seqs.add(e.seq);
    times.add(e.time_us);
    types.add(e.type);
    flags.add(std::uint32_t{e.flags});
    schemas.add(std::uint32_t{e.schema});
    names.add(view(e.type_name));
    providers.add(view(e.provider));
    runs.add(view(e.run_id));
    ids.add(view(e.id));
    correlations.add(view(e.correlation_id));
    hashes.add(hash_bytes(e.hash));
    body_hashes.add(hash_bytes(e.body_hash));
    metadata.add(view(e.metadata));
    data.add(view(e.data));
  }
  [[nodiscard]] std::size_t bytes() const { return data.bytes() + metadata.bytes() + 256 * seqs.size(); }
  [[nodiscard]] Parameters parameters() const {
    Parameters out;
    for (const Array* column : {&sessions, &seqs, &times, &types, &flags, &schemas, &names, &providers, &runs, &ids,
                                &correlations, &hashes, &body_hashes, &metadata, &data})
      out.add(*column);
    return out;
  }
};

struct RecordColumns {
  Array kinds{Type::texts}, ids{Type::texts}, tenants{Type::texts}, versions{Type::bigints}, due{Type::bigints},
      values{Type::bigints}, checksums{Type::bigints}, sessions{Type::texts}, statuses{Type::texts},
      bodies{Type::byteas};

  void add(const asmgr_record& r) {
    kinds.add(view(r.kind));
    ids.add(view(r.id));
    tenants.add(view(r.tenant));
    versions.add(r.version);
    due.add(r.due_us);
    values.add(r.value);
    checksums.add(checksum_of(r));
    sessions.add(view(r.session_id));
    statuses.add(view(r.status));
    bodies.add(view(r.body));
  }
  [[nodiscard]] Parameters parameters() const {
    Parameters out;
    for (const Array* column :
         {&kinds, &ids, &tenants, &versions, &due, &values, &checksums, &sessions, &statuses, &bodies})
      out.add(*column);
    return out;
  }
};

}  // namespace

void GroupState::write(const Dialect& sql, std::vector<Request>& requests) const {
  write_sessions(sql, requests);
  write_tags(sql, requests);
  write_heads(sql, requests);
  write_runs(sql, requests);
  write_events(sql, requests);
  write_records(sql, requests);
  write_changes(sql, requests);
}

void GroupState::write_sessions(const Dialect& sql, std::vector<Request>& requests) const {
  SessionColumns made, changed;
  for (const auto& [id, session] : sessions_) {
    if (session.document != nullptr) (session.existed ? changed : made).add(*session.document, session.key);
  }
  if (!made.keys.empty())
    requests.push_back({sql("INSERT INTO @sessions (key, id, status, version, created_us, updated_us, deleted_us, "
                            "checksum, agent_id, parent_id, tenant, chain_id, doc) "
                            "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"),
                        made.parameters()});
  if (!changed.keys.empty())
    requests.push_back(
        {sql("UPDATE @sessions s SET status = u.status, version = u.version, created_us = u.created_us, "
             "updated_us = u.updated_us, deleted_us = u.deleted_us, checksum = u.checksum, agent_id = u.agent_id, "
             "parent_id = u.parent_id, tenant = u.tenant, chain_id = u.chain_id, doc = u.doc "
             "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) u(key, id, status, version, "
             "created_us, updated_us, deleted_us, checksum, agent_id, parent_id, tenant, chain_id, doc) "
             "WHERE s.key = u.key"),
         changed.parameters()});
}

void GroupState::write_tags(const Dialect& sql, std::vector<Request>& requests) const {
  SessionTags of_untagged, of_tagged;
  Array tagged(Type::bigints);
  for (const auto& [id, session] : sessions_) {
    if (session.document == nullptr) continue;
    if (session.has_tags) tagged.add(session.key);
    (session.has_tags ? of_tagged : of_untagged).add(session.key, view(session.document->doc));
  }
  if (!of_untagged.empty()) requests.push_back(of_untagged.insert(sql));
  if (!tagged.empty()) requests.push_back(of_tagged.replace(sql, tagged));
}

void GroupState::write_heads(const Dialect& sql, std::vector<Request>& requests) const {
  struct Columns {
    Array ids{Type::texts}, keys{Type::bigints}, seqs{Type::bigints}, epochs{Type::bigints}, owners{Type::texts},
        hashes{Type::byteas}, texts{Type::bigints}, bytes{Type::bigints};
  } made, changed;
  for (const auto& [id, session] : sessions_) {
    if (!session.head_changed) continue;
    Columns& columns = session.existed ? changed : made;
    columns.ids.add(id);
    columns.keys.add(session.key);
    columns.seqs.add(session.head.last_seq);
    columns.epochs.add(session.head.epoch);
    columns.owners.add(session.head.owner);
    columns.hashes.add(session.last_hash);
    columns.texts.add(session.text_events);
    columns.bytes.add(session.text_bytes);
  }
  const auto parameters = [](const Columns& c) {
    Parameters out;
    for (const Array* column : {&c.ids, &c.keys, &c.seqs, &c.epochs, &c.owners, &c.hashes, &c.texts, &c.bytes})
      out.add(*column);
    return out;
  };
  if (!made.ids.empty())
    requests.push_back({sql("INSERT INTO @heads (id, key, last_seq, epoch, owner, last_hash, text_events, text_bytes) "
                            "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)"),
                        parameters(made)});
  if (!changed.ids.empty())
    requests.push_back({sql("UPDATE @heads h SET last_seq = u.last_seq, epoch = u.epoch, owner = u.owner, "
                            "last_hash = CASE WHEN length(u.hash) = 0 THEN h.last_hash ELSE u.hash END, "
                            "text_events = h.text_events + u.texts, text_bytes = h.text_bytes + u.bytes "
                            "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) "
                            "u(id, key, last_seq, epoch, owner, hash, texts, bytes) "
                            "WHERE h.id = u.id AND h.key = u.key"),
                        parameters(changed)});
}

void GroupState::write_runs(const Dialect& sql, std::vector<Request>& requests) const {
  static const std::string kColumns =
      "id, session, status, version, created_us, started_us, ended_us, checksum, provider, doc, " +
      std::string(kCountColumns);
  static const std::string kArrays =
      "unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
  RunColumns made, changed;
  Array left_over(Type::texts);
  for (const auto& [id, run] : runs_) {
    if (run.row == nullptr) continue;
    (run.existed ? changed : made).add(*run.row, run.session_key);
    if (run.left_over) left_over.add(id);
  }
  if (!left_over.empty())
    requests.push_back({sql("DELETE FROM @runs r USING @removed d WHERE r.id = ANY($1) AND d.key = r.session"),
                        std::move(Parameters().add(left_over))});
  if (!made.ids.empty())
    requests.push_back({sql("INSERT INTO @runs (" + kColumns + ") SELECT * FROM " + kArrays), made.parameters()});
  if (!changed.ids.empty())
    requests.push_back(
        {sql("UPDATE @runs r SET (status, version, created_us, started_us, ended_us, checksum, provider, doc, " +
             std::string(kCountColumns) +
             ") = ROW(u.status, u.version, u.created_us, u.started_us, u.ended_us, u.checksum, u.provider, u.doc, "
             "u.input_tokens, u.cache_read_tokens, u.cache_write_tokens, u.output_tokens, u.reasoning_tokens, "
             "u.total_tokens, u.cost_micro_usd, u.model) FROM " +
             kArrays + " u(" + kColumns + ") WHERE r.id = u.id AND r.session = u.session"),
         changed.parameters()});
}

void GroupState::write_events(const Dialect& sql, std::vector<Request>& requests) const {
  const std::string text =
      sql("INSERT INTO @events (session, seq, time_us, type, flags, schema, type_name, provider, run_id, id, "
          "correlation_id, hash, body_hash, metadata, data) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, "
          "$10, $11, $12, $13, $14, $15)");
  EventColumns columns;
  for (const auto& [key, unit] : events_of_) {
    for (const asmgr_event& event : items<asmgr_event>(unit->events)) {
      columns.add(event, key);
      if (columns.bytes() < kEventBytesPerStatement) continue;
      requests.push_back({text, columns.parameters()});
      columns = EventColumns();
    }
  }
  if (!columns.seqs.empty()) requests.push_back({text, columns.parameters()});
}

void GroupState::write_records(const Dialect& sql, std::vector<Request>& requests) const {
  RecordColumns made, changed;
  Array kinds(Type::texts), ids(Type::texts), tenants(Type::texts);  // of rows that go
  for (const auto& [key, record] : records_) {
    if (!record.changed) continue;
    if (record.exists) (record.existed ? changed : made).add(record.row);
    if (record.exists ? !record.left_over : !record.existed) continue;
    kinds.add(std::get<0>(key));
    ids.add(std::get<1>(key));
    tenants.add(std::get<2>(key));
  }
  // First, because what is left over from a removed session is in the way of what is made.
  if (!ids.empty())
    requests.push_back({sql("DELETE FROM @records r USING unnest($1, $2, $3) u(kind, id, tenant) "
                            "WHERE r.kind = u.kind AND r.id = u.id AND r.tenant = u.tenant"),
                        std::move(Parameters().add(kinds).add(ids).add(tenants))});
  if (!made.ids.empty())
    requests.push_back({sql("INSERT INTO @records (kind, id, tenant, version, due_us, value, checksum, session_id, "
                            "status, body) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
                        made.parameters()});
  if (!changed.ids.empty())
    requests.push_back(
        {sql("UPDATE @records r SET version = u.version, due_us = u.due_us, value = u.value, checksum = u.checksum, "
             "session_id = u.session_id, status = u.status, body = u.body, "
             "key = CASE WHEN r.session_id = u.session_id THEN r.key ELSE nextval('@record_keys') END "
             "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) u(kind, id, tenant, version, due_us, value, "
             "checksum, session_id, status, body) WHERE r.kind = u.kind AND r.id = u.id AND r.tenant = u.tenant"),
         changed.parameters()});
}

// The one row that every writer changes comes last, so that it is locked for no longer than COMMIT takes.
void GroupState::write_changes(const Dialect& sql, std::vector<Request>& requests) const {
  requests.push_back(
      {sql("WITH n AS (UPDATE @state SET last_change = last_change + $1 RETURNING last_change - $1 + 1 AS first) "
           "INSERT INTO @changes (first, kinds, sessions, seqs) SELECT n.first, $2, $3, $4 FROM n RETURNING first"),
       std::move(Parameters()
                     .add(static_cast<std::int64_t>(kinds_.size()))
                     .add(kinds_)
                     .add(changed_sessions_)
                     .add(sequences_))});
}

}  // namespace asmgr::postgres_store
