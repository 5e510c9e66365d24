#include "tests/faults/checker/ownership.hpp"

#include <algorithm>
#include <map>

namespace asmgr::faults {
namespace {

using simulation::Finding;

// The head that first had this number.
const HeadState* writer_of(const std::vector<HeadState>& heads, std::uint64_t number) {
  const auto at =
      std::find_if(heads.begin(), heads.end(), [&](const HeadState& head) { return head.last_number >= number; });
  return at == heads.end() ? nullptr : &*at;
}

void check_heads(const std::vector<HeadState>& heads, std::vector<Finding>& findings) {
  HeadState before;
  std::string last_owner;  // of the epoch
  for (const HeadState& head : heads) {
    const std::string where = head.session_id + " #" + std::to_string(head.last_number);
    const auto wrong = [&](const std::string& what) { findings.push_back({"epoch", where, what}); };
    if (head.last_number < before.last_number) wrong("comes after #" + std::to_string(before.last_number));
    if (head.epoch != before.epoch && head.epoch != before.epoch + 1)
      wrong("epoch " + std::to_string(head.epoch) + " after " + std::to_string(before.epoch));
    const bool taken = head.epoch != before.epoch;
    if (taken) last_owner = head.owner;
    if (!head.owner.empty() && head.owner != last_owner)
      wrong("owner " + head.owner + " in the epoch of " + last_owner);
    before = head;
  }
}

void check_acknowledged(const Acknowledged& event, const simulation::Snapshot& stored, std::vector<Finding>& findings) {
  const std::string where = event.session_id + " #" + std::to_string(event.number);
  const auto session = stored.sessions.find(event.session_id);
  if (session == stored.sessions.end()) {
    findings.push_back({"acknowledged", where, "its session is not stored"});
    return;
  }
  const auto& events = session->second.events;
  const auto found = std::find_if(events.begin(), events.end(), [&](const simulation::StoredEvent& candidate) {
    return candidate.number == event.number;
  });
  if (found == events.end())
    findings.push_back({"acknowledged", where, event.type + " was written, it was said, and is not stored"});
  else if (found->id != event.id || found->hash != event.hash || found->type != event.type)
    findings.push_back({"acknowledged", where, event.type + " was written, it was said; stored is " + found->type});
}

}  // namespace

std::vector<Finding> check_ownership(const std::vector<HeadState>& heads, const simulation::Snapshot& stored,
                                     const std::vector<Acknowledged>& acknowledged) {
  std::vector<Finding> findings;
  std::map<std::string, std::vector<HeadState>> by_session;
  for (const HeadState& head : heads) by_session[head.session_id].push_back(head);
  for (const auto& [id, of_session] : by_session) check_heads(of_session, findings);
  for (const Acknowledged& event : acknowledged) {
    check_acknowledged(event, stored, findings);
    const HeadState* head = writer_of(by_session[event.session_id], event.number);
    if (head == nullptr || head->epoch == event.epoch) continue;
    findings.push_back({"epoch", event.session_id + " #" + std::to_string(event.number),
                        "written by " + event.owner + " of epoch " + std::to_string(event.epoch) + " in epoch " +
                            std::to_string(head->epoch)});
  }
  for (const auto& [id, session] : stored.sessions) {
    for (const simulation::StoredEvent& event : session.events) {
      if (!event.id.starts_with(kIntruder)) continue;
      findings.push_back({"stale", id + " #" + std::to_string(event.number), "was written from an old epoch"});
    }
  }
  return findings;
}

}  // namespace asmgr::faults
