#include "objects.hpp"

#include <algorithm>
#include <vector>

namespace asmgr::file_store {
namespace {

constexpr char kBytesFile[] = "bytes";
constexpr std::size_t kShard = 2;

bool has_marks(const Folder& object) {
  const std::vector<std::string> names = object.names();
  return std::any_of(names.begin(), names.end(), [](const std::string& name) { return name != kBytesFile; });
}

void remove_if_unmarked(const Folder& shard, const Folder& object, const std::string& name) {
  if (has_marks(object)) return;
  object.remove_file(kBytesFile);
  shard.remove_folder(name);
}

}  // namespace

std::string mark_of(std::string_view key) {
  return hex(sha256_of(key));
}

void Objects::add(const Digest& digest, const std::string& mark, WorkFile& bytes) const {
  const std::string name = hex(digest);
  const Folder object = folder_.make(name.substr(0, kShard)).make(name.substr(kShard));
  bytes.move_to(object, kBytesFile);
  object.touch(mark);
  object.sync();
}

void Objects::drop(const Digest& digest, const std::string& mark) const {
  const std::string name = hex(digest);
  const auto shard = folder_.find(name.substr(0, kShard));
  const auto object = shard ? shard->find(name.substr(kShard)) : std::nullopt;
  if (!object) return;
  object->remove_file(mark);
  remove_if_unmarked(*shard, *object, name.substr(kShard));
}

std::optional<Descriptor> Objects::find(const Digest& digest) const {
  const std::string name = hex(digest);
  const auto shard = folder_.find(name.substr(0, kShard));
  const auto object = shard ? shard->find(name.substr(kShard)) : std::nullopt;
  return object ? object->find_file(kBytesFile) : std::nullopt;
}

void Objects::sweep(const std::function<bool(const std::string& digest, const std::string& mark)>& is_named) const {
  for (const std::string& shard_name : folder_.names()) {
    const Folder shard = folder_.open(shard_name);
    for (const std::string& name : shard.names()) {
      const Folder object = shard.open(name);
      for (const std::string& mark : object.names()) {
        if (mark != kBytesFile && !is_named(shard_name + name, mark)) object.remove_file(mark);
      }
      remove_if_unmarked(shard, object, name);
    }
  }
}

}  // namespace asmgr::file_store
