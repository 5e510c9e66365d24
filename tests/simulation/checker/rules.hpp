// The parts of the checker; each adds what it finds.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/checker/checker.hpp"

namespace asmgr::simulation {

class Findings {
 public:
  void add(std::string rule, std::string where, std::string what) {
    list_.push_back({std::move(rule), std::move(where), std::move(what)});
  }
  [[nodiscard]] std::vector<Finding> take() { return std::move(list_); }

 private:
  std::vector<Finding> list_;
};

[[nodiscard]] bool ends_run(const std::string& type);
// "run_failed" -> "failed"
[[nodiscard]] std::string status_of_end(const std::string& type);
[[nodiscard]] bool is_over(const std::string& status);

void check_log(const StoredSession& session, Findings& findings);
void check_session_status(const StoredSession& session, Findings& findings);
void check_runs(const Snapshot& at_rest, Findings& findings);
void check_records(const Snapshot& at_rest, Findings& findings);
void check_testimony(const Snapshot& at_rest, const Testimony& testimony, Findings& findings);

}  // namespace asmgr::simulation
