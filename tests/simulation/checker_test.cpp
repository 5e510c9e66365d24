// The checker itself: it says nothing about a log that is whole, and finds each kind of defect that is planted in one.
#include <gtest/gtest.h>

#include <functional>

#include "core/model/hash_chain.hpp"
#include "tests/simulation/checker/checker.hpp"

namespace asmgr::simulation {
namespace {

// Two runs of one session, as a store and its witnesses have them.
struct Case {
  Snapshot stored;
  Testimony testimony;

  StoredSession& session() { return stored.sessions.at("ses_1"); }
  StoredEvent& event(std::uint64_t number) { return session().events.at(number - 1); }
  void append(const std::string& type, const std::string& run, const std::string& data = "{}") {
    StoredEvent event;
    event.number = session().events.size() + 1;
    event.id = "evt_" + std::to_string(event.number);
    event.type = type;
    event.run_id = run;
    event.provider = "agent";
    event.time_us = 1'000'000 + static_cast<std::int64_t>(event.number);
    event.data = data;
    event.metadata = "{}";
    session().events.push_back(event);
  }
  // Numbers and hashes as the engine makes them: so the checker's own hashes are compared with another's.
  void chain() {
    EventHasher hasher;
    Hash previous = hasher.first(session().chain_id);
    for (StoredEvent& row : session().events) {
      EventView view;
      view.id = row.id;
      view.type_name = row.type;
      view.run_id = row.run_id;
      view.provider = row.provider;
      view.timestamp = Timestamp{row.time_us};
      view.sequence_number = row.number;
      view.data = row.data;
      view.metadata = row.metadata;
      previous = hasher.chain(previous, view);
      row.hash.assign(reinterpret_cast<const char*>(previous.data()), previous.size());
    }
    session().last_number = session().events.empty() ? 0 : session().events.back().number;
    session().last_hash = session().events.empty() ? "" : session().events.back().hash;
  }
  void watch_all() {
    Watcher watcher{"reader", "ses_1", "", 0, false, {}};
    for (const StoredEvent& row : session().events) {
      watcher.seen.push_back({row.number, row.id, row.type, row.data, row.hash, true});
    }
    testimony.watchers = {watcher};
  }
};

Case whole() {
  Case made;
  made.stored.sessions["ses_1"] = {"ses_1", "ses_1", "active", false, 0, "", {}};
  made.append("session_created", "");
  made.append("session_started", "");
  made.append("message_sent", "run_1");
  made.append("run_started", "run_1");
  made.append("tool_call_started", "run_1", R"({"tool_call_id":"c"})");
  made.append("tool_call_completed", "run_1", R"({"tool_call_id":"c"})");
  made.append("token_usage_updated", "run_1", R"({"input_tokens":3,"output_tokens":1})");
  made.append("run_completed", "run_1");
  made.append("run_cancelled", "run_2", R"({"reason":"approval_requested"})");
  made.append("tool_approval_requested", "run_2");
  made.chain();
  made.stored.runs["run_1"] = {"run_1", "ses_1", "completed",
                               R"({"token_usage":{"input_tokens":3,"output_tokens":1}})"};
  made.stored.runs["run_2"] = {"run_2", "ses_1", "cancelled", "{}"};
  made.stored.runs["run_3"] = {"run_3", "ses_1", "pending", "{}"};
  made.stored.records.push_back({"queue", "run_1", "ses_1", "done", "", 0});
  made.watch_all();
  made.testimony.results.push_back({"caller", "run_1", "completed", 2, 8, made.event(8).hash});
  made.testimony.promises.push_back({Promise::Kind::run_exists, "caller", "run_3", ""});
  made.testimony.promises.push_back({Promise::Kind::run_is, "caller", "run_2", "cancelled"});
  made.testimony.promises.push_back({Promise::Kind::session_was, "caller", "ses_1", "active"});
  return made;
}

TEST(Checker, SaysNothingAboutAWholeLog) {
  Case made = whole();
  EXPECT_EQ(to_text(check(made.stored, made.testimony)), "");
}

struct Defect {
  const char* name;
  const char* rule;
  std::function<void(Case&)> plant;
};

// Afterwards the chain is right again, so that only the planted defect can be found.
std::function<void(Case&)> chained(std::function<void(Case&)> plant) {
  return [plant = std::move(plant)](Case& made) {
    plant(made);
    made.chain();
    made.watch_all();
    made.testimony.results.clear();
  };
}

const Defect kDefects[] = {
    {"a gap", "numbers", [](Case& made) { made.session().events.erase(made.session().events.begin() + 4); }},
    {"a double number", "numbers", [](Case& made) { made.event(6).number = 5; }},
    {"a changed text", "chain", [](Case& made) { made.event(5).data = R"({"tool_call_id":"c","x":1})"; }},
    {"a changed time", "chain", [](Case& made) { made.event(5).time_us += 1; }},
    {"another head", "head", [](Case& made) { made.session().last_number = 9; }},
    {"another head's hash", "head", [](Case& made) { made.session().last_hash[0] ^= 1; }},
    {"an id twice", "event_once", chained([](Case& made) { made.event(6).id = made.event(5).id; })},
    {"a status without event", "session_status", [](Case& made) { made.session().status = "paused"; }},
    {"an event without status", "session_status", chained([](Case& made) { made.append("session_paused", ""); })},
    {"an illegal transition", "session_transition", chained([](Case& made) { made.append("session_resumed", ""); })},
    {"a run in an ended session", "session_transition", chained([](Case& made) {
       made.append("session_cancelled", "");
       made.append("run_started", "run_3");
       made.append("run_failed", "run_3");
       made.session().status = "cancelled";
       made.stored.runs["run_3"].status = "failed";
     })},
    {"an end twice", "one_end", chained([](Case& made) { made.append("run_completed", "run_1"); })},
    {"no end", "one_end", [](Case& made) { made.stored.runs["run_3"].status = "failed"; }},
    {"another end", "one_end", [](Case& made) { made.stored.runs["run_1"].status = "failed"; }},
    {"a pending run with events", "one_end", chained([](Case& made) { made.append("run_started", "run_3"); })},
    {"no beginning", "one_beginning", chained([](Case& made) {
       made.append("run_completed", "run_3");
       made.stored.runs["run_3"].status = "completed";
     })},
    {"two beginnings", "one_beginning", chained([](Case& made) {
       made.append("run_started", "run_3");
       made.append("run_started", "run_3");
       made.append("run_failed", "run_3");
       made.stored.runs["run_3"].status = "failed";
     })},
    {"talk after the end", "nothing_after_end", chained([](Case& made) { made.append("message_streamed", "run_1"); })},
    {"an event of no run", "state_and_event", chained([](Case& made) { made.append("run_failed", "run_9"); })},
    {"an open call", "calls_closed", chained([](Case& made) { made.event(6).type = "message_streamed"; })},
    {"lost usage", "usage", [](Case& made) { made.stored.runs["run_1"].doc = "{}"; }},
    {"a run left running", "at_rest", chained([](Case& made) {
       made.append("run_started", "run_3");
       made.stored.runs["run_3"].status = "running";
     })},
    {"a command left pending", "at_rest",
     [](Case& made) {
       made.stored.records.push_back({"command", "cmd_1", "ses_1", "pending", "", 0});
     }},
    {"a queue left waiting", "at_rest",
     [](Case& made) {
       made.stored.records.push_back({"queue", "run_3", "ses_1", "queued", "", 0});
     }},
    {"an open entry of an ended run", "queue", [](Case& made) { made.stored.records[0].status = "running"; }},
    {"a closed entry with its body", "queue", [](Case& made) { made.stored.records[0].body = R"({"pipeline":1})"; }},
    {"an event seen and not stored", "durable_before_visible",
     [](Case& made) {
       made.testimony.watchers[0].seen.push_back({11, "evt_11", "run_failed", "{}", "", true});
     }},
    {"an event seen too early", "durable_before_visible",
     [](Case& made) { made.testimony.watchers[0].seen[3].stored_then = false; }},
    {"an event seen otherwise", "durable_before_visible",
     [](Case& made) { made.testimony.watchers[0].seen[3].data = R"({"x":1})"; }},
    {"an event seen twice", "once_in_order",
     [](Case& made) {
       auto& seen = made.testimony.watchers[0].seen;
       seen.insert(seen.begin() + 3, seen[3]);
     }},
    {"an event not seen", "once_in_order",
     [](Case& made) {
       auto& seen = made.testimony.watchers[0].seen;
       seen.erase(seen.begin() + 3);
     }},
    {"events seen in another order", "once_in_order",
     [](Case& made) { std::swap(made.testimony.watchers[0].seen[3], made.testimony.watchers[0].seen[4]); }},
    {"the end not seen", "once_in_order",
     [](Case& made) {
       made.testimony.watchers[0].seen.pop_back();
       made.testimony.watchers[0].saw_the_end = true;
     }},
    {"another result", "told", [](Case& made) { made.testimony.results[0].status = "failed"; }},
    {"a result of another event", "told", [](Case& made) { made.testimony.results[0].last_number = 7; }},
    {"a result with another hash", "told", [](Case& made) { made.testimony.results[0].last_hash = "x"; }},
    {"a result that begins too late", "told", [](Case& made) { made.testimony.results[0].first_number = 3; }},
    {"a run that is gone", "promised", [](Case& made) { made.testimony.promises[0].id = "run_9"; }},
    {"a cancel undone", "promised", [](Case& made) { made.testimony.promises[1].status = "completed"; }},
    {"a status never had", "promised", [](Case& made) { made.testimony.promises[2].status = "paused"; }},
    {"an accepted run that waits nowhere", "promised",
     [](Case& made) { made.testimony.promises[0].kind = Promise::Kind::run_accepted; }},
};

TEST(Checker, FindsEveryPlantedDefect) {
  for (const Defect& defect : kDefects) {
    Case made = whole();
    defect.plant(made);
    const std::vector<Finding> found = check(made.stored, made.testimony);
    bool named = false;
    for (const Finding& finding : found) named = named || finding.rule == defect.rule;
    EXPECT_TRUE(named) << defect.name << " should break '" << defect.rule << "'; found:\n" << to_text(found);
  }
}

}  // namespace
}  // namespace asmgr::simulation
