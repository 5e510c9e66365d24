// Sees to the retention of a host's stores when it is due: on a thread of its own, at low priority. Of the hosts of a
// store the one that moves its record on does it; when that one dies, another one does it the next time.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/engine/engine.hpp"

namespace asmgr {

class UpkeepSchedule {
 public:
  explicit UpkeepSchedule(SessionManager::Engine& engine);
  // Ends what is going on, after the transaction it is in.
  ~UpkeepSchedule();
  UpkeepSchedule(const UpkeepSchedule&) = delete;
  UpkeepSchedule& operator=(const UpkeepSchedule&) = delete;

 private:
  void keep_looking();
  void see_to(const std::string& store, std::chrono::milliseconds every);
  [[nodiscard]] Result<bool> claim(StoreHost& host, std::chrono::milliseconds every);
  void say(int level, const std::string& store, const std::string& message);

  SessionManager::Engine& engine_;
  CancelToken stop_;
  std::map<std::string, std::string> last_problem_;  // by store: said once
  std::thread thread_;
};

}  // namespace asmgr
