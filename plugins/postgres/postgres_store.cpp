// Life, hosts and changes of the PostgreSQL store.
#include "postgres_store.hpp"

#include <algorithm>

namespace asmgr::postgres_store {
namespace {

// A server that is only just starting is waited for this long when the store is opened.
constexpr std::chrono::milliseconds kFirstConnect{2000};

}  // namespace

PostgresStore::PostgresStore(sdk::Host host, const Settings& settings)
    : host_(host),
      settings_(settings),
      sql_(settings_.schema),
      writer_(settings_, std::min(kFirstConnect, settings_.reconnect_timeout)),
      readers_(settings_),
      wake_ups_(settings_, sdk::Logger(host_, "postgres")) {}

// No fast_commit: every commit waits for the network.
std::string PostgresStore::describe() {
  return R"({"durable":true,"multi_process":true,"fast_commit":false,"readers":)" + std::to_string(settings_.pool) +
         R"(,"limits":{"max_event_bytes":256000000}})";
}

// Through a reader's connection: a host must not die because its writer waits for a lock.
std::int64_t PostgresStore::host_renew(std::string_view host_id, std::uint64_t ttl_ms) {
  constexpr std::uint64_t kLongestMs = INT64_MAX / 4000;
  if (host_id.empty()) throw sdk::StatusError(ASMGR_E_INVALID_INPUT, "a host row needs an id, the one given is empty");
  if (ttl_ms == 0) {
    query("DELETE FROM @hosts WHERE id = $1", std::move(Parameters().text(host_id)));
    return query("SELECT " + std::string(kServerNow)).integer(0, 0);
  }
  return query("INSERT INTO @hosts (id, expires_us) VALUES ($1, " + std::string(kServerNow) +
                   " + $2) ON CONFLICT (id) DO UPDATE SET expires_us = excluded.expires_us RETURNING expires_us",
               std::move(Parameters().text(host_id).add(std::min(ttl_ms, kLongestMs) * 1000)))
      .integer(0, 0);
}

void PostgresStore::hosts(sdk::ItemSink<asmgr_host_row>& out) {
  const Result rows =
      query("SELECT id, expires_us, expires_us > " + std::string(kServerNow) + " FROM @hosts ORDER BY id");
  for (int i = 0; i < rows.rows(); ++i) {
    auto row = sdk::make<asmgr_host_row>();
    row.id = sdk::to_abi(rows.bytes(i, 0));
    row.expires_us = rows.integer(i, 1);
    row.alive = rows.integer(i, 2) != 0 ? 1 : 0;
    if (!out.push(row)) return;
  }
}

std::uint64_t PostgresStore::latest() {
  return query("SELECT last_change FROM @state").number(0, 0);
}

void PostgresStore::read(std::uint64_t after, std::uint32_t limit, sdk::ItemSink<asmgr_change>& changes) {
  if (after >= INT64_MAX / 2) return;
  // From the row that holds the number after `after`, or the oldest there is, over no more rows than may be wanted.
  const Result rows = query(
      "SELECT c.first + u.n - 1, u.kind, u.session, u.seq FROM @changes c, "
      "unnest(c.kinds, c.sessions, c.seqs) WITH ORDINALITY u(kind, session, seq, n) "
      "WHERE c.first >= coalesce((SELECT max(first) FROM @changes WHERE first <= $1 + 1), 0) "
      "AND c.first <= greatest($1, (SELECT min(first) FROM @changes)) + $2 "
      "AND c.first + u.n - 1 > $1 ORDER BY 1 LIMIT $2",
      std::move(Parameters().add(after).add(std::uint32_t{limit == 0 ? 1000 : limit})));
  if (rows.rows() != 0 && rows.number(0, 0) > after + 1)
    throw sdk::StatusError(ASMGR_E_CURSOR_EXPIRED, "changes up to " + std::to_string(rows.number(0, 0) - 1) +
                                                       " have been forgotten, the reader is at " +
                                                       std::to_string(after) + "; read everything again from latest()");
  for (int i = 0; i < rows.rows(); ++i) {
    auto change = sdk::make<asmgr_change>();
    change.change = rows.number(i, 0);
    change.kinds = rows.small(i, 1);
    change.session_id = sdk::to_abi(rows.bytes(i, 2));
    change.last_seq = rows.number(i, 3);
    if (!changes.push(change)) return;
  }
}

void PostgresStore::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  wake_ups_.wait(after, timeout_ms, cancel);
}

}  // namespace asmgr::postgres_store
