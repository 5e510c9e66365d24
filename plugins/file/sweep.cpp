#include "sweep.hpp"

#include <string>
#include <unordered_set>

#include "entry.hpp"
#include "key_path.hpp"
#include "listing.hpp"
#include "objects.hpp"

namespace asmgr::file_store {
namespace {

// Digest and mark of every entry; none when one cannot be read, since then it is not known what it names.
std::optional<std::unordered_set<std::string>> named_objects(const Root& root, const sdk::Logger& log) {
  std::unordered_set<std::string> named;
  const bool all =
      walk_entries(root.keys, {}, [&](const std::string& key, const Folder& folder, const std::string& file) {
        const auto text = folder.read_file(file, kLongestEntry);
        const auto entry = text ? read_entry(*text, key) : std::nullopt;
        if (entry) {
          named.insert(hex(entry->sha256) + mark_of(key));
          return true;
        }
        log.warn("space that a killed process left in '" + root.root.shown() + "' is not freed, because the entry of " +
                 shown_key(key) + " is damaged; remove that artifact or store it again");
        return false;
      });
  if (!all) return std::nullopt;
  return named;
}

}  // namespace

void sweep(const Root& root, const sdk::Logger& log) {
  const std::vector<std::string> left = left_workplaces(root.temporary);
  if (left.empty()) return;
  const auto named = named_objects(root, log);
  if (!named) return;
  Objects(root.objects).sweep([&](const std::string& digest, const std::string& mark) {
    return named->contains(digest + mark);
  });
  // Last: when this is ended before, the next one does it again.
  for (const std::string& name : left) remove_workplace(root.temporary, name);
}

}  // namespace asmgr::file_store
