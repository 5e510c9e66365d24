// How far a consumer of the feed has come, in the store: one record with the change number, and one per session that is
// not yet terminal and delivered.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/ports/store.hpp"

namespace asmgr {

struct FeedProgress {
  std::uint64_t change = 0;                        // every change up to here is delivered
  Timestamp caught_up_at;                          // when that was last said; not set = never
  std::map<std::string, std::uint64_t> delivered;  // last sequence number, by session
};

class FeedCursors {
 public:
  // Records of kind "feed.<consumer>"; "change" is the id of the one with the change number, a session's id is its own.
  FeedCursors(Store& store, const std::string& consumer) : store_(store), kind_("feed." + consumer) {}

  // Errors: the store's.
  [[nodiscard]] Result<FeedProgress> read();
  struct Step {
    std::map<std::string, std::uint64_t> moved;  // sessions and their last delivered number
    std::set<std::string> finished;              // their records go
    std::uint64_t change = 0;
    Timestamp caught_up_at;
  };
  // All of it or nothing, in one unit. Errors: version_conflict when another process has moved this consumer's cursors
  // since they were read; the store's.
  [[nodiscard]] Result<void> write(const Step& step);

 private:
  [[nodiscard]] Record record(std::string id, std::int64_t value) const;

  Store& store_;
  std::string kind_;
  std::uint64_t version_ = kVersionAbsent;  // of the record with the change number
};

}  // namespace asmgr
