// One bit of the file turned over, anywhere: it is found by opening, by a read, by a check, or by following the chains,
// or else it means nothing. Never is an answer silently another one.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "tests/plugins/contract/answers.hpp"
#include "tests/plugins/contract/chain.hpp"
#include "tests/plugins/sqlite/database_file.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFlippedSessions = {"s1", "s2", "s3"};

Unit a_full_session(const std::string& id, int number) {
  Unit unit = create_session(id, "host", 0);
  unit.session->tenant = number == 2 ? "t" : "";
  unit.session->agent_id = number == 3 ? "other" : "agent";
  unit.session->doc = R"({"context":{"n":)" + std::to_string(number) + R"(},"tags":["red","blue"]})";
  unit.session->created_us = 1'000 + number;
  unit.session->updated_us = 2'000 + number;
  for (std::uint64_t seq = 1; seq <= 24; ++seq) {
    Event event = make_event(id, seq, "{\"text\":\"" + std::string(seq * 40, 'x') + "\"}");
    event.metadata = R"({"attempt":1})";
    if (seq % 3 == 0) {
      event.type = ASMGR_EV_MESSAGE_RECEIVED;
      event.type_name = "message_received";
    }
    if (seq % 4 == 0) event.flags = ASMGR_EVENT_CALLER_ID;
    if (seq == 8) event.id = id + "-caller";
    event.run_id = seq % 2 == 0 ? usual_id("run", seq) : "";
    event.provider = seq % 5 == 0 ? "p" : "";
    event.correlation_id = seq % 7 == 0 ? "correlation" : "";
    unit.events.push_back(event);
  }
  chain_events(unit.events, first_hash(id));
  for (int i = 0; i < 6; ++i) {
    const std::string of = id + "-" + std::to_string(i);
    unit.runs.push_back({.id = "run-" + of,
                         .provider = i % 2 == 0 ? "p" : "q",
                         .doc = R"({"cost_usd":0.5,"provider_metadata":{"model":"m"},"token_usage":{"input_tokens":)" +
                                std::to_string(100 + i) + "}}",
                         .status = i == 0 ? std::uint32_t{ASMGR_RUN_PENDING} : std::uint32_t{ASMGR_RUN_COMPLETED},
                         .started_us = 5'000 + i});
    unit.records.push_back({.id = "q" + of, .session_id = id, .status = "open", .body = "{}", .due_us = 10 + i});
    unit.records.push_back({.kind = "counter", .id = "c" + of, .tenant = "t", .session_id = id, .value = 7 * i});
  }
  return unit;
}

class BitFlips : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      const StoreClient store("sqlite", original_.config());
      for (int i = 1; i <= 3; ++i)
        ASSERT_EQ(store.commit(a_full_session(kFlippedSessions[static_cast<std::size_t>(i - 1)], i)).status, ASMGR_OK);
      ASSERT_EQ(store.retain(prune_order("s2", {{2, 5}, {9, 9}})).status, ASMGR_OK);
      ASSERT_EQ(store.retain(R"({"compact":{}})").status, ASMGR_OK);
    }
    {
      const StoreClient store("sqlite", original_.config());
      int failed = 0;
      answers_ = everything(store, failed);
      ASSERT_EQ(failed, 0) << answers_;
      ASSERT_EQ(store.check().items, std::vector<std::string>{});
    }
    ASSERT_FALSE(fs::exists(original_.path() + "-wal")) << "what is turned over must be in the file itself";
    ASSERT_EQ(original_.sql("PRAGMA freelist_count"), "0") << "every page must be in use";
    std::ifstream in(original_.path(), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    ASSERT_GT(bytes_.size(), 100'000U);
  }

  static std::string everything(const StoreClient& store, int& failed) {
    std::string text = all_answers(store, kFlippedSessions, &failed);
    const auto changes = store.read_changes(0);
    if (changes.status != ASMGR_OK) ++failed;
    for (const Change& change : changes.items)
      text += std::to_string(change.change) + ' ' + std::to_string(change.kinds) + ' ' +
              std::to_string(change.last_seq) + ' ' + change.session_id + '\n';
    return text;
  }

  // How the file with one bit turned over is found out; empty when it is not.
  std::string found(std::size_t byte, unsigned bit, std::string& answers) {
    std::string bytes = bytes_;
    bytes[byte] = static_cast<char>(static_cast<unsigned char>(bytes[byte]) ^ (1U << bit));
    const DatabaseFile copy;
    std::ofstream(copy.path(), std::ios::binary) << bytes;
    try {
      const StoreClient store("sqlite", copy.config());
      int failed = 0;
      answers = everything(store, failed);
      if (failed != 0) return "a read";
      for (const std::string& id : kFlippedSessions)
        if (!problem_with_chain(store.events_of(id).items, id).empty()) return "its chain";
      const auto problems = store.check();
      return problems.status != ASMGR_OK || !problems.items.empty() ? "a check" : "";
    } catch (const StoreClient::CreateError&) {
      return "opening it";
    }
  }

  DatabaseFile original_;
  std::string answers_;
  std::string bytes_;
};

TEST_F(BitFlips, AreFoundOrMeanNothing) {
  const int count = test::in_profile(200, 10'000);
  std::mt19937 random(20260101);
  std::map<std::string, int> by;
  for (int i = 0; i < count; ++i) {
    const std::size_t byte = random() % bytes_.size();
    const unsigned bit = random() % 8;
    std::string answers;
    const std::string how = found(byte, bit, answers);
    ++by[how];
    if (!how.empty() || answers == answers_) continue;
    const auto differs = static_cast<std::size_t>(
        std::mismatch(answers.begin(), answers.end(), answers_.begin(), answers_.end()).first - answers.begin());
    ADD_FAILURE() << "bit " << bit << " of byte " << byte << " (page " << byte / 4096 + 1 << ", offset " << byte % 4096
                  << ") changed an answer and nobody noticed:\n"
                  << answers.substr(differs < 200 ? 0 : differs - 200, 400);
  }
  for (const auto& [how, times] : by)
    std::cout << times << " of " << count << (how.empty() ? " meant nothing" : " were found by " + how) << '\n';
  // Two thirds of a small file are room that is not used yet.
  EXPECT_GT(by["a read"] + by["its chain"] + by["a check"] + by["opening it"], count / 8);
}

}  // namespace
}  // namespace asmgr::contract
