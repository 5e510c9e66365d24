#include "tests/simulation/checker/checker.hpp"

#include "tests/simulation/checker/rules.hpp"

namespace asmgr::simulation {

bool ends_run(const std::string& type) {
  return type == "run_completed" || type == "run_failed" || type == "run_cancelled" || type == "run_timeout";
}

std::string status_of_end(const std::string& type) {
  return type.substr(4);
}

bool is_over(const std::string& status) {
  return status == "completed" || status == "failed" || status == "cancelled" || status == "timeout";
}

std::vector<Finding> check(const Snapshot& at_rest, const Testimony& testimony) {
  Findings findings;
  for (const auto& [id, session] : at_rest.sessions) {
    check_log(session, findings);
    check_session_status(session, findings);
  }
  check_runs(at_rest, findings);
  check_records(at_rest, findings);
  check_testimony(at_rest, testimony, findings);
  return findings.take();
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.rule + ": " + finding.where + ": " + finding.what + "\n";
  return text;
}

}  // namespace asmgr::simulation
