#include "tests/faults/postgres_target.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <thread>

#include "tests/faults/checker/read_postgres.hpp"
#include "tests/faults/faulty_disk.hpp"
#include "tests/faults/postgres_sql.hpp"

namespace asmgr::faults {
namespace {

using std::chrono::milliseconds;

void pass_time(std::uint64_t ms) {
  std::this_thread::sleep_for(milliseconds(ms));
}

template <typename Condition>
bool comes_true(Condition condition, milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    pass_time(1);
  }
  return true;
}

// False when the server went away meanwhile.
template <typename Action>
bool if_it_answers(Action action) {
  try {
    return action();
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

PostgresTarget::PostgresTarget(test::PostgresServer& server, FaultPlan& plan, std::string schema, Pooler pooler)
    : server_(server), plan_(plan), proxy_(server.port()), schema_(std::move(schema)), pooler_(pooler) {}

std::string PostgresTarget::config_of_hosts() const {
  return R"({"dsn":")" + test::PostgresServer::dsn_at(proxy_.port()) + R"(","schema":")" + schema_ + R"(","pooler":")" +
         (pooler_ == Pooler::none ? "none" : "transaction") + R"(","busy_timeout":"2s","reconnect_timeout":"3s"})";
}

std::string PostgresTarget::config_of_test() const {
  return R"({"dsn":")" + server_.dsn() + R"(","schema":")" + schema_ +
         R"(","busy_timeout":1000,"reconnect_timeout":1000})";
}

std::vector<Fault> PostgresTarget::faults(std::mt19937& random, std::function<Victim()>) {
  std::vector<Fault> all = {
      {"server crashed", [&] { return crash_server(random); }},
      {"all connections cut",
       [&] {
         proxy_.cut();
         return true;
       }},
      {"connection cut in the middle", [&] { return cut_in_the_middle(random); }},
      {"session ended by the server", [&] { return end_a_session(); }},
      {"rows locked by another client", [&] { return lock_heads(random); }},
      {"server's disk full", [&] { return fill_disk(random); }},
      {"server's log cannot be written", [&] { return break_the_log(random); }},
  };
  // In the other mode statements go by names, and the proxy cannot see them.
  if (pooler_ == Pooler::transaction) all.push_back({"answer to a commit lost", [&] { return lose_an_answer(); }});
  return all;
}

bool PostgresTarget::crash_server(std::mt19937& random) {
  server_.crash();
  pass_time(random() % 200);
  server_.start();
  return true;
}

bool PostgresTarget::cut_in_the_middle(std::mt19937& random) {
  const int before = proxy_.cuts();
  proxy_.cut_after(1 + random() % 20'000);
  const bool cut = comes_true([&] { return proxy_.cuts() != before; }, milliseconds(1000));
  proxy_.cut_after(0);
  return cut;
}

bool PostgresTarget::lose_an_answer() {
  const int before = proxy_.cuts();
  proxy_.lose_answer_to(std::string("COMMIT", 7));  // with the byte that ends it
  const bool lost = comes_true([&] { return proxy_.cuts() != before; }, milliseconds(1000));
  proxy_.lose_answer_to("");
  return lost;
}

bool PostgresTarget::end_a_session() {
  return if_it_answers([&] {
    bool ended = false;
    PostgresSql(server_.dsn())
        .rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'asmgr'"
            " ORDER BY random() LIMIT 1",
            [&](const auto&) { ended = true; });
    return ended;
  });
}

bool PostgresTarget::lock_heads(std::mt19937& random) {
  return if_it_answers([&] {
    const PostgresSql other(server_.dsn());
    other.run("BEGIN; SET LOCAL lock_timeout = '2s'; SELECT 1 FROM \"" + schema_ + "\".heads FOR UPDATE");
    pass_time(random() % 300);
    other.run("ROLLBACK");
    return true;
  });
}

bool PostgresTarget::fill_disk(std::mt19937& random) {
  concern_files(plan_, "/base/");
  return fail_for(plan_, plan_.writes, milliseconds(50 + random() % 300), ENOSPC);
}

// The server ends all sessions then and begins anew.
bool PostgresTarget::break_the_log(std::mt19937& random) {
  concern_files(plan_, "/pg_wal/");
  const bool broken = fail_once(plan_, plan_.writes, static_cast<std::int64_t>(random() % 20), ENOSPC);
  const auto answers = [&] { return PQping((server_.dsn() + " connect_timeout=5").c_str()) == PQPING_OK; };
  (void)comes_true(answers, milliseconds(20'000));
  return broken;
}

void PostgresTarget::heal() {
  plan_.writes.fail = 0;
  proxy_.cut_after(0);
  proxy_.lose_answer_to("");
}

void PostgresTarget::watch_heads() {
  const std::string in = "\"" + schema_ + "\".";
  const PostgresSql sql(server_.dsn());
  sql.run("CREATE TABLE " + in + "test_heads (n bigserial PRIMARY KEY, session text, owner text, epoch bigint, " +
          "last_seq bigint)");
  sql.run("CREATE FUNCTION " + in + "test_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO " + in +
          "test_heads (session, owner, epoch, last_seq) VALUES (NEW.id, NEW.owner, NEW.epoch, NEW.last_seq); " +
          "RETURN NULL; END $$");
  sql.run("CREATE TRIGGER test_note AFTER INSERT OR UPDATE ON " + in + "heads FOR EACH ROW EXECUTE FUNCTION " + in +
          "test_note()");
}

std::vector<HeadState> PostgresTarget::heads() {
  std::vector<HeadState> all;
  PostgresSql(server_.dsn())
      .rows("SELECT session, owner, epoch, last_seq FROM \"" + schema_ + "\".test_heads ORDER BY n",
            [&](const auto& row) {
              all.push_back({row.text(0), row.text(1), row.count(2), row.count(3)});
            });
  return all;
}

simulation::Snapshot PostgresTarget::snapshot() {
  return snapshot_of_postgres(server_.dsn(), schema_);
}

int PostgresTarget::unrest() {
  int count = -1;
  (void)if_it_answers([&] {
    PostgresSql(server_.dsn())
        .rows("SET search_path TO \"" + schema_ +
                  "\"; SELECT (SELECT count(*) FROM runs WHERE status = 2) + (SELECT count(*) FROM records"
                  " WHERE status IN ('queued', 'running') OR (kind = 'command' AND status = 'pending'))",
              [&](const auto& row) { count = static_cast<int>(row.integer(0)); });
    return true;
  });
  return count;
}

}  // namespace asmgr::faults
