// Random worlds and random questions about them, each as JSON and as what it means.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/contract/query_world.hpp"

namespace asmgr::contract {

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

inline std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out.append(out.size() > 1 ? ",\"" : "\"").append(text).append("\"");
  return out + "]";
}

inline bool is_in(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// A world of random sessions, runs and events, and random questions about it.
class RandomQuestions : public QueryTest {
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
};

}  // namespace asmgr::contract
