// Records: compare-and-set, bounded addition, deletion, listing.
#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Records : public StoreTest {
 protected:
  UnitResult put(Record record) { return store_.commit(with_record(std::move(record))); }
  UnitResult add(const std::string& id, std::int64_t amount, std::int64_t ceiling) {
    return put(Record{.kind = "counter", .id = id, .flags = ASMGR_RECORD_ADD, .add = amount, .ceiling = ceiling});
  }
  std::int64_t value_of(const std::string& id) { return store_.get_record("", "counter", id).items.at(0).value; }
};
INSTANTIATE_TEST_SUITE_P(Stores, Records, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Records, ComeBackAsTheyWereWritten) {
  const Record record{.kind = "approval",
                      .id = "a",
                      .tenant = "t",
                      .session_id = "s",
                      .status = "pending",
                      .body = "{\"x\": [1, 2]}",
                      .version = 3,
                      .due_us = 99,
                      .value = -7};
  ASSERT_EQ(put(record).status, ASMGR_OK);
  const auto read = store_.get_record("t", "approval", "a");
  EXPECT_THAT(read.items, ElementsAre(record));
}

TEST_P(Records, AreComparedBeforeTheyAreSet) {
  ASSERT_EQ(put({.id = "a", .version = 1}).status, ASMGR_OK);
  EXPECT_EQ(put({.id = "a", .version = 1}).status, ASMGR_E_CONFLICT) << "expected to be absent";
  EXPECT_EQ(put({.id = "a", .version = 3, .expected_version = 2}).status, ASMGR_E_CONFLICT);
  EXPECT_EQ(put({.id = "b", .version = 3, .expected_version = 2}).status, ASMGR_E_CONFLICT) << "not there";
  EXPECT_EQ(put({.id = "a", .status = "x", .version = 2, .expected_version = 1}).status, ASMGR_OK);
  EXPECT_EQ(put({.id = "a", .status = "y", .version = 5, .expected_version = ASMGR_VERSION_ANY}).status, ASMGR_OK);
  EXPECT_EQ(put({.id = "c", .version = 1, .expected_version = ASMGR_VERSION_ANY}).status, ASMGR_OK);
  EXPECT_EQ(store_.get_record("", "queue", "a").items[0].status, "y");
}

TEST_P(Records, OfTwoTenantsWithOneIdAreTwoRecords) {
  ASSERT_EQ(put({.id = "a", .tenant = "t", .value = 1}).status, ASMGR_OK);
  ASSERT_EQ(put({.id = "a", .tenant = "u", .value = 2}).status, ASMGR_OK);
  EXPECT_EQ(store_.get_record("t", "queue", "a").items[0].value, 1);
  EXPECT_EQ(store_.get_record("u", "queue", "a").items[0].value, 2);
  EXPECT_EQ(store_.get_record("v", "queue", "a").status, ASMGR_E_NOT_FOUND);
  EXPECT_EQ(store_.get_record("", "queue", "a").items[0].tenant, "t");
}

TEST_P(Records, AnAdditionMakesTheRowAndStopsAtTheCeiling) {
  EXPECT_EQ(add("c", 40, 100).status, ASMGR_OK);
  EXPECT_EQ(add("c", 60, 100).status, ASMGR_OK) << "the ceiling itself may be reached";
  const UnitResult result = add("c", 1, 100);
  EXPECT_EQ(result.status, ASMGR_E_LIMIT_EXCEEDED);
  EXPECT_EQ(result.value, 100);
  EXPECT_EQ(value_of("c"), 100);
  EXPECT_EQ(add("c", -30, 100).status, ASMGR_OK);
  EXPECT_EQ(value_of("c"), 70);
  EXPECT_EQ(add("d", 101, 100).value, 0);
  EXPECT_EQ(store_.get_record("", "counter", "d").status, ASMGR_E_NOT_FOUND);
}

TEST_P(Records, AnAdditionThatOverflowsIsRefused) {
  ASSERT_EQ(add("c", INT64_MAX, INT64_MAX).status, ASMGR_OK);
  EXPECT_EQ(add("c", 1, INT64_MAX).status, ASMGR_E_LIMIT_EXCEEDED);
  EXPECT_EQ(value_of("c"), INT64_MAX);
}

TEST_P(Records, AnAdditionComparesNoVersionAndWritesOtherFieldsOnlyWhenItMakesTheRow) {
  Record first{.kind = "counter",
               .id = "c",
               .status = "open",
               .body = "{\"of\":\"first\"}",
               .flags = ASMGR_RECORD_ADD,
               .version = 4,
               .expected_version = 77,
               .value = 1000,
               .add = 5,
               .ceiling = 10};
  ASSERT_EQ(put(first).status, ASMGR_OK);
  Record second = first;
  second.status = "closed";
  second.body = "{}";
  second.version = 9;
  ASSERT_EQ(put(second).status, ASMGR_OK);
  const Record read = store_.get_record("", "counter", "c").items.at(0);
  EXPECT_EQ(read.value, 10);
  EXPECT_EQ(read.version, 4u);
  EXPECT_EQ(read.status, "open");
  EXPECT_EQ(read.body, "{\"of\":\"first\"}");
}

