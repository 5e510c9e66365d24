// Budgets of many runs: which counters a run counts against, and what they are called.
#pragma once

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "figures.hpp"

namespace asmgr::limits {

// Whose runs count together, and for how long.
struct Window {
  std::string per;            // session | agent | tag | tenant
  std::int64_t every_ms = 0;  // aligned to the Unix epoch; 0 = for ever
};

// The budgets of one instance that a run belongs to. A run belongs to one per session, agent or tenant; with `per: tag`
// to one for each tag of its session, which may be none.
class Budgets {
 public:
  // The host, its instance name and the session are read here and not kept.
  Budgets(std::string_view instance_name, Window window, const asmgr_session& session);

  // The counters of `figure` in the window that `now_us` lies in, one per budget. Every part of a name that comes from
  // outside is escaped or hashed, so that no two budgets share a counter and no name is longer than a few hundred
  // bytes.
  [[nodiscard]] std::vector<std::string> counters(const Figure& figure, std::int64_t now_us) const;
  // When nobody asks for those counters any more: a day and a whole window after theirs, so that clocks may differ. 0 =
  // never.
  [[nodiscard]] std::int64_t keep_until_us(std::int64_t now_us) const;

 private:
  Window window_;
  std::string instance_;               // as part of a name
  std::vector<std::string> subjects_;  // as parts of names: tenant and, but for `per: tenant`, who
};

}  // namespace asmgr::limits
