// Which target a session's last run was served by, for as long as that is to be kept to. Serial use.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace asmgr {

class StickySessions {
 public:
  // 0: nothing is kept.
  explicit StickySessions(std::chrono::milliseconds ttl) : ttl_(ttl) {}

  // The session stays with the target for the whole time again. What has expired is forgotten on the way: O(1) each.
  void keep(const std::string& session_id, std::size_t target, std::int64_t now_ns);
  [[nodiscard]] std::optional<std::size_t> target_of(std::string_view session_id, std::int64_t now_ns) const;
  [[nodiscard]] std::size_t size() const noexcept { return by_session_.size(); }

 private:
  struct Entry {
    std::string session_id;
    std::size_t target = 0;
    std::int64_t until_ns = 0;
  };
  void purge(std::int64_t now_ns);

  std::chrono::milliseconds ttl_;
  std::list<Entry> entries_;                                                     // in the order in which they expire
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_session_;  // keys point into the entries
};

}  // namespace asmgr
