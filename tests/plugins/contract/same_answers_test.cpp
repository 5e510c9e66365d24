// Several stores and the reference model are given one stream of random operations: what one answers, all answer. Other
// than in model_test.cpp the stores are also compared in what the model does not know (searches, sums, changes), and
// those that last are closed and opened again in between.
#include <functional>
#include <memory>

#include "tests/plugins/contract/reference_model.hpp"
#include "tests/plugins/contract/same_answers_world.hpp"
#include "tests/plugins/contract/store_test.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::contract {
namespace {

const int kOperations = test::in_profile(5'000, 100'000);

// A store in the race, in a folder of its own.
struct Contender {
  explicit Contender(const std::string& its_name) : name(its_name) { open(); }
  void open() { store = std::make_unique<StoreClient>(plugin_for(name), config_for(name, folder.path())); }
  [[nodiscard]] bool is_durable() const { return store->describe().find("\"durable\":true") != std::string::npos; }

  std::string name;
  TempFolder folder;
  std::unique_ptr<StoreClient> store;
  std::uint64_t change = 0;  // how far its changes were read
};

// What changes tell, without their numbers. What was before a session's deletion may be forgotten.
std::string text_of(const std::vector<Change>& changes) {
  constexpr std::uint32_t kAll =
      ASMGR_CHANGED_EVENTS | ASMGR_CHANGED_SESSION | ASMGR_CHANGED_RUNS | ASMGR_CHANGED_RECORDS;
  std::map<std::string, std::size_t> deleted;
  for (std::size_t i = 0; i < changes.size(); ++i)
    if (changes[i].kinds == kAll && changes[i].last_seq == 0) deleted[changes[i].session_id] = i;
  std::string out;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    const auto end = deleted.find(change.session_id);
    if (end != deleted.end() && i < end->second) continue;
    out += change.session_id + " kinds " + std::to_string(change.kinds) + " #" + std::to_string(change.last_seq) + "\n";
  }
  return out;
}

class SameAnswers : public ::testing::Test {
 protected:
  SameAnswers() {
    for (const std::string& name : all_stores()) contenders_.push_back(std::make_unique<Contender>(name));
  }

  // `ask` is given the model and every store.
  template <typename Ask>
  void same(const Ask& ask) {
    const auto expected = ask(model_);
    for (const auto& contender : contenders_) ASSERT_EQ(ask(*contender->store), expected) << contender->name;
  }
  // `ask` is given every contender; for what the model does not know.
  template <typename Ask>
  void same_in_all(const Ask& ask) {
    const auto expected = ask(*contenders_.front());
    for (const auto& contender : contenders_)
      ASSERT_EQ(ask(*contender), expected) << contender->name << " and " << contenders_.front()->name;
  }
  // Those that can be asked across sessions; the first one here always can.
  template <typename Ask>
  void same_in_searchable(const Ask& ask) {
    ASSERT_TRUE(contenders_.front()->store->has_queries());
    const auto expected = ask(*contenders_.front()->store);
    for (const auto& contender : contenders_) {
      if (!contender->store->has_queries()) continue;
      ASSERT_EQ(ask(*contender->store), expected) << contender->name << " and " << contenders_.front()->name;
    }
  }

  void commit_some() {
    std::vector<Unit> units;
    std::set<std::string> used;
    for (std::uint64_t n = 1 + random_.below(4); n > 0; --n) {
      const std::string session = random_.session();
      if (!used.insert(session).second) continue;
      units.push_back(random_.unit(session, model_.head(session)));
    }
    const std::vector<UnitResult> expected = model_.commit(units);
    for (const auto& contender : contenders_) {
      const CommitAnswer answer = contender->store->commit(units);
      ASSERT_EQ(answer.status, ASMGR_OK) << contender->name << ": " << answer.message;
      ASSERT_EQ(answer.units, expected) << contender->name;
    }
    for (const UnitResult& result : expected) ++outcomes_[result.status];
  }
  void change_hosts() {
    const std::string host = random_.host();
    const bool alive = random_.one_in(2);
    if (alive)
      alive_.insert(host);
    else
      alive_.erase(host);
    model_.set_host_alive(host, alive);
    for (const auto& contender : contenders_) renew(*contender, host, alive);
    same_in_all([](const Contender& contender) {
      std::set<std::string> living;
      for (const Host& row : contender.store->hosts())
        if (row.alive) living.insert(row.id);
      return living;
    });
  }
  static void renew(const Contender& contender, const std::string& host, bool alive) {
    ASSERT_EQ(contender.store->renew_host(host, alive ? 3'600'000 : 0).status, ASMGR_OK) << contender.name;
  }
  void delete_one() {
    const std::string session = random_.session();
    const std::string tenant = random_.tenant();
    const std::uint64_t epoch = model_.head(session).epoch + (random_.one_in(3) ? 1 : 0);
    const asmgr_status expected = model_.delete_session(tenant, session, epoch);
    for (const auto& contender : contenders_)
      ASSERT_EQ(contender->store->delete_session(tenant, session, epoch).status, expected) << contender->name;
  }
  // What a store remembers between calls is not what makes it right.
  void open_again() {
    for (const auto& contender : contenders_) {
      if (!contender->is_durable()) continue;
      contender->store.reset();
      contender->open();
      for (const std::string& host : alive_) renew(*contender, host, true);
      ++opened_again_;
    }
  }

