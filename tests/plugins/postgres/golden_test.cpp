// Schemas of every version, made without the store's code (tests/data/stores), loaded into a server and opened by this
// build: every answer is the one that was worked out beside them.
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/plugins/postgres/one_server.hpp"
#include "tests/plugins/sqlite/golden_world.hpp"

namespace asmgr::contract {
namespace {

namespace fs = std::filesystem;

const fs::path kDumps = fs::path(ASMGR_SOURCE_DIR) / "tests/data/stores";
constexpr int kPresentVersion = 3;

std::string golden_config(const std::string& schema) {
  return R"({"dsn":")" + test::one_server().dsn() + R"(","schema":")" + schema + R"("})";
}

std::string text_of_dump(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The first value of the answer, or what is wrong.
std::string ask_server(const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(test::one_server().dsn().c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  if (*PQresultErrorMessage(result.get()) != '\0') return PQresultErrorMessage(result.get());
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

class PostgresGolden : public ::testing::TestWithParam<int> {
 protected:
  [[nodiscard]] std::string schema() const { return "golden_v" + std::to_string(GetParam()); }
  void SetUp() override {
    ask_server("DROP SCHEMA IF EXISTS " + schema() + " CASCADE");
    const std::string sql = text_of_dump(kDumps / ("v" + std::to_string(GetParam()) + ".postgres.sql"));
    ASSERT_NE(sql, "");
    ASSERT_EQ(ask_server(sql), "");
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, PostgresGolden, ::testing::Range(1, kPresentVersion + 1),
                         [](const auto& version) { return "v" + std::to_string(version.param); });

TEST_P(PostgresGolden, GivesTheAnswersOfThen) {
  ASSERT_EQ(ask_server("SELECT max(version) FROM " + schema() + ".schema_version"), std::to_string(GetParam()));
  const StoreClient store("postgres", golden_config(schema()));
  EXPECT_EQ(answers_about_golden_world(store), text_of_dump(kDumps / "world.jsonl"));
  EXPECT_EQ(broken_chains(store), "");
  EXPECT_EQ(store.check().items, std::vector<std::string>{});
  EXPECT_EQ(ask_server("SELECT max(version) FROM " + schema() + ".schema_version"), std::to_string(kPresentVersion));
}

TEST_P(PostgresGolden, IsSearchedLikeANewOne) {
  const StoreClient store("postgres", golden_config(schema()));
  if (!store.has_queries()) return;
  const StoreClient made_now("postgres", golden_config(schema() + "_new"));
  write_golden_world(made_now);
  EXPECT_EQ(findings_in_golden_world(store), findings_in_golden_world(made_now));
}

TEST_P(PostgresGolden, IsWrittenOn) {
  const StoreClient store("postgres", golden_config(schema()));
  const std::string session = usual_id("ses", 0x51);
  const Head head = store.head(session);
  Unit unit = append_events(session, "new host", head.epoch, head.last_seq, 2);
  unit.flags = ASMGR_UNIT_TAKE;
  const UnitResult result = store.commit(unit);
  ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.last_seq, head.last_seq + 2);
  EXPECT_EQ(result.epoch, head.epoch + 1);
  EXPECT_EQ(store.delete_session("", session, result.epoch).status, ASMGR_OK);
  EXPECT_EQ(store.events_of(session).items.size(), 0U);
}

}  // namespace
}  // namespace asmgr::contract
