// When the superseded deltas of a whole store were last dropped, so that no log is read for them again in which nothing
// has happened since. The store keeps it as a record, for all hosts.
#pragma once

#include <optional>

#include "core/engine/store_host.hpp"
#include "core/retention/policy.hpp"

namespace asmgr {

class DeltaPass {
 public:
  // The last one that looked at everything; one under other exempt tags than `policy` has says nothing about the
  // sessions that were pinned then. `host` must outlive it. Blocks. Errors: the store's.
  [[nodiscard]] static Result<DeltaPass> last(StoreHost& host, const RetentionPolicy& policy);

  // It has seen all that is in this session: since it began neither the document nor the log has changed. Reads the
  // newest event at most. Errors: the store's.
  [[nodiscard]] Result<bool> has_seen(const Session& session) const;

  // Another one, begun at `began`, has looked at everything. One that another host ended meanwhile stays. Blocks.
  // Errors: the store's.
  [[nodiscard]] Result<void> followed_by(Timestamp began) const;

 private:
  DeltaPass(StoreHost& host, const RetentionPolicy& policy) : host_(&host), exempt_tags_(policy.exempt_tags) {}

  StoreHost* host_;
  std::vector<std::string> exempt_tags_;
  std::uint64_t version_ = kVersionAbsent;  // of the record
  std::optional<Timestamp> seen_before_;    // empty: everything has to be looked at
};

}  // namespace asmgr
