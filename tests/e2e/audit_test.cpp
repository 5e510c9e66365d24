// What was done that has to be accounted for, as an operator asks for it.
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class AuditCommand : public testing::Test {
 protected:
  AuditCommand() {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  shell: {plugin: shell}\n"
                "pipelines:\n  default: {store: local, provider: shell}\n");
  }
  std::string deleted_session() const {
    const Ended created = work_.asmgr({"session", "create", "--output", "json"});
    std::string session = at(json_of(created.out), "/id");
    EXPECT_EQ(work_.asmgr({"session", "delete", session}).code, 0);
    return session;
  }
  Workplace work_;
};

TEST_F(AuditCommand, ListsTheActsOfSeveralProcessesByTime) {
  const std::string first = deleted_session();
  const std::string second = deleted_session();
  const Ended json = work_.asmgr({"audit", "--output", "json"});
  ASSERT_EQ(json.code, 0) << json.err;
  const boost::json::object listed = json_of(json.out);
  const boost::json::array& items = listed.at("items").as_array();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(at(items[0].as_object(), "/type"), "audit_session_deleted");
  EXPECT_EQ(at(items[0].as_object(), "/data/session_id"), first);
  EXPECT_EQ(at(items[1].as_object(), "/data/session_id"), second);
  EXPECT_NE(at(items[0].as_object(), "/session_id"), at(items[1].as_object(), "/session_id"));
  EXPECT_FALSE(at(items[0].as_object(), "/data/actor").empty());

  const Ended text = work_.asmgr({"audit", "--limit", "1"});
  EXPECT_NE(text.out.find("session_deleted"), std::string::npos);
  EXPECT_NE(text.out.find(second), std::string::npos);
  EXPECT_EQ(text.out.find(first), std::string::npos);
  EXPECT_EQ(complete_lines(work_.asmgr({"audit", "--output", "jsonl"}).out).size(), 2U);
}

TEST_F(AuditCommand, IsEmptyAndMakesNothingWhereNothingWasDone) {
  ASSERT_EQ(work_.asmgr({"run", "echo hi"}).code, 0);
  EXPECT_EQ(work_.asmgr({"audit", "--output", "json"}).out, "{\"items\":[],\"next_cursor\":null}\n");
  EXPECT_EQ(json_of(work_.asmgr({"session", "list", "--agent-id", "asmgr.audit", "--output", "json"}).out)
                .at("items")
                .as_array()
                .size(),
            0U);
}

TEST_F(AuditCommand, ATimeThatIsNoneIsAMistakeOfTheCommandLine) {
  const Ended ended = work_.asmgr({"audit", "--since", "yesterday"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("--since: 'yesterday' is not a time"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace asmgr::e2e
