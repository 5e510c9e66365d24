// asmgr.store.query/1: random sessions, runs and events, random filters; every answer compared with a plain scan of
// what was written.
#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "tests/plugins/contract/query_world.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

const int kQuestions = test::in_profile(600, 20'000);

struct CountedRun {
  RunRow row;
  std::int64_t input = 0, output = 0, total = 0;
  std::optional<std::int64_t> cost;
};
struct TaggedSession {
  Session row;
  std::vector<std::string> tags;
};

// A filter as JSON and as what it means.
struct Question {
  std::vector<std::string> members;
  std::string tenant;
  std::function<bool(const TaggedSession&)> session = [](const TaggedSession&) { return true; };
  std::function<bool(const CountedRun&)> run = [](const CountedRun&) { return true; };
  std::function<bool(const Event&)> event = [](const Event&) { return true; };

  [[nodiscard]] std::string json(const std::string& more = {}) const {
    std::string out = "{";
    for (const std::string& member : members) out.append(out.size() > 1 ? "," : "").append(member);
    if (!more.empty()) out.append(out.size() > 1 ? "," : "").append(more);
    return out + "}";
  }
};

template <typename T>
void restrict_to(std::function<bool(const T&)>& condition, std::function<bool(const T&)> further) {
  condition = [before = std::move(condition), further = std::move(further)](const T& item) {
    return before(item) && further(item);
  };
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out.append(out.size() > 1 ? ",\"" : "\"").append(text).append("\"");
  return out + "]";
}

bool is_in(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

class QueryModel : public QueryTest {
 protected:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string pick(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }
  std::vector<std::string> some(const std::vector<std::string>& texts) {
    std::vector<std::string> out = {pick(texts)};
    if (one_in(2)) out.push_back(pick(texts));
    return out;
  }

  void make_session(const std::string& id) {
    TaggedSession made;
    made.row = Session{.id = id, .agent_id = pick(kAgents), .tenant = pick({"", "", "t"}), .chain_id = id};
    fill(made);
    std::vector<Event> events;
    for (std::uint64_t seq = 1 + below(8); seq > 0; --seq) {
      Event event = make_event(id, 0);
      event.id = usual_id("evt", ++made_);
      event.time_us = static_cast<std::int64_t>(1 + below(20));
      event.type_name = pick(kTypes);
      event.provider = pick(kProviders);
      event.run_id = one_in(3) ? "" : pick(kRunIds);
      event.correlation_id = one_in(2) ? "" : pick({"c", usual_id("cor", 1)});
      events.push_back(event);
    }
    for (std::size_t i = 0; i < events.size(); ++i) events[i].seq = i + 1;
    given(made.row, events);
    events_.insert(events_.end(), events.begin(), events.end());
    sessions_[id] = made;
  }
  void fill(TaggedSession& session) {
    session.tags.clear();
    for (const std::string& tag : kTags)
      if (one_in(3)) session.tags.push_back(tag);
    session.row.doc = tagged(session.tags);
    session.row.status = static_cast<std::uint32_t>(1 + below(6));
    session.row.created_us = static_cast<std::int64_t>(1 + below(10));
    session.row.updated_us = static_cast<std::int64_t>(1 + below(10));
    session.row.deleted_us = one_in(8) ? 3 : 0;
  }
  void make_run(const std::string& id, const std::string& session_id) {
    CountedRun made;
    made.row = RunRow{.id = id, .session_id = session_id, .provider = pick(kProviders)};
    made.row.status = static_cast<std::uint32_t>(1 + below(6));
    made.row.started_us = one_in(6) ? 0 : static_cast<std::int64_t>(1 + below(20));
    made.input = static_cast<std::int64_t>(below(5));
    made.output = static_cast<std::int64_t>(below(5));
    made.total = made.input + made.output + static_cast<std::int64_t>(one_in(4) ? below(10) : 0);
    if (one_in(2)) made.cost = static_cast<std::int64_t>(below(1000));
    made.row.doc = R"({"token_usage":{"input_tokens":)" + std::to_string(made.input) + R"(,"output_tokens":)" +
                   std::to_string(made.output) + R"(,"total_tokens":)" + std::to_string(made.total) + "}" +
                   (made.cost ? R"(,"cost_usd":)" + std::to_string(static_cast<double>(*made.cost) / 1e6) : "") + "}";
    given(made.row);
    runs_[id] = made;
  }
  void make_world() {
    for (int i = 0; i < 30; ++i) {
      const std::string id = "s" + std::to_string(10 + i * 7 % 30);
      make_session(id);
      while (one_in(2)) make_run(pick({"r", "q"}) + std::to_string(++made_), id);
    }
  }
  // Rows change their place, also while they are paged through elsewhere.
  void change_something() {
    auto& session = std::next(sessions_.begin(), static_cast<std::ptrdiff_t>(below(sessions_.size())))->second;
    fill(session);
    change(session.row);
    const auto& run = std::next(runs_.begin(), static_cast<std::ptrdiff_t>(below(runs_.size())))->second;
    make_run(run.row.id, run.row.session_id);
  }

  [[nodiscard]] const Session* visible(const Question& question, const std::string& id) const {
    const Session& row = sessions_.at(id).row;
    return question.tenant.empty() || row.tenant == question.tenant ? &row : nullptr;
  }
  void ask_for_agent(Question& question, bool of_session) {
    if (one_in(4)) {
      const std::string agent = pick(kAgents);
      question.members.push_back("\"not_agent_id\":\"" + agent + "\"");
      const auto other = [this, agent](const std::string& id) { return sessions_.at(id).row.agent_id != agent; };
      restrict_to<TaggedSession>(question.session, [other](const auto& s) { return other(s.row.id); });
      restrict_to<CountedRun>(question.run, [other](const auto& r) { return other(r.row.session_id); });
      restrict_to<Event>(question.event, [other](const auto& e) { return other(e.session_id); });
    } else if (of_session && one_in(3)) {
      const std::string agent = pick(kAgents);
      question.members.push_back("\"agent_id\":\"" + agent + "\"");
      restrict_to<TaggedSession>(question.session, [agent](const auto& s) { return s.row.agent_id == agent; });
    }
  }
  // Returns the ends; pushes the members.
  std::pair<std::int64_t, std::int64_t> ask_for_time(Question& question, const std::string& from, const std::string& to,
                                                     std::uint64_t most) {
    std::pair<std::int64_t, std::int64_t> ends = {INT64_MIN, INT64_MAX};
    if (one_in(3)) ends.first = static_cast<std::int64_t>(below(most));
    if (one_in(3)) ends.second = static_cast<std::int64_t>(below(most));
    if (ends.first != INT64_MIN) question.members.push_back("\"" + from + "\":" + std::to_string(ends.first));
    if (ends.second != INT64_MAX) question.members.push_back("\"" + to + "\":" + std::to_string(ends.second));
    return ends;
  }
  std::uint32_t ask_for_status(Question& question, const std::vector<std::string>& names) {
    if (!one_in(3)) return 0;
    std::uint32_t mask = 0;
    std::vector<std::string> asked;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!one_in(2)) continue;
      asked.push_back(names[i]);
      mask |= 2u << i;
    }
    if (!asked.empty()) question.members.push_back("\"status\":" + list_of(asked));
    return mask;
  }

  Question about_sessions() {
    Question question;
    question.tenant = one_in(3) ? "t" : "";
    ask_for_agent(question, true);
    const auto ends = ask_for_time(question, "created_after", "created_before", 10);
    const std::uint32_t mask =
        ask_for_status(question, {"pending", "active", "paused", "completed", "failed", "cancelled"});
    const bool deleted = one_in(2);
    if (deleted) question.members.push_back(R"("include_deleted":true)");
    const std::vector<std::string> tags = one_in(3) ? some(kTags) : std::vector<std::string>();
    if (!tags.empty()) question.members.push_back("\"tags\":" + list_of(tags));
    const std::vector<std::string> providers = one_in(3) ? some(kProviders) : std::vector<std::string>();
    if (!providers.empty()) question.members.push_back("\"provider\":" + list_of(providers));
    restrict_to<TaggedSession>(question.session, [=, this](const TaggedSession& s) {
      if (!question.tenant.empty() && s.row.tenant != question.tenant) return false;
      if (s.row.created_us < ends.first || s.row.created_us > ends.second) return false;
      if (mask != 0 && (mask & (1u << s.row.status)) == 0) return false;
      if (!deleted && s.row.deleted_us != 0) return false;
      for (const std::string& tag : tags)
        if (!is_in(s.tags, tag)) return false;
      return providers.empty() || std::any_of(runs_.begin(), runs_.end(), [&](const auto& run) {
               return run.second.row.session_id == s.row.id && is_in(providers, run.second.row.provider);
             });
    });
    return question;
  }
  Question about_runs() {
    Question question;
    question.tenant = one_in(3) ? "t" : "";
    ask_for_agent(question, false);
    const auto ends = ask_for_time(question, "started_after", "started_before", 20);
    const bool any_time = ends.first == INT64_MIN && ends.second == INT64_MAX;
    const std::uint32_t mask =
        ask_for_status(question, {"pending", "running", "completed", "failed", "cancelled", "timeout"});
    const std::vector<std::string> providers = one_in(3) ? some(kProviders) : std::vector<std::string>();
    if (!providers.empty()) question.members.push_back("\"provider\":" + list_of(providers));
    const std::string session = one_in(4) ? "s" + std::to_string(10 + below(32)) : "";
    if (!session.empty()) question.members.push_back("\"session_id\":\"" + session + "\"");
    const auto tokens = static_cast<std::int64_t>(one_in(3) ? below(8) : 0);
    if (tokens != 0) question.members.push_back("\"min_tokens\":" + std::to_string(tokens));
    restrict_to<CountedRun>(question.run, [=, this](const CountedRun& r) {
      const Session* of = visible(question, r.row.session_id);
      if (of == nullptr || of->deleted_us != 0) return false;
      if (!any_time && (r.row.started_us == 0 || r.row.started_us < ends.first || r.row.started_us > ends.second))
        return false;
      if (mask != 0 && (mask & (1u << r.row.status)) == 0) return false;
      if (!providers.empty() && !is_in(providers, r.row.provider)) return false;
      return (session.empty() || r.row.session_id == session) && r.total >= tokens;
    });
    return question;
  }
  Question about_events() {
    Question question;
    question.tenant = one_in(3) ? "t" : "";
    ask_for_agent(question, false);
    const auto ends = ask_for_time(question, "since", "until", 20);
    const auto maybe = [&](const std::string& key, const std::vector<std::string>& among) {
      const std::vector<std::string> asked = one_in(4) ? some(among) : std::vector<std::string>();
      if (!asked.empty()) question.members.push_back("\"" + key + "\":" + list_of(asked));
      return asked;
    };
    const auto sessions = maybe("session_ids", {"s10", "s12", "s20", "s30", "s99"});
    const auto runs = maybe("run_ids", kRunIds);
    const auto types = maybe("types", kTypes);
    const auto providers = maybe("providers", kProviders);
    const std::string correlation = one_in(5) ? pick({"c", usual_id("cor", 1)}) : "";
    if (!correlation.empty()) question.members.push_back("\"correlation_id\":\"" + correlation + "\"");
    restrict_to<Event>(question.event, [=, this](const Event& e) {
      const Session* of = visible(question, e.session_id);
      if (of == nullptr || of->deleted_us != 0) return false;
      if (e.time_us < ends.first || e.time_us > ends.second) return false;
      if (!sessions.empty() && !is_in(sessions, e.session_id)) return false;
      if (!runs.empty() && !is_in(runs, e.run_id)) return false;
      if (!types.empty() && !is_in(types, e.type_name)) return false;
      if (!providers.empty() && !is_in(providers, e.provider)) return false;
      return correlation.empty() || e.correlation_id == correlation;
    });
    return question;
  }

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
    for (const auto& [id, r] : runs_) {
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
      const auto n = [&](std::size_t i) { return std::to_string(sums[i]); };
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

  const std::vector<std::string> kAgents = {"x", "y", "z"};
  const std::vector<std::string> kTags = {"red", "big", "old", "rare"};
  const std::vector<std::string> kProviders = {"claude", "codex", "shell"};
  const std::vector<std::string> kTypes = {"message_sent", "run_started", "x.y"};
  const std::vector<std::string> kRunIds = {"r1", usual_id("run", 1), usual_id("run", 2)};

  std::mt19937 random_{20260102};
  std::uint64_t made_ = 0;
  std::map<std::string, TaggedSession> sessions_;
  std::map<std::string, CountedRun> runs_;
  std::vector<Event> events_;
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
