#include "core/workspace/stat_cache.hpp"

#include <algorithm>

#include "core/workspace/binary_text.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::string_view kCacheFormat = "asmgr stat cache 1";

void write_entry(BinaryWriter& out, const CachedEntry& cached) {
  out.text(cached.entry.path);
  out.number(static_cast<std::uint8_t>(cached.entry.kind));
  out.number(cached.entry.mode);
  out.bytes(cached.entry.content);
  out.number(cached.stat.device);
  out.number(cached.stat.inode);
  out.number(cached.stat.size);
  out.number(cached.stat.modified_ns);
  out.number(cached.stat.changed_ns);
  out.number(cached.stat.mode);
  out.number(static_cast<std::uint8_t>(cached.settled ? 1 : 0));
}

CachedEntry read_entry(BinaryReader& in) {
  CachedEntry cached;
  cached.entry.path = in.text();
  cached.entry.kind = static_cast<Kind>(std::min<std::uint8_t>(in.number<std::uint8_t>(), 3));
  cached.entry.mode = in.number<std::uint32_t>();
  cached.entry.content = in.bytes();
  cached.stat.device = in.number<std::uint64_t>();
  cached.stat.inode = in.number<std::uint64_t>();
  cached.stat.size = in.number<std::uint64_t>();
  cached.stat.modified_ns = in.number<std::int64_t>();
  cached.stat.changed_ns = in.number<std::int64_t>();
  cached.stat.mode = in.number<std::uint32_t>();
  cached.settled = in.number<std::uint8_t>() == 1;
  return cached;
}

}  // namespace

const CachedEntry* StatCache::find(std::string_view path) const noexcept {
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const CachedEntry& cached, std::string_view wanted) { return compare_paths(cached.entry.path, wanted) < 0; });
  return at != entries.end() && at->entry.path == path ? &*at : nullptr;
}

bool StatCache::ignores(std::string_view path) const noexcept {
  return std::binary_search(ignored.begin(), ignored.end(), path);
}

std::string to_bytes(const StatCache& cache) {
  BinaryWriter out;
  out.reserve(cache.entries.size() * 160);
  out.text(kCacheFormat);
  out.text(cache.rules);
  out.text(cache.notes);
  out.number(static_cast<std::uint64_t>(cache.ignored.size()));
  for (const std::string& path : cache.ignored) out.text(path);
  out.number(static_cast<std::uint64_t>(cache.entries.size()));
  for (const CachedEntry& entry : cache.entries) write_entry(out, entry);
  return out.finish();
}

StatCache cache_from_bytes(std::string_view bytes) {
  auto in = BinaryReader::open(bytes);
  if (!in || in->text() != kCacheFormat) return {};
  StatCache cache;
  cache.rules = in->text();
  cache.notes = in->text();
  for (auto left = in->number<std::uint64_t>(); left > 0 && in->ok(); --left) cache.ignored.push_back(in->text());
  for (auto left = in->number<std::uint64_t>(); left > 0 && in->ok(); --left) cache.entries.push_back(read_entry(*in));
  return in->ok() ? std::move(cache) : StatCache();
}

}  // namespace asmgr::workspace
