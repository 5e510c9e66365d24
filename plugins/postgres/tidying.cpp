#include "tidying.hpp"

namespace asmgr::postgres_store {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

}  // namespace

void forget_old_changes(Connection& connection, const Dialect& sql) {
  connection.execute(sql("DELETE FROM @changes WHERE first < (SELECT max(c.first) FROM @changes c, @state s "
                         "WHERE c.first <= s.last_change - $1)"),
                     std::move(Parameters().add(kChangesKept)));
}

void forget_gone_hosts(Connection& connection, const Dialect& sql) {
  connection.execute(sql("DELETE FROM @hosts WHERE expires_us < " + std::string(kServerNow) + " - $1"),
                     std::move(Parameters().add(kDayUs)));
  connection.execute(sql("DELETE FROM @writers WHERE used_us < " + std::string(kServerNow) + " - $1"),
                     std::move(Parameters().add(kDayUs)));
}

}  // namespace asmgr::postgres_store
