// Thousands of random operations, each answered by the store and by the reference model: the answers must be the same.
#include "tests/plugins/contract/reference_model.hpp"
#include "tests/plugins/contract/same_answers_world.hpp"
#include "tests/plugins/contract/store_test.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::contract {
namespace {

const int kOperations = test::in_profile(20'000, 400'000);

class ModelTest : public StoreTest {
 protected:
  const std::uint32_t seed_ = test::seed_or(20260101);
  ReferenceModel model_;
  RandomWorld random_{seed_};

  void commit_some() {
    std::vector<Unit> units;
    std::set<std::string> used;
    for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) {
      const std::string session = random_.session();
      if (!used.insert(session).second) continue;
      units.push_back(random_.unit(session, model_.head(session)));
    }
    const CommitAnswer answer = store_.commit(units);
    ASSERT_EQ(answer.status, ASMGR_OK) << answer.message;
    const std::vector<UnitResult> expected = model_.commit(units);
    ASSERT_EQ(answer.units, expected);
    for (const UnitResult& result : expected) ++outcomes_[result.status];
  }
  void change_hosts() {
    const std::string host = random_.host();
    const bool alive = random_.one_in(2);
    ASSERT_EQ(store_.renew_host(host, alive ? 3'600'000 : 0).status, ASMGR_OK);
    model_.set_host_alive(host, alive);
  }
  void delete_one() {
    const std::string session = random_.session();
    const std::string tenant = random_.tenant();
    const std::uint64_t epoch = model_.head(session).epoch + random_.below(2);
    ASSERT_EQ(store_.delete_session(tenant, session, epoch).status, model_.delete_session(tenant, session, epoch));
  }
  void read_one() {
    const std::string session = random_.session();
    const std::string tenant = random_.tenant();
    switch (random_.below(8)) {
      case 0:
        ASSERT_EQ(store_.head(session), model_.head(session));
        break;
      case 1:
        ASSERT_EQ(store_.get_session(tenant, session), model_.get_session(tenant, session));
        break;
      case 2: {
        const std::string run = random_.run();
        ASSERT_EQ(store_.get_run(tenant, run), model_.get_run(tenant, run));
        break;
      }
      case 3: {
        const Record r = random_.record();
        ASSERT_EQ(store_.get_record(r.tenant, r.kind, r.id), model_.get_record(r.tenant, r.kind, r.id));
        break;
      }
      case 4: {
        const SessionQuery q = random_.session_query();
        ASSERT_EQ(store_.list_sessions(q), model_.list_sessions(q));
        break;
      }
      case 5: {
        const RunQuery q = random_.run_query();
        ASSERT_EQ(store_.list_runs(q), model_.list_runs(q));
        break;
      }
      case 6: {
        const EventQuery q = random_.event_query();
        ASSERT_EQ(store_.get_events(q), model_.get_events(q));
        break;
      }
      default: {
        const RecordQuery q = random_.record_query();
        ASSERT_EQ(store_.list_records(q), model_.list_records(q));
      }
    }
  }

  std::map<asmgr_status, int> outcomes_;
};
INSTANTIATE_TEST_SUITE_P(Stores, ModelTest, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(ModelTest, RandomOperationsAreAnsweredAsTheModelAnswersThem) {
  SCOPED_TRACE(test::seed_text(seed_));
  for (int i = 0; i < kOperations; ++i) {
    SCOPED_TRACE("operation " + std::to_string(i));
    const std::uint64_t dice = random_.below(100);
    if (dice < 50)
      commit_some();
    else if (dice < 93)
      read_one();
    else if (dice < 95)
      change_hosts();
    else
      delete_one();
    if (HasFatalFailure()) return;
  }
  // The world was rich enough to have met every answer.
  for (const asmgr_status status : {ASMGR_OK, ASMGR_E_STALE_EPOCH, ASMGR_E_SEQUENCE_CONFLICT, ASMGR_E_CONFLICT,
                                    ASMGR_E_ALREADY_EXISTS, ASMGR_E_LIMIT_EXCEEDED, ASMGR_E_SESSION_NOT_FOUND})
    EXPECT_GT(outcomes_[status], 10) << std::hex << "status 0x" << status;
}

}  // namespace
}  // namespace asmgr::contract
