// The log of one session: numbers, hashes, ids, and the session's status as its events tell it.
#include <openssl/evp.h>

#include <map>
#include <memory>
#include <set>

#include "tests/simulation/checker/rules.hpp"

namespace asmgr::simulation {
namespace {

// SHA-256 of pieces that are fed one after another.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  Sha256& raw(const std::string& bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    return *this;
  }
  Sha256& number(std::uint64_t value) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return raw(bytes);
  }
  Sha256& field(const std::string& text) { return number(text.size()).raw(text); }
  std::string done() {
    std::string hash(32, '\0');
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr);
    return hash;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string hash_after(const std::string& previous, const StoredEvent& event) {
  const std::string body = Sha256()
                               .field(event.data.empty() ? "{}" : event.data)
                               .field(event.metadata.empty() ? "{}" : event.metadata)
                               .done();
  return Sha256()
      .raw(previous)
      .number(event.number)
      .number(static_cast<std::uint64_t>(event.time_us))
      .field(event.id)
      .field(event.type)
      .field(event.run_id)
      .field(event.provider)
      .field(event.correlation_id)
      .number(event.schema)
      .raw(body)
      .done();
}

// Where the events of sessions lead; absent = not from there.
std::string status_after(const std::string& status, const std::string& type) {
  static const std::map<std::pair<std::string, std::string>, std::string> kNext = {
      {{"", "session_created"}, "pending"},           {{"pending", "session_started"}, "active"},
      {{"active", "session_paused"}, "paused"},       {{"paused", "session_resumed"}, "active"},
      {{"active", "session_completed"}, "completed"}, {{"paused", "session_completed"}, "completed"},
      {{"pending", "session_failed"}, "failed"},      {{"active", "session_failed"}, "failed"},
      {{"paused", "session_failed"}, "failed"},       {{"pending", "session_cancelled"}, "cancelled"},
      {{"active", "session_cancelled"}, "cancelled"}, {{"paused", "session_cancelled"}, "cancelled"}};
  const auto next = kNext.find({status, type});
  return next == kNext.end() ? "" : next->second;
}

}  // namespace

void check_log(const StoredSession& session, Findings& findings) {
  std::string hash = Sha256().raw("asmgr1").field(session.chain_id).done();
  std::uint64_t number = 0;
  std::set<std::string> ids;
  for (const StoredEvent& event : session.events) {
    const std::string where = session.id + " #" + std::to_string(event.number);
    if (event.number != number + 1) findings.add("numbers", where, "comes after #" + std::to_string(number));
    number = event.number;
    hash = hash_after(hash, event);
    if (event.hash != hash) findings.add("chain", where, "the hash does not follow from the event before");
    hash = event.hash;  // one broken link is one finding
    if (!ids.insert(event.id).second) findings.add("event_once", where, "event id " + event.id + " a second time");
  }
  if (session.last_number != number) {
    findings.add(
        "head", session.id,
        "the head says #" + std::to_string(session.last_number) + ", the log ends at #" + std::to_string(number));
  }
  if (number != 0 && session.last_hash != hash) findings.add("head", session.id, "the head has another hash");
}

void check_session_status(const StoredSession& session, Findings& findings) {
  std::string status;
  std::set<std::string> begun_runs;
  for (const StoredEvent& event : session.events) {
    const std::string where = session.id + " #" + std::to_string(event.number);
    if (event.type.starts_with("session_")) {
      const std::string next = status_after(status, event.type);
      if (next.empty()) findings.add("session_transition", where, event.type + " when it is '" + status + "'");
      status = next.empty() ? status : next;
      continue;
    }
    if (event.type == "run_started") {
      begun_runs.insert(event.run_id);
      if (status != "active") findings.add("session_transition", where, "a run begins when it is '" + status + "'");
    }
    // Runs outlive only completion; a pending one may still be called off.
    const bool ended = status == "failed" || status == "cancelled";
    const bool calls_off = ends_run(event.type) || event.type == "tool_approval_requested";
    if (ended && (begun_runs.contains(event.run_id) || !calls_off)) {
      findings.add("session_transition", where, event.type + " of run " + event.run_id + " after its end");
    }
  }
  if (status != session.status) {
    findings.add("session_status", session.id, "the row says " + session.status + ", its events '" + status + "'");
  }
}

}  // namespace asmgr::simulation
