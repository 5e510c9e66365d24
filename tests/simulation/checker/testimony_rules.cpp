// What witnesses saw and were told, against what is stored.
#include <algorithm>
#include <set>

#include "tests/simulation/checker/rules.hpp"

namespace asmgr::simulation {
namespace {

const StoredEvent* event_at(const StoredSession& session, std::uint64_t number) {
  const auto at = std::find_if(session.events.begin(), session.events.end(),
                               [&](const StoredEvent& event) { return event.number == number; });
  return at == session.events.end() ? nullptr : &*at;
}

// What this watcher had to be shown, in order.
std::vector<const StoredEvent*> due_to(const Watcher& watcher, const StoredSession& session) {
  std::vector<const StoredEvent*> due;
  for (const StoredEvent& event : session.events) {
    if (event.number <= watcher.after) continue;
    if (watcher.run_id.empty() || event.run_id == watcher.run_id) due.push_back(&event);
  }
  return due;
}

void check_watcher(const Snapshot& at_rest, const Watcher& watcher, Findings& findings) {
  const auto session = at_rest.sessions.find(watcher.session_id);
  if (session == at_rest.sessions.end()) {
    if (!watcher.seen.empty()) findings.add("durable_before_visible", watcher.name, "its session is not stored");
    return;
  }
  const std::vector<const StoredEvent*> due = due_to(watcher, session->second);
  for (std::size_t i = 0; i < watcher.seen.size(); ++i) {
    const Sighting& seen = watcher.seen[i];
    const std::string where = watcher.name + " #" + std::to_string(seen.number);
    if (!seen.stored_then) findings.add("durable_before_visible", where, "was seen before it was stored");
    const StoredEvent* stored = event_at(session->second, seen.number);
    if (stored == nullptr) {
      findings.add("durable_before_visible", where, seen.type + " was seen and is not stored");
      continue;
    }
    const bool same = stored->id == seen.id && stored->type == seen.type && stored->data == seen.data &&
                      (seen.hash.empty() || stored->hash == seen.hash);
    if (!same) findings.add("durable_before_visible", where, "was seen otherwise than it is stored");
    if (i >= due.size() || due[i]->number != seen.number) {
      const std::string wanted = i < due.size() ? "#" + std::to_string(due[i]->number) : "nothing";
      findings.add("once_in_order", where, "was seen where " + wanted + " was due");
      return;
    }
  }
  if (watcher.saw_the_end && watcher.seen.size() < due.size()) {
    findings.add("once_in_order", watcher.name,
                 "saw " + std::to_string(watcher.seen.size()) + " of " + std::to_string(due.size()) +
                     " events of a run whose end it was told");
  }
}

void check_result(const Snapshot& at_rest, const ToldResult& told, Findings& findings) {
  const auto run = at_rest.runs.find(told.run_id);
  if (run == at_rest.runs.end()) return findings.add("told", told.who, "run " + told.run_id + " is not stored");
  if (run->second.status != told.status) {
    findings.add("told", told.who, "was told " + told.status + ", stored is " + run->second.status);
  }
  const auto session = at_rest.sessions.find(run->second.session_id);
  if (told.last_number == 0 || session == at_rest.sessions.end()) return;
  const StoredEvent* end = event_at(session->second, told.last_number);
  if (end == nullptr || end->run_id != told.run_id || !ends_run(end->type)) {
    return findings.add("told", told.who,
                        "#" + std::to_string(told.last_number) + " is not the end of run " + told.run_id);
  }
  if (end->hash != told.last_hash) findings.add("told", told.who, "was told another hash of the run's end");
  const auto first = std::find_if(session->second.events.begin(), session->second.events.end(),
                                  [&](const StoredEvent& event) { return event.run_id == told.run_id; });
  if (first->number <= told.first_number) {
    findings.add("told", told.who, "the run's first event is not after #" + std::to_string(told.first_number));
  }
}

bool was_in(const StoredSession& session, const std::string& status) {
  static const std::set<std::pair<std::string, std::string>> kLeads = {
      {"session_created", "pending"},     {"session_started", "active"},  {"session_resumed", "active"},
      {"session_paused", "paused"},       {"session_failed", "failed"},   {"session_cancelled", "cancelled"},
      {"session_completed", "completed"}, {"session_created", "created"},
  };
  return std::any_of(session.events.begin(), session.events.end(), [&](const StoredEvent& event) {
    return kLeads.contains({event.type, status});
  });
}

// Whether somebody is still to carry the run out.
bool waits_on(const Snapshot& at_rest, const StoredRun& run) {
  return std::any_of(at_rest.records.begin(), at_rest.records.end(), [&](const StoredRecord& record) {
    return record.kind == "queue" && record.id == run.id && record.status == "queued";
  });
}

// Whoever waits is told why the run was not carried out.
bool was_refused(const Snapshot& at_rest, const StoredRun& run) {
  return std::any_of(at_rest.records.begin(), at_rest.records.end(), [&](const StoredRecord& record) {
    return record.kind == "queue" && record.id == run.id && record.status == "refused";
  });
}

void check_promise(const Snapshot& at_rest, const Promise& promise, Findings& findings) {
  const auto broken = [&](const std::string& what) { findings.add("promised", promise.who, promise.id + " " + what); };
  const bool of_session = promise.kind == Promise::Kind::session_exists || promise.kind == Promise::Kind::session_was;
  if (of_session) {
    const auto session = at_rest.sessions.find(promise.id);
    if (session == at_rest.sessions.end()) return broken("is not stored");
    if (promise.kind == Promise::Kind::session_was && !was_in(session->second, promise.status)) {
      broken("never was " + promise.status);
    }
    return;
  }
  const auto run = at_rest.runs.find(promise.id);
  if (run == at_rest.runs.end()) return broken("is not stored");
  if (promise.kind == Promise::Kind::run_is && run->second.status != promise.status) {
    broken("is " + run->second.status + " and not " + promise.status);
  }
  if (promise.kind != Promise::Kind::run_accepted || is_over(run->second.status)) return;
  if (!waits_on(at_rest, run->second) && !was_refused(at_rest, run->second)) {
    broken("was accepted, is " + run->second.status + " and waits nowhere");
  }
}

}  // namespace

void check_testimony(const Snapshot& at_rest, const Testimony& testimony, Findings& findings) {
  for (const Watcher& watcher : testimony.watchers) check_watcher(at_rest, watcher, findings);
  for (const ToldResult& told : testimony.results) check_result(at_rest, told, findings);
  for (const Promise& promise : testimony.promises) check_promise(at_rest, promise, findings);
}

}  // namespace asmgr::simulation
