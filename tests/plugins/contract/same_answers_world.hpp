// What random operations are made of: units, rows, records, questions. The same seed draws the same.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "tests/plugins/contract/values.hpp"

namespace asmgr::contract {

class RandomWorld {
 public:
  explicit RandomWorld(std::uint32_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string pick(std::initializer_list<const char*> texts) { return *(texts.begin() + below(texts.size())); }

  // Few of each, so that operations meet; some that another order or another form of storing would tell apart.
  std::string session() {
    return pick({"s1", "s2", "s3", "S4",
                 "\xc3\xa9"
                 "5",
                 "ses_00000000000000000000000000000a0b"});
  }
  std::string host() { return pick({"h1", "h2", "h3"}); }
  std::string tenant() { return pick({"", "", "t1", "t2"}); }
  std::string run() { return one_in(4) ? pick({"r1", "R2"}) : usual_id("run", below(6)); }
  std::string type() { return pick({"message_sent", "run_started", "x.y"}); }

  Record record();
  // Mostly right for the session's present head, so that worlds grow; wrong often enough.
  Unit unit(const std::string& session_id, const Head& head);

  SessionQuery session_query();
  RunQuery run_query();
  EventQuery event_query();
  RecordQuery record_query();
  // Filters of asmgr.store.query/1, with a small page.
  std::string session_filter();
  std::string run_filter();
  std::string event_filter();
  std::string usage_filter();

 private:
  std::uint64_t version();  // that is expected
  std::uint64_t new_version();
  std::uint32_t status_mask() { return static_cast<std::uint32_t>(below(64) << 1); }
  std::uint32_t limit() { return static_cast<std::uint32_t>(below(5)); }
  std::int64_t time() { return static_cast<std::int64_t>(below(100)); }
  Session session_row(const std::string& id, bool creates);
  RunRow run_row(const std::string& session_id);
  Event event(const std::string& session_id, std::uint64_t seq, bool first);
  std::string text();
  std::string run_doc();
  std::string filter(std::vector<std::string> members, std::initializer_list<const char*> orders);

  std::mt19937 random_;
  std::uint64_t events_made_ = 0;
};

}  // namespace asmgr::contract
