// Runs and records: one beginning, one end, the row as the log tells it, and nothing left open at rest.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "tests/simulation/checker/rules.hpp"

namespace asmgr::simulation {
namespace {

boost::json::object object_of(const std::string& text) {
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(text, failed);
  return !failed && value.is_object() ? std::move(value.as_object()) : boost::json::object{};
}

std::string text_at(const boost::json::object& object, const std::string& key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

// What is no count, or below 0, counts as 0.
std::int64_t count_at(const boost::json::object& object, const std::string& key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? std::max<std::int64_t>(value->as_int64(), 0) : 0;
}

// What follows a run's end by design: the approval that its cancellation asks for.
bool may_follow_end(const StoredEvent& end, const StoredEvent& event) {
  return end.type == "run_cancelled" && event.type == "tool_approval_requested" && event.number == end.number + 1 &&
         text_at(object_of(end.data), "reason") == "approval_requested";
}

// The events of one run, walked once.
struct RunStory {
  int begun = 0;
  const StoredEvent* end = nullptr;
  int ends = 0;
  std::set<std::string> open_calls;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
};

void add_event(const StoredEvent& event, const std::string& where, RunStory& story, Findings& findings) {
  if (story.end != nullptr && !ends_run(event.type) && !may_follow_end(*story.end, event)) {
    findings.add("nothing_after_end", where, event.type + " after " + story.end->type);
  }
  if (ends_run(event.type)) {
    ++story.ends;
    story.end = &event;
    return;
  }
  if (event.type == "run_started") {
    ++story.begun;
    return;
  }
  if (event.type == "message_sent" || event.type == "policy_violation") return;
  if (story.begun == 0 && story.end == nullptr)
    findings.add("one_beginning", where, event.type + " before run_started");
  const boost::json::object data = object_of(event.data);
  if (event.type == "tool_call_started") story.open_calls.insert(text_at(data, "tool_call_id"));
  if (event.type == "tool_call_completed" || event.type == "tool_call_failed") {
    story.open_calls.erase(text_at(data, "tool_call_id"));
  }
  if (event.type == "token_usage_updated") {
    story.input_tokens += count_at(data, "input_tokens");
    story.output_tokens += count_at(data, "output_tokens");
  }
}

void check_usage(const StoredRun& run, const RunStory& story, Findings& findings) {
  const boost::json::object doc = object_of(run.doc);
  const boost::json::value* error = doc.if_contains("error");
  const std::string code = error != nullptr && error->is_object() ? text_at(error->as_object(), "code") : "";
  // The host that counted is gone.
  if (code == "host_terminated" || code == "plugin_hung") return;
  const boost::json::value* usage = doc.if_contains("token_usage");
  const boost::json::object said = usage != nullptr && usage->is_object() ? usage->as_object() : boost::json::object{};
  const std::int64_t input = count_at(said, "input_tokens");
  const std::int64_t output = count_at(said, "output_tokens");
  if (input == story.input_tokens && output == story.output_tokens) return;
  findings.add("usage", run.id,
               "the row counts " + std::to_string(input) + "+" + std::to_string(output) + " tokens, its events " +
                   std::to_string(story.input_tokens) + "+" + std::to_string(story.output_tokens));
}

void check_over(const StoredRun& run, const RunStory& story, Findings& findings) {
  if (story.ends != 1) findings.add("one_end", run.id, std::to_string(story.ends) + " terminal events");
  if (story.end != nullptr && status_of_end(story.end->type) != run.status) {
    findings.add("one_end", run.id, "the row says " + run.status + ", the log " + story.end->type);
  }
  if (story.begun > 1) findings.add("one_beginning", run.id, std::to_string(story.begun) + " times run_started");
  const bool may_be_refused = run.status == "failed" || run.status == "cancelled";
  if (story.begun == 0 && !may_be_refused) findings.add("one_beginning", run.id, run.status + " without run_started");
  for (const std::string& call : story.open_calls) findings.add("calls_closed", run.id, "call " + call + " has no end");
  check_usage(run, story, findings);
}

void check_run(const StoredRun& run, const RunStory& story, bool has_events, Findings& findings) {
  if (is_over(run.status)) return check_over(run, story, findings);
  if (run.status == "pending") {
    if (has_events) findings.add("one_end", run.id, "is pending, and the log has events of it");
    return;
  }
  const boost::json::object doc = object_of(run.doc);
  const boost::json::value* waiting = doc.if_contains("waiting_on");
  const bool parked = waiting != nullptr && waiting->is_array() && !waiting->as_array().empty();
  if (!parked) findings.add("at_rest", run.id, "is " + run.status + " and nobody works on it");
  if (story.ends != 0) findings.add("one_end", run.id, "is " + run.status + ", and the log has its end");
}

}  // namespace

void check_runs(const Snapshot& at_rest, Findings& findings) {
  std::map<std::string, RunStory> stories;
  for (const auto& [id, session] : at_rest.sessions) {
    for (const StoredEvent& event : session.events) {
      if (event.run_id.empty()) continue;
      const std::string where = id + " #" + std::to_string(event.number);
      const auto run = at_rest.runs.find(event.run_id);
      if (run == at_rest.runs.end() || run->second.session_id != id) {
        findings.add("state_and_event", where, event.type + " of run " + event.run_id + ", which is not there");
      }
      add_event(event, where, stories[event.run_id], findings);
    }
  }
  for (const auto& [id, run] : at_rest.runs) {
    if (!at_rest.sessions.contains(run.session_id)) findings.add("state_and_event", id, "has no session");
    const auto story = stories.find(id);
    check_run(run, story == stories.end() ? RunStory{} : story->second, story != stories.end(), findings);
  }
}

void check_records(const Snapshot& at_rest, Findings& findings) {
  for (const StoredRecord& record : at_rest.records) {
    const std::string where = record.kind + " " + record.id;
    if (record.kind == "command" && record.status == "pending") {
      findings.add("at_rest", where, "still waits to be carried out");
    }
    // One may be left by a host that was overtaken; the next recovery takes it away.
    if (record.kind == "recovery" && record.value >= 3) findings.add("at_rest", where, "is taken for hopeless");
    if (record.kind == "hold") findings.add("at_rest", where, "was never settled");
    if (record.kind != "queue") continue;
    const auto run = at_rest.runs.find(record.id);
    const auto session = at_rest.sessions.find(record.session_id);
    if (run == at_rest.runs.end() || session == at_rest.sessions.end()) {
      findings.add("queue", where, "its run or session is not there");
      continue;
    }
    const bool open = record.status == "queued" || record.status == "running";
    if (!open) {
      const bool emptied = record.body.empty() || record.status == "refused";  // a refusal says why
      if (!emptied) findings.add("queue", where, "is " + record.status + " and not emptied");
      continue;
    }
    if (is_over(run->second.status)) {
      findings.add("queue", where, "is " + record.status + ", its run " + run->second.status);
    } else if (record.status == "running") {
      findings.add("queue", where, "is running, its run " + run->second.status);
    } else if (session->second.deleted || is_over(session->second.status)) {
      findings.add("queue", where, "waits in a session that is over");
    } else if (session->second.status == "active") {
      findings.add("at_rest", where, "waits in an active session");
    }
  }
}

}  // namespace asmgr::simulation
