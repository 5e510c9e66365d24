#include "listing.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "key_path.hpp"

namespace asmgr::file_store {
namespace {

struct Item {
  KeyStep step;
  std::string name;
};

// In the order of the keys. `char` may be signed, strings compare as bytes all the same.
std::vector<Item> items_of(const Folder& folder) {
  std::vector<Item> items;
  for (std::string& name : folder.names()) {
    if (auto step = step_of_name(name)) items.push_back({std::move(*step), std::move(name)});
  }
  std::sort(items.begin(), items.end(), [](const Item& left, const Item& right) {
    return std::tie(left.step.bytes, left.step.is_folder) < std::tie(right.step.bytes, right.step.is_folder);
  });
  return items;
}

// Whether a key in range may begin with `beginning` and go on.
bool may_hold(std::string_view beginning, const KeyRange& range) {
  const std::size_t both = std::min(beginning.size(), range.prefix.size());
  if (beginning.substr(0, both) != range.prefix.substr(0, both)) return false;
  return beginning > range.after || range.after.starts_with(beginning);
}

bool walk(const Folder& folder, const std::string& beginning, const KeyRange& range, const EntryVisitor& visit) {
  for (const Item& item : items_of(folder)) {
    const std::string key = beginning + item.step.bytes;
    if (!item.step.is_folder) {
      if (key.starts_with(range.prefix) && key > range.after && !visit(key, folder, item.name)) return false;
      continue;
    }
    if (!may_hold(key, range)) continue;
    const auto inner = folder.find(item.name);
    if (inner && !walk(*inner, key, range, visit)) return false;
  }
  return true;
}

}  // namespace

bool walk_entries(const Folder& keys, const KeyRange& range, const EntryVisitor& visit) {
  return walk(keys, "", range, visit);
}

}  // namespace asmgr::file_store
