// What one row of the changes table packs: one entry per unit of a commit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::sqlite_store {

struct ChangeEntry {
  std::uint32_t kinds = 0;       // ASMGR_CHANGED_*
  std::int64_t session_key = 0;  // 0 = records without a session
  std::uint64_t last_seq = 0;
  std::string_view deleted_id;  // of a session whose row is gone, so that its key says nothing any more
};

void append_change(std::string& entries, const ChangeEntry& entry);
// Takes the first entry off `entries`; its texts are borrowed from there. False at the end and on damage.
bool take_change(std::string_view& entries, ChangeEntry& entry);

}  // namespace asmgr::sqlite_store