  void read_one() {
    const std::string session = random_.session();
    const std::string tenant = random_.tenant();
    switch (random_.below(8)) {
      case 0:
        return same([&](const auto& store) { return store.head(session); });
      case 1:
        return same([&](const auto& store) { return store.get_session(tenant, session); });
      case 2:
        return same([&, run = random_.run()](const auto& store) { return store.get_run(tenant, run); });
      case 3:
        return same([&, r = random_.record()](const auto& store) { return store.get_record(r.tenant, r.kind, r.id); });
      case 4:
        return same([q = random_.session_query()](const auto& store) { return store.list_sessions(q); });
      case 5:
        return same([q = random_.run_query()](const auto& store) { return store.list_runs(q); });
      case 6:
        return same([q = random_.event_query()](const auto& store) { return store.get_events(q); });
      default:
        return same([q = random_.record_query()](const auto& store) { return store.list_records(q); });
    }
  }

  // All pages of a search, each store with its own cursors.
  template <typename Item>
  void same_pages(const std::function<Found<Item>(const StoreClient&, const std::string& cursor)>& search) {
    same_in_searchable([&](const StoreClient& store) {
      std::vector<Page<Item>> pages;
      std::string cursor;
      do {
        const Found<Item> found = search(store, cursor);
        pages.push_back(found);
        cursor = found.next;
      } while (!cursor.empty());
      found_ += pages.front().items.size();
      return pages;
    });
  }
  void search_one() {
    const std::string tenant = random_.tenant();
    switch (random_.below(4)) {
      case 0: {
        const std::string filter = random_.session_filter();
        SCOPED_TRACE(filter);
        return same_pages<Session>(
            [&](const auto& store, const auto& cursor) { return store.search_sessions(filter, cursor, tenant); });
      }
      case 1: {
        const std::string filter = random_.run_filter();
        SCOPED_TRACE(filter);
        return same_pages<RunRow>(
            [&](const auto& store, const auto& cursor) { return store.search_runs(filter, cursor, tenant); });
      }
      case 2: {
        const std::string filter = random_.event_filter();
        SCOPED_TRACE(filter);
        return same_pages<Event>(
            [&](const auto& store, const auto& cursor) { return store.search_events(filter, cursor, tenant); });
      }
      default:
        return sum_one(tenant);
    }
  }
  void sum_one(const std::string& tenant) {
    const std::string what = random_.pick({"sessions", "runs", "events", "usage"});
    const std::string filter = what == "sessions" ? random_.session_filter()
                               : what == "runs"   ? random_.run_filter()
                               : what == "events" ? random_.event_filter()
                                                  : random_.usage_filter();
    SCOPED_TRACE(what + " " + filter);
    same_in_searchable([&](const StoreClient& store) { return store.summarize(what, filter, tenant); });
  }
  // Everything that happened since they were read last.
  void read_changes() {
    std::map<std::string, std::string> told;
    for (const auto& contender : contenders_) {
      if (!contender->store->has_changes()) continue;
      const auto page = contender->store->read_changes(contender->change, 100'000);
      ASSERT_EQ(page.status, ASMGR_OK) << contender->name << ": " << page.message;
      if (!page.items.empty()) contender->change = page.items.back().change;
      ASSERT_EQ(contender->change, contender->store->latest_change()) << contender->name;
      told[contender->name] = text_of(page.items);
    }
    for (const auto& [name, text] : told)
      ASSERT_EQ(text, told.begin()->second) << name << " and " << told.begin()->first;
  }

  void do_one() {
    const std::uint64_t dice = random_.below(1000);
    if (dice < 480) return commit_some();
    if (dice < 830) return read_one();
    if (dice < 930) return search_one();
    if (dice < 950) return change_hosts();
    if (dice < 985) return delete_one();
    if (dice < 998) return read_changes();
    open_again();
  }

  const std::uint32_t seed_ = test::seed_or(20260201);
  RandomWorld random_{seed_};
  ReferenceModel model_;
  std::vector<std::unique_ptr<Contender>> contenders_;
  std::set<std::string> alive_;
  std::map<asmgr_status, int> outcomes_;
  std::size_t found_ = 0;
  int opened_again_ = 0;
};

TEST_F(SameAnswers, AreGivenToEveryOperation) {
  SCOPED_TRACE(test::seed_text(seed_));
  for (int i = 0; i < kOperations; ++i) {
    SCOPED_TRACE("operation " + std::to_string(i));
    do_one();
    if (HasFatalFailure()) return;
  }
  for (const asmgr_status status : {ASMGR_OK, ASMGR_E_STALE_EPOCH, ASMGR_E_SEQUENCE_CONFLICT, ASMGR_E_CONFLICT,
                                    ASMGR_E_ALREADY_EXISTS, ASMGR_E_LIMIT_EXCEEDED, ASMGR_E_SESSION_NOT_FOUND})
    EXPECT_GT(outcomes_[status], 10) << std::hex << "status 0x" << status;
  EXPECT_GT(found_, 100U) << "the searches were not all too narrow";
  EXPECT_GT(opened_again_, 0);
  std::printf("%d operations on %zu stores, %d times opened again, %zu rows found\n", kOperations, contenders_.size(),
              opened_again_, found_);
}

}  // namespace
}  // namespace asmgr::contract
