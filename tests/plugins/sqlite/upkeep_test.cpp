// How long the write lock is held: rows per transaction, and how long commits of others wait meanwhile.
#include "plugins/sqlite/upkeep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/plugins/contract/answers.hpp"
#include "tests/plugins/sqlite/database_file.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

using sqlite_store::Upkeep;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The largest number of rows that one transaction of a connection has changed.
class LargestTransaction {
 public:
  explicit LargestTransaction(sqlite3* connection)
      : connection_(connection), before_(sqlite3_total_changes(connection)) {
    sqlite3_commit_hook(
        connection_,
        [](void* self) {
          static_cast<LargestTransaction*>(self)->note();
          return 0;
        },
        this);
  }
  LargestTransaction(const LargestTransaction&) = delete;
  LargestTransaction& operator=(const LargestTransaction&) = delete;
  ~LargestTransaction() { sqlite3_commit_hook(connection_, nullptr, nullptr); }

  [[nodiscard]] int rows() const { return rows_; }
  [[nodiscard]] int count() const { return count_; }

 private:
  void note() {
    const int now = sqlite3_total_changes(connection_);
    rows_ = std::max(rows_, now - before_);
    before_ = now;
    ++count_;
  }

  sqlite3* connection_;
  int before_;
  int rows_ = 0;
  int count_ = 0;
};

class UpkeepTest : public ::testing::Test {
 protected:
  void given_events(const std::string& id, std::uint64_t count) {
    ASSERT_EQ(store_.commit(create_session(id, "host", 0)).status, ASMGR_OK);
    constexpr std::uint64_t kPerUnit = 2'000;
    for (std::uint64_t last = 0; last < count; last += kPerUnit) {
      const auto unit =
          append_events(id, "host", 1, last, kPerUnit, R"({"text":"a piece of a message, as they come"})");
      ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
    }
  }

  DatabaseFile file_;
  StoreClient store_{"sqlite", file_.config()};
};

TEST_F(UpkeepTest, NoTransactionHasMoreRowsThanOrdered) {
  constexpr std::uint64_t kEvents = 4'000;
  constexpr std::size_t kBatch = 100;
  given_events("s", kEvents);
  sqlite_store::Writer writer(file_.path(), sqlite_store::Durability::normal,
                              sqlite_store::Deadline(std::chrono::seconds(5)));
  sqlite_store::ReaderPool readers(file_.path(), 2, 5'000);
  sqlite_store::ChangeSignal changes(file_.path(), 5'000);
  const sdk::Cancel never(sdk::Host(store_.host().table()), nullptr);
  Upkeep upkeep(writer, readers, changes, std::chrono::seconds(5), never, kBatch);
  {
    const LargestTransaction largest(writer.connection().raw());
    EXPECT_EQ(upkeep.prune("s", {{1, kEvents}}), kEvents);
    EXPECT_LE(largest.rows(), static_cast<int>(kBatch) + 1) << "and the head";
    EXPECT_GE(largest.count(), static_cast<int>(kEvents / kBatch));
  }
  const LargestTransaction largest(writer.connection().raw());
  EXPECT_EQ(upkeep.remove("s", [](auto&, const auto&) { return true; }), kEvents + 1);
  EXPECT_LE(largest.rows(), static_cast<int>(kBatch));
  EXPECT_GE(largest.count(), static_cast<int>(kEvents / kBatch));
}

// What a commit waited at most while `work` went on, and how many there were.
struct Waited {
  steady_clock::duration longest{};
  std::uint64_t commits = 0;
};
Waited while_working(const StoreClient& store, std::uint64_t& last, const std::function<void()>& work) {
  std::atomic<bool> over{false};
  Waited waited;
  std::thread committing([&] {
    while (!over) {
      const auto began = steady_clock::now();
      const UnitResult result = store.commit(append_events("busy", "host", 1, last, 1));
      if (result.status != ASMGR_OK) {
        ADD_FAILURE() << result.message;
        return;
      }
      waited.longest = std::max(waited.longest, steady_clock::now() - began);
      last = result.last_seq;
      ++waited.commits;
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  work();
  over = true;
  committing.join();
  return waited;
}

TEST_F(UpkeepTest, CommitsOfOthersGoOnWhileALargeSessionIsPrunedAndRemoved) {
  const auto events = static_cast<std::uint64_t>(test::in_profile(20'000, 200'000));
  given_events("large", events);
  ASSERT_EQ(store_.commit(create_session("busy", "host", 0)).status, ASMGR_OK);
  const StoreClient other("sqlite", file_.config());  // its lock is as another process's
  std::uint64_t last = 0;
  const auto tell = [&](const char* what, const Waited& waited) {
    std::cout << what << ": " << waited.commits << " commits meanwhile, the longest took "
              << waited.longest / milliseconds(1) << " ms\n";
    EXPECT_GE(waited.commits, events / 1000 / 2) << "some get in between any two batches";
    EXPECT_LT(waited.longest, std::chrono::seconds(10));
  };
  tell("prune", while_working(other, last, [&] {
         EXPECT_EQ(number_in(store_.retain(prune_order("large", {{1, UINT64_MAX}})).items.at(0), "events_pruned"),
                   events);
       }));
  tell("remove", while_working(other, last, [&] {
         EXPECT_EQ(number_in(store_.retain(remove_order("large", 1)).items.at(0), "rows_removed"), events + 1);
       }));
  const auto events_of_busy = last;
  const Waited compacting = while_working(
      other, last, [&] { EXPECT_GT(number_in(store_.retain(R"({"compact":{}})").items.at(0), "bytes_freed"), 0U); });
  std::cout << "compact: the longest commit took " << compacting.longest / milliseconds(1) << " ms\n";
  EXPECT_LT(compacting.longest, std::chrono::seconds(10));
  EXPECT_GE(store_.events_of("busy").items.size(), events_of_busy);
  EXPECT_EQ(store_.check().items, std::vector<std::string>{});
}

}  // namespace
}  // namespace asmgr::contract
