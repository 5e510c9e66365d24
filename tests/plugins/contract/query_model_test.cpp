// asmgr.store.query/1: random sessions, runs and events, random filters; every answer compared with a plain scan of
// what was written.
#include <array>

#include "tests/plugins/contract/query_questions.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

const int kQuestions = test::in_profile(600, 20'000);

class QueryModel : public RandomQuestions {
 protected:
  // All pages of a search, and that its count is theirs.
  template <typename Search>
  std::vector<std::string> all_of(const std::string& what, const Question& question, const std::string& order,
                                  Search search) {
    const std::string filter =
        question.json("\"order_by\":\"" + order + "\",\"limit\":" + std::to_string(1 + below(7)));
    std::vector<std::string> found;
    std::string cursor;
    do {
      const auto page = search(filter, cursor);
      EXPECT_EQ(page.status, ASMGR_OK) << page.message;
      for (const auto& item : page.items) found.push_back(item.id);
      cursor = page.next;
    } while (!cursor.empty());
    EXPECT_EQ(sum(what, filter, question.tenant), "{\"count\":" + std::to_string(found.size()) + "}") << filter;
    return found;
  }
  template <typename Item, typename Before>
  static std::vector<std::string> in_order(std::vector<Item> items, Before before, bool descending) {
    std::sort(items.begin(), items.end(), before);
    if (descending) std::reverse(items.begin(), items.end());
    std::vector<std::string> out;
    for (const Item& item : items) out.push_back(item.second);
    return out;
  }

  void ask_sessions() {
    const Question question = about_sessions();
    const std::string order = pick({"updated_at_desc", "created_at_asc", "created_at_desc"});
    std::vector<std::pair<std::pair<std::int64_t, std::string>, std::string>> expected;
    for (const auto& [id, s] : sessions_) {
      if (question.session(s))
        expected.push_back({{order == "updated_at_desc" ? s.row.updated_us : s.row.created_us, id}, id});
    }
    ASSERT_EQ(all_of("sessions", question, order,
                     [&](const auto& filter, const auto& cursor) {
                       return store_.search_sessions(filter, cursor, question.tenant);
                     }),
              in_order(expected, std::less<>(), order != "created_at_asc"))
        << question.json() << " " << order;
    found_ += expected.size();
  }
  void ask_runs() {
    const Question question = about_runs();
    const std::string order = pick({"started_at_desc", "started_at_asc", "token_usage_desc"});
    std::vector<std::pair<std::pair<std::int64_t, std::string>, std::string>> expected;
    for (const auto& [id, r] : runs_) {
      if (question.run(r)) expected.push_back({{order == "token_usage_desc" ? r.total : r.row.started_us, id}, id});
    }
    ASSERT_EQ(all_of("runs", question, order,
                     [&](const auto& filter, const auto& cursor) {
                       return store_.search_runs(filter, cursor, question.tenant);
                     }),
              in_order(expected, std::less<>(), order != "started_at_asc"))
        << question.json() << " " << order;
    found_ += expected.size();
  }
  void ask_events() {
    const Question question = about_events();
    const std::string order = pick({"sequence_asc", "timestamp_asc", "timestamp_desc"});
    std::vector<std::pair<std::tuple<std::int64_t, std::string, std::uint64_t>, std::string>> expected;
    for (const Event& e : events_) {
      if (question.event(e)) expected.push_back({{order == "sequence_asc" ? 0 : e.time_us, e.session_id, e.seq}, e.id});
    }
    ASSERT_EQ(all_of("events", question, order,
                     [&](const auto& filter, const auto& cursor) {
                       return store_.search_events(filter, cursor, question.tenant);
                     }),
              in_order(expected, std::less<>(), order == "timestamp_desc"))
        << question.json() << " " << order;
    found_ += expected.size();
  }
  void ask_usage() {
    Question question;
    question.tenant = one_in(3) ? "t" : "";
    const auto ends = ask_for_time(question, "since", "until", 20);
    const std::vector<std::string> tags = one_in(3) ? some(kTags) : std::vector<std::string>();
    if (!tags.empty()) question.members.push_back("\"tags\":" + list_of(tags));
    const std::string session = one_in(4) ? "s" + std::to_string(10 + below(32)) : "";
    if (!session.empty()) question.members.push_back("\"session_id\":\"" + session + "\"");
    std::map<std::string, std::array<std::int64_t, 6>> expected;  // by provider
    for (const auto& [id, counted] : runs_) {
      const CountedRun& r = counted;
      const Session* of = visible(question, r.row.session_id);
      if (of == nullptr || r.row.started_us == 0) continue;
      if (r.row.started_us < ends.first || r.row.started_us > ends.second) continue;
      if (!session.empty() && r.row.session_id != session) continue;
      if (!std::all_of(tags.begin(), tags.end(),
                       [&](const std::string& tag) { return is_in(sessions_.at(r.row.session_id).tags, tag); }))
        continue;
      auto& sums = expected[r.row.provider];
      sums[0] += 1;
      sums[1] += r.input;
      sums[2] += r.output;
      sums[3] += r.total;
      sums[4] += r.cost.value_or(0);
      sums[5] += r.cost || r.total == 0 ? 0 : r.total;
    }
    std::string said;
    for (const auto& [provider, sums] : expected) {
      const auto n = [&numbers = sums](std::size_t i) { return std::to_string(numbers[i]); };
      said += provider + " runs " + n(0) + " in " + n(1) + " out " + n(2) + " total " + n(3) + " cost " + n(4) +
              " unpriced " + n(5) + "\n";
    }
    ASSERT_EQ(usage_text(sum("usage", question.json(R"("by":["provider"])"), question.tenant)), said)
        << question.json();
  }
  // The same lines from a store's answer.
  static std::string usage_text(std::string json) {
    std::string out;
    const auto take = [&json](const std::string& key) {
      const auto at = json.find("\"" + key + "\":");
      if (at == std::string::npos) return std::string();
      const auto begin = at + key.size() + 3;
      const auto end = json.find_first_of(",}", begin);
      std::string value = json.substr(begin, end - begin);
      json.erase(0, end);
      value.erase(std::remove(value.begin(), value.end(), '"'), value.end());
      return value;
    };
    while (json.find("\"provider\":") != std::string::npos) {
      out += take("provider");
      out += " runs " + take("run_count");
      out += " in " + take("input_tokens");
      out += " out " + take("output_tokens");
      out += " total " + take("total_tokens");
      out += " cost " + take("cost_micro_usd");
      out += " unpriced " + take("total_tokens") + "\n";
    }
    return out;
  }

  std::size_t found_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Stores, QueryModel, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(QueryModel, RandomQuestionsAreAnsweredAsAPlainScanAnswersThem) {
  make_world();
  ASSERT_FALSE(runs_.empty());
  for (int i = 0; i < kQuestions; ++i) {
    SCOPED_TRACE("question " + std::to_string(i));
    switch (below(5)) {
      case 0:
        change_something();
        break;
      case 1:
        ask_sessions();
        break;
      case 2:
        ask_runs();
        break;
      case 3:
        ask_events();
        break;
      default:
        ask_usage();
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(found_, static_cast<std::size_t>(kQuestions));  // the questions were not all too narrow
}

}  // namespace
}  // namespace asmgr::contract
