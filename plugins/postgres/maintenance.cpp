// Orders, sizes, measures and checks, as the boundary asks for them.
#include <algorithm>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <string>
#include <variant>

#include "checker.hpp"
#include "postgres_store.hpp"
#include "rows.hpp"
#include "upkeep.hpp"

namespace asmgr::postgres_store {

std::string PostgresStore::retain(std::string_view order_json, const sdk::Cancel& cancel) {
  const store_maintenance::Order order = store_maintenance::read_order(order_json);
  Upkeep upkeep(settings_, readers_, wake_ups_, cancel, order.batch_size);
  if (const auto* pruning = std::get_if<store_maintenance::Prune>(&order.what))
    return store_maintenance::pruned_json(upkeep.prune(pruning->session_id, pruning->sequences));
  if (std::holds_alternative<store_maintenance::Compact>(order.what))
    return store_maintenance::compacted_json(upkeep.compact());
  const auto& removal = std::get<store_maintenance::Remove>(order.what);
  return store_maintenance::removed_json(upkeep.remove(removal.session_id, removal.epoch));
}

void PostgresStore::check(const sdk::Cancel& cancel, sdk::TextSink& problems) {
  Checker(settings_, cancel, problems).check();
}

void PostgresStore::sizes(std::string_view after_id, std::uint32_t limit, sdk::ItemSink<asmgr_session_size>& out) {
  const Result rows = query(
      "SELECT s.id, h.text_events, h.text_bytes FROM @sessions s JOIN @heads h ON h.id = s.id WHERE s.id > $1 "
      "ORDER BY s.id LIMIT $2",
      std::move(Parameters().text(after_id).add(limit)));
  for (int i = 0; i < rows.rows(); ++i) {
    auto size = sdk::make<asmgr_session_size>();
    size.id = sdk::to_abi(rows.bytes(i, 0));
    size.events = rows.number(i, 1);
    size.text_bytes = rows.number(i, 2);
    if (!out.push(size)) return;
  }
}

std::string PostgresStore::measure() {
  const Result row = query(
      "SELECT (SELECT max(version) FROM @schema_version), (SELECT coalesce(sum(pg_total_relation_size(c.oid)), "
      "0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = "
      "'r'), (SELECT count(*) FROM @sessions), (SELECT coalesce(sum(last_seq), 0)::bigint FROM @heads), "
      "(SELECT coalesce(sum(text_events), 0)::bigint FROM @heads), (SELECT count(*) FROM @runs r WHERE " +
          std::string(kRunIsThere) + "), (SELECT count(*) FROM @records r WHERE " + std::string(kRecordIsThere) + ")",
      std::move(Parameters().text(settings_.schema)));
  store_maintenance::StoreSize size;
  size.schema_version = row.number(0, 0);
  size.bytes = row.number(0, 1);
  size.sessions = row.number(0, 2);
  size.events = row.number(0, 3);
  size.pruned_events = size.events - std::min(size.events, row.number(0, 4));
  size.runs = row.number(0, 5);
  size.records = row.number(0, 6);
  return store_maintenance::size_json(size);
}

}  // namespace asmgr::postgres_store
