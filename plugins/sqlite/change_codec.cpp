#include "change_codec.hpp"

namespace asmgr::sqlite_store {
namespace {

constexpr unsigned char kHasDeletedId = 0x80;

// Seven bits a byte, the lowest first; the high bit says that more follow.
void append_varint(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(0x80 | (number & 0x7f)));
  out.push_back(static_cast<char>(number));
}

bool take_varint(std::string_view& in, std::uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

void append_change(std::string& entries, const ChangeEntry& entry) {
  entries.push_back(static_cast<char>(entry.kinds | (entry.deleted_id.empty() ? 0u : kHasDeletedId)));
  append_varint(entries, static_cast<std::uint64_t>(entry.session_key));
  append_varint(entries, entry.last_seq);
  if (entry.deleted_id.empty()) return;
  append_varint(entries, entry.deleted_id.size());
  entries.append(entry.deleted_id);
}

bool take_change(std::string_view& entries, ChangeEntry& entry) {
  if (entries.empty()) return false;
  const auto flags = static_cast<unsigned char>(entries.front());
  entries.remove_prefix(1);
  std::uint64_t key = 0;
  if (!take_varint(entries, key) || !take_varint(entries, entry.last_seq)) return false;
  entry.kinds = flags & static_cast<unsigned char>(~kHasDeletedId);
  entry.session_key = static_cast<std::int64_t>(key);
  entry.deleted_id = {};
  if ((flags & kHasDeletedId) == 0) return true;
  std::uint64_t length = 0;
  if (!take_varint(entries, length) || length > entries.size()) return false;
  entry.deleted_id = entries.substr(0, length);
  entries.remove_prefix(length);
  return true;
}

}  // namespace asmgr::sqlite_store
