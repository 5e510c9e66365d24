#include "core/workspace/tree.hpp"

#include <algorithm>

#include "core/workspace/binary_text.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::string_view kTreeFormat = "asmgr tree 1";

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

int compare_paths(std::string_view a, std::string_view b) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
  const auto rank = [](std::string_view path, std::string_view::iterator at) {
    if (at == path.end()) return -1;
    return *at == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(*at));
  };
  return rank(a, at_a) - rank(b, at_b);
}

const TreeEntry* Tree::find(std::string_view path) const noexcept {
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), path,
      [](const TreeEntry& entry, std::string_view wanted) { return compare_paths(entry.path, wanted) < 0; });
  return at != entries.end() && at->path == path ? &*at : nullptr;
}

std::vector<TreeChange> changes_between(const Tree& before, const Tree& after) {
  std::vector<TreeChange> changes;
  auto old_at = before.entries.begin();
  auto new_at = after.entries.begin();
  while (old_at != before.entries.end() || new_at != after.entries.end()) {
    const bool no_new = new_at == after.entries.end();
    const bool no_old = old_at == before.entries.end();
    const int order = no_new ? -1 : no_old ? 1 : compare_paths(old_at->path, new_at->path);
    if (order < 0) {
      changes.push_back({&*old_at++, nullptr});
    } else if (order > 0) {
      changes.push_back({nullptr, &*new_at++});
    } else {
      if (*old_at != *new_at) changes.push_back({&*old_at, &*new_at});
      ++old_at;
      ++new_at;
    }
  }
  return changes;
}

bool lies_in(std::string_view path, std::string_view folder) noexcept {
  if (folder.empty()) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string hex_of(const ContentId& id, std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < bytes && i < id.size(); ++i) {
    hex += kDigits[id[i] >> 4];
    hex += kDigits[id[i] & 15];
  }
  return hex;
}

ContentId content_id_from_hex(std::string_view hex) noexcept {
  ContentId id{};
  if (hex.size() > 2 * id.size() || hex.size() % 2 != 0) return {};
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit_of(hex[i]);
    const int low = digit_of(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    id[i / 2] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

std::string to_bytes(const Tree& tree) {
  BinaryWriter out;
  out.text(kTreeFormat);
  out.number(static_cast<std::uint64_t>(tree.entries.size()));
  for (const TreeEntry& entry : tree.entries) {
    out.text(entry.path);
    out.number(static_cast<std::uint8_t>(entry.kind));
    out.number(entry.mode);
    out.bytes(entry.content);
  }
  return out.finish();
}

Result<Tree> tree_from_bytes(std::string_view bytes, std::string_view what) {
  auto reader = BinaryReader::open(bytes);
  Tree tree;
  if (reader && reader->text() == kTreeFormat) {
    const auto count = reader->number<std::uint64_t>();
    for (std::uint64_t i = 0; i < count && reader->ok(); ++i) {
      TreeEntry& entry = tree.entries.emplace_back();
      entry.path = reader->text();
      entry.kind = static_cast<Kind>(std::min<std::uint8_t>(reader->number<std::uint8_t>(), 3));
      entry.mode = reader->number<std::uint32_t>();
      entry.content = reader->bytes();
    }
    if (reader->ok() && reader->left() == 0) return tree;
  }
  return Error(ErrorCode::storage_error, std::string(what) + " is damaged; the snapshot it belongs to cannot be used");
}

ContentId digest_of(const Tree& tree) {
  return sha256_of(to_bytes(tree));
}

}  // namespace asmgr::workspace