TEST_P(Records, AreDeletedUnderTheirVersion) {
  ASSERT_EQ(put({.id = "a", .version = 2}).status, ASMGR_OK);
  EXPECT_EQ(put({.id = "a", .flags = ASMGR_RECORD_DELETE, .expected_version = 1}).status, ASMGR_E_CONFLICT);
  EXPECT_EQ(put({.id = "a", .flags = ASMGR_RECORD_DELETE, .expected_version = 2}).status, ASMGR_OK);
  EXPECT_EQ(store_.get_record("", "queue", "a").status, ASMGR_E_NOT_FOUND);
  EXPECT_EQ(put({.id = "a", .flags = ASMGR_RECORD_DELETE, .expected_version = 2}).status, ASMGR_E_CONFLICT);
  EXPECT_EQ(put({.id = "a", .flags = ASMGR_RECORD_DELETE, .expected_version = ASMGR_VERSION_ANY}).status, ASMGR_OK);
}

TEST_P(Records, AddAndDeleteAtOnceIsRefused) {
  EXPECT_EQ(put({.id = "a", .flags = ASMGR_RECORD_ADD | ASMGR_RECORD_DELETE}).status, ASMGR_E_INVALID_INPUT);
}

TEST_P(Records, WithoutAKindOrIdAreRefused) {
  EXPECT_EQ(put({.kind = "", .id = "a"}).status, ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(put({.id = ""}).status, ASMGR_E_INVALID_INPUT);
}

TEST_P(Records, OneUnitSeesItsOwnEarlierRecords) {
  Unit unit;
  const Record once{.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .version = 1, .add = 40, .ceiling = 100};
  unit.records = {once, once, once};
  const UnitResult result = store_.commit(unit);
  EXPECT_EQ(result.status, ASMGR_E_LIMIT_EXCEEDED);
  EXPECT_EQ(result.value, 80);
  EXPECT_EQ(store_.get_record("", "counter", "c").status, ASMGR_E_NOT_FOUND);

  unit.records.pop_back();
  unit.records.push_back({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_DELETE, .expected_version = 1});
  unit.records.push_back({.kind = "counter", .id = "c", .version = 6, .expected_version = 0, .value = 3});
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(value_of("c"), 3);
}

TEST_P(Records, ALaterUnitOfACallSeesTheEarlierOnes) {
  const Record once{.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 40, .ceiling = 100};
  const CommitAnswer answer = store_.commit({with_record(once), with_record(once), with_record(once)});
  ASSERT_EQ(answer.status, ASMGR_OK);
  EXPECT_EQ(answer.units[0].status, ASMGR_OK);
  EXPECT_EQ(answer.units[1].status, ASMGR_OK);
  EXPECT_EQ(answer.units[2].status, ASMGR_E_LIMIT_EXCEEDED);
  EXPECT_EQ(answer.units[2].value, 80);
}

TEST_P(Records, AreListedInOrderOfIdByTheirFields) {
  for (const char* id : {"e", "a", "d", "b", "c"}) {
    const bool vowel = std::string("ae").find(id) != std::string::npos;
    ASSERT_EQ(
        put({.id = id, .session_id = vowel ? "s" : "", .status = vowel ? "queued" : "done", .due_us = vowel ? 10 : 20})
            .status,
        ASMGR_OK);
  }
  ASSERT_EQ(put({.kind = "command", .id = "x", .status = "queued"}).status, ASMGR_OK);
  EXPECT_THAT(ids(store_.list_records({})), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(ids(store_.list_records({.limit = 2})), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.list_records({.after_id = "b", .limit = 2})), ElementsAre("c", "d"));
  EXPECT_THAT(ids(store_.list_records({.status = "queued"})), ElementsAre("a", "e"));
  EXPECT_THAT(ids(store_.list_records({.session_id = "s"})), ElementsAre("a", "e"));
  EXPECT_THAT(ids(store_.list_records({.session_id = "t"})), IsEmpty());
  EXPECT_THAT(ids(store_.list_records({.due_before_us = 20})), ElementsAre("a", "e"));
  EXPECT_THAT(ids(store_.list_records({.status = "done", .due_before_us = 21})), ElementsAre("b", "c", "d"));
  EXPECT_THAT(ids(store_.list_records({.status = "done", .session_id = "s"})), IsEmpty());
  EXPECT_THAT(ids(store_.list_records({.kind = "command"})), ElementsAre("x"));
  EXPECT_THAT(ids(store_.list_records({.kind = "nothing"})), IsEmpty());
}

TEST_P(Records, WithoutADueTimeAreNeverDue) {
  ASSERT_EQ(put({.id = "a"}).status, ASMGR_OK);
  EXPECT_THAT(ids(store_.list_records({.due_before_us = INT64_MAX})), IsEmpty());
}

TEST_P(Records, AreListedPerTenantOrOverAllWithoutLosingAny) {
  for (const char* tenant : {"", "t", "u"})
    for (const char* id : {"a", "b"}) ASSERT_EQ(put({.id = id, .tenant = tenant}).status, ASMGR_OK);
  EXPECT_THAT(ids(store_.list_records({.tenant = "t"})), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.list_records({})), ElementsAre("a", "a", "a", "b", "b", "b"));
  // Paging by id alone must not skip the other tenants' records of the same id.
  EXPECT_THAT(ids(store_.list_records({.limit = 1})), ElementsAre("a", "a", "a"));
  EXPECT_THAT(ids(store_.list_records({.after_id = "a", .limit = 2})), ElementsAre("b", "b", "b"));
}

}  // namespace
}  // namespace asmgr::contract
