// Thousands of random operations, each answered by the store and by the reference model: the answers must be the same.
#include <random>

#include "tests/plugins/contract/reference_model.hpp"
#include "tests/plugins/contract/store_test.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

const int kOperations = test::in_profile(20'000, 400'000);

class RandomWorld {
 public:
  explicit RandomWorld(std::uint32_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string pick(std::initializer_list<const char*> texts) { return *(texts.begin() + below(texts.size())); }

  std::string session() { return pick({"s1", "s2", "s3", "s4", "s5", "s6"}); }
  std::string host() { return pick({"h1", "h2", "h3"}); }
  std::string tenant() { return pick({"", "", "t1", "t2"}); }
  std::string run() { return one_in(4) ? pick({"r1", "r2"}) : usual_id("run", below(6)); }
  std::string type() { return pick({"message_sent", "run_started", "x.y"}); }
  std::uint64_t version() { return one_in(3) ? ASMGR_VERSION_ANY : below(4); }

  Record record() {
    Record r;
    r.kind = pick({"queue", "counter"});
    r.id = pick({"a", "b", "c", "d"});
    r.tenant = tenant();
    r.session_id = one_in(2) ? session() : "";
    r.status = pick({"", "open", "done"});
    r.body = one_in(2) ? "{}" : "";
    r.version = 1 + below(3);
    r.expected_version = version();
    r.due_us = static_cast<std::int64_t>(below(4) * 10);
    r.value = static_cast<std::int64_t>(below(50));
    r.add = static_cast<std::int64_t>(below(40)) - 10;
    r.ceiling = 60;
    if (one_in(3))
      r.flags = ASMGR_RECORD_ADD;
    else if (one_in(4))
      r.flags = ASMGR_RECORD_DELETE;
    return r;
  }

  // Mostly right for the session's present head, so that worlds grow; wrong often enough.
  Unit unit(const std::string& session_id, const Head& head) {
    Unit u;
    if (one_in(12)) return with_record(record());
    u.session_id = session_id;
    u.owner = head.owner.empty() || one_in(6) ? host() : head.owner;
    u.epoch = head.epoch + (one_in(10) ? below(3) : 0);
    u.expected_last_seq = head.last_seq + (one_in(10) ? below(2) : 0);
    const bool creates = head.status != ASMGR_OK;
    if (creates ? !one_in(8) : (head.owner.empty() || one_in(8))) u.flags |= ASMGR_UNIT_TAKE;
    if (one_in(15)) u.flags |= ASMGR_UNIT_RELEASE;
    if (creates ? !one_in(8) : one_in(4)) u.session = session_row(session_id, creates);
    if (!one_in(5)) add_events(u);
    while (one_in(3)) u.runs.push_back(run_row(session_id));
    while (one_in(3)) u.records.push_back(record());
    return u;
  }

 private:
  Session session_row(const std::string& id, bool creates) {
    Session s;
    s.id = id;
    s.chain_id = id;
    s.tenant = tenant();
    s.agent_id = pick({"agent", "other"});
    s.doc = one_in(2) ? R"({"tags":["x"]})" : "{}";
    s.status = static_cast<std::uint32_t>(1 + below(6));
    s.version = 1 + below(3);
    s.expected_version = creates && !one_in(8) ? 0 : version();
    s.deleted_us = one_in(6) ? 5 : 0;
    return s;
  }
  RunRow run_row(const std::string& session_id) {
    RunRow r;
    r.id = run();
    r.session_id = one_in(2) ? session_id : "";
    r.status = static_cast<std::uint32_t>(1 + below(6));
    r.version = 1 + below(3);
    r.expected_version = version();
    return r;
  }
  void add_events(Unit& u) {
    const std::uint64_t count = 1 + below(4);
    for (std::uint64_t i = 1; i <= count; ++i) {
      Event e = make_event(u.session_id, u.expected_last_seq + i, one_in(3) ? R"({"text":"x"})" : "{}");
      e.id = usual_id("evt", ++events_made_);
      e.type_name = type();
      e.run_id = one_in(3) ? "" : run();
      e.time_us = static_cast<std::int64_t>(below(100));
      if (one_in(4)) {
        e.flags = ASMGR_EVENT_CALLER_ID;
        if (one_in(2) && i == 1) e.id = "caller-" + std::to_string(below(30));
      }
      u.events.push_back(e);
    }
  }

  std::mt19937 random_;
  std::uint64_t events_made_ = 0;
};

class ModelTest : public StoreTest {
 protected:
  ReferenceModel model_;
  RandomWorld random_{20260101};

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
    const auto limit = static_cast<std::uint32_t>(random_.below(5));
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
        SessionQuery q{.tenant = tenant,
                       .status_mask = static_cast<std::uint32_t>(random_.below(64) << 1),
                       .limit = limit,
                       .include_deleted = random_.one_in(2)};
        if (random_.one_in(2)) q.agent_id = "agent";
        if (random_.one_in(2)) q.after_id = session;
        ASSERT_EQ(store_.list_sessions(q), model_.list_sessions(q));
        break;
      }
      case 5: {
        RunQuery q{.tenant = tenant, .status_mask = static_cast<std::uint32_t>(random_.below(64) << 1), .limit = limit};
        if (random_.one_in(2)) q.session_id = session;
        if (random_.one_in(2)) q.after_id = random_.run();
        ASSERT_EQ(store_.list_runs(q), model_.list_runs(q));
        break;
      }
      case 6: {
        EventQuery q{.tenant = tenant,
                     .session_id = session,
                     .limit = limit,
                     .order = static_cast<std::uint32_t>(random_.below(2))};
        if (random_.one_in(2)) q.run_id = random_.run();
        if (random_.one_in(2)) q.types = {random_.type(), random_.type()};
        if (random_.one_in(2)) q.since_us = static_cast<std::int64_t>(random_.below(100));
        q.after = random_.one_in(2) ? random_.below(20) : 0;
        q.before = random_.one_in(2) ? random_.below(40) : 0;
        ASSERT_EQ(store_.get_events(q), model_.get_events(q));
        break;
      }
      default: {
        const Record r = random_.record();
        RecordQuery q{.tenant = tenant, .kind = r.kind, .limit = limit};
        if (random_.one_in(2)) q.status = r.status;
        if (random_.one_in(2)) q.session_id = r.session_id;
        if (random_.one_in(2)) q.due_before_us = r.due_us;
        if (random_.one_in(2)) q.after_id = r.id;
        ASSERT_EQ(store_.list_records(q), model_.list_records(q));
      }
    }
  }

  std::map<asmgr_status, int> outcomes_;
};
INSTANTIATE_TEST_SUITE_P(Stores, ModelTest, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(ModelTest, RandomOperationsAreAnsweredAsTheModelAnswersThem) {
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
