#include "file_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>

#include "failure.hpp"
#include "key_path.hpp"
#include "listing.hpp"
#include "sweep.hpp"

namespace asmgr::file_store {
namespace {

constexpr std::chrono::seconds kPatience{20};  // the host's own is 30 s
constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::size_t kLongestContentType = 1000;
constexpr std::uint32_t kUsualLimit = 1000;

[[noreturn]] void throw_not_found(std::string_view key) {
  throw sdk::StatusError(ASMGR_E_NOT_FOUND, "there is no artifact " + shown_key(key));
}

[[noreturn]] void throw_damaged(std::string_view key, const Folder& root, const std::string& how) {
  throw sdk::StatusError(ASMGR_E_STORAGE_READ, "the artifact " + shown_key(key) + " in '" + root.shown() +
                                                   "' is damaged: " + how + "; store it again or remove it");
}

void check_content_type(std::string_view content_type, std::string_view key) {
  if (content_type.size() <= kLongestContentType && is_utf8(content_type)) return;
  throw sdk::StatusError(ASMGR_E_INVALID_INPUT, "the content type of the artifact " + shown_key(key) +
                                                    " is not UTF-8 or longer than " +
                                                    std::to_string(kLongestContentType) + " bytes");
}

Root open_and_name_failure(const std::string& path, Turnstile& threads) {
  try {
    return open_root(path, threads);
  } catch (const std::system_error& cause) {
    throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION, "cannot open the artifacts in '" + path + "': " + cause.what() +
                                                           "; check the path and its permissions");
  }
}

// The folders of a key's entry from `keys` down; without the last ones when they are missing.
std::vector<Folder> find_folders(const Folder& keys, const KeyPath& path) {
  std::vector<Folder> folders;
  for (const std::string& name : path.folders) {
    auto next = (folders.empty() ? keys : folders.back()).find(name);
    if (!next) break;
    folders.push_back(std::move(*next));
  }
  return folders;
}

std::vector<Folder> make_folders(const Folder& keys, const KeyPath& path) {
  std::vector<Folder> folders;
  for (const std::string& name : path.folders) {
    Folder next = (folders.empty() ? keys : folders.back()).make(name);
    folders.push_back(std::move(next));
  }
  return folders;
}

// From the innermost outwards, as far as they are empty.
void remove_empty_folders(const Folder& keys, const KeyPath& path) noexcept {
  try {
    const std::vector<Folder> folders = find_folders(keys, path);
    for (std::size_t i = folders.size(); i > 0; --i) {
      const Folder& parent = i == 1 ? keys : folders[i - 2];
      if (!parent.remove_folder(path.folders[i - 1])) return;
    }
  } catch (const std::system_error&) {  // an empty folder harms nobody
  }
}

asmgr_artifact_info info_of(const Entry& entry) {
  auto info = sdk::make<asmgr_artifact_info>();
  info.bytes = entry.bytes;
  info.created_us = entry.created_us;
  std::copy(entry.sha256.begin(), entry.sha256.end(), info.sha256);
  info.key = sdk::to_abi(entry.key);
  info.content_type = sdk::to_abi(entry.content_type);
  return info;
}

}  // namespace

FileStore::FileStore(const sdk::Create& create, const std::string& root)
    : host_(create.host),
      log_(create.host, create.instance_name),
      root_(open_and_name_failure(root, threads_)),
      objects_(root_.objects) {
  try {
    const StoreLock held = lock();
    sweep(root_, log_);
  } catch (const std::system_error& cause) {
    log_.warn("what killed processes left in '" + root + "' was not cleaned up: " + cause.what());
  }
}

StoreLock FileStore::lock() {
  return {root_.root, threads_, kPatience};
}

Workplace& FileStore::workplace() {
  const std::lock_guard making(making_workplace_);
  if (!workplace_) {
    const StoreLock held = lock();
    workplace_.emplace(root_.temporary);
  }
  return *workplace_;
}

std::optional<Entry> FileStore::entry_in(const Folder& folder, const std::string& file, std::string_view key) const {
  const auto text = folder.read_file(file, kLongestEntry);
  if (!text) return std::nullopt;
  auto entry = read_entry(*text, key);
  if (!entry) throw_damaged(key, root_.root, "its entry is not what was written");
  return entry;
}

std::optional<Entry> FileStore::entry_of(std::string_view key) const {
  const KeyPath path = path_of_key(key);
  const std::vector<Folder> folders = find_folders(root_.keys, path);
  if (folders.size() != path.folders.size()) return std::nullopt;
  return entry_in(folders.empty() ? root_.keys : folders.back(), path.file, key);
}

void FileStore::put(std::string_view key, std::string_view content_type, sdk::ByteSource& source,
                    sdk::ItemSink<asmgr_artifact_info>& out) {
  check_key(key);
  check_content_type(content_type, key);
  Entry entry;
  entry.key = key;
  entry.content_type = content_type;
  try {
    Workplace& place_to_work = workplace();
    WorkFile bytes(place_to_work);
    entry = receive(std::move(entry), source, bytes);
    WorkFile note(place_to_work);
    note.write(write_entry(entry));
    note.sync();
    place(entry, bytes, note);
  } catch (const std::system_error& cause) {
    throw failed_write("cannot store the artifact " + shown_key(key), cause);
  }
  out.push(info_of(entry));
}

Entry FileStore::receive(Entry entry, sdk::ByteSource& source, WorkFile& bytes) const {
  std::vector<char> buffer(kChunk);
  Sha256 sha;
  for (std::size_t got = source.read(buffer.data(), buffer.size()); got != 0;
       got = source.read(buffer.data(), buffer.size())) {
    const std::string_view piece(buffer.data(), got);
    sha.add(piece);
    bytes.write(piece);
    entry.bytes += got;
  }
  bytes.sync();
  entry.sha256 = sha.finish();
  entry.created_us = host_.now_us();
  return entry;
}

void FileStore::place(const Entry& entry, WorkFile& bytes, WorkFile& note) {
  const KeyPath path = path_of_key(entry.key);
  const StoreLock held = lock();
  std::optional<Entry> before;
  try {
    before = entry_of(entry.key);
  } catch (const sdk::StatusError&) {
    workplace_->leave_behind();  // a damaged entry is replaced; what it named is not known
  }
  try {
    const std::vector<Folder> folders = make_folders(root_.keys, path);
    name_object(entry, before, folders.empty() ? root_.keys : folders.back(), path.file, bytes, note);
  } catch (const std::system_error&) {
    remove_empty_folders(root_.keys, path);
    throw;
  }
  if (before && before->sha256 != entry.sha256) let_go(before->sha256, entry.key);
}

// First the object, durably, then the entry that names it.
void FileStore::name_object(const Entry& entry, const std::optional<Entry>& before, const Folder& folder,
                            const std::string& file, WorkFile& bytes, WorkFile& note) {
  try {
    objects_.add(entry.sha256, mark_of(entry.key), bytes);
    note.move_to(folder, file);
  } catch (const std::system_error&) {
    if (!before || before->sha256 != entry.sha256) let_go(entry.sha256, entry.key);
    throw;
  }
  try {
    folder.sync();
  } catch (const std::system_error& cause) {
    workplace_->leave_behind();  // the older entry may come back and needs its object
    throw unsure_write("cannot store the artifact " + shown_key(entry.key), cause);
  }
}

void FileStore::let_go(const Digest& digest, const std::string& key) noexcept {
  try {
    objects_.drop(digest, mark_of(key));
  } catch (const std::system_error&) {
    workplace_->leave_behind();
  }
}

Descriptor FileStore::open_bytes(std::string_view key, Entry& entry) {
  // Without the lock, a put may take the object away between its entry and it; with it, nothing does.
  for (const bool locked : {false, true}) {
    std::optional<StoreLock> held;
    if (locked) held.emplace(root_.root, threads_, kPatience);
    auto found = entry_of(key);
    if (!found) throw_not_found(key);
    entry = std::move(*found);
    if (auto bytes = objects_.find(entry.sha256)) return std::move(*bytes);
  }
  throw_damaged(key, root_.root, "its bytes are gone");
}

void FileStore::get(std::string_view key, sdk::TextSink& chunks) {
  check_key(key);
  try {
    Entry entry;
    const Descriptor bytes = open_bytes(key, entry);
    push_verified(entry, bytes, chunks);
  } catch (const std::system_error& cause) {
    throw failed_read("cannot read the artifact " + shown_key(key), cause);
  }
}

// The last piece is held back until all of it is known to be good.
void FileStore::push_verified(const Entry& entry, const Descriptor& bytes, sdk::TextSink& chunks) const {
  struct stat status {};
  if (fstat(bytes.get(), &status) != 0) throw_errno("cannot examine its bytes");
  if (static_cast<std::uint64_t>(status.st_size) != entry.bytes)
    throw_damaged(
        entry.key, root_.root,
        "it has " + std::to_string(status.st_size) + " bytes, " + std::to_string(entry.bytes) + " were stored");
  const std::string shown = "the bytes of " + shown_key(entry.key);
  std::vector<char> held(kChunk);
  std::vector<char> next(kChunk);
  std::size_t held_size = read_full(bytes.get(), held.data(), held.size(), shown);
  Sha256 sha;
  sha.add({held.data(), held_size});
  while (held_size != 0) {
    const std::size_t got = read_full(bytes.get(), next.data(), next.size(), shown);
    if (got == 0) break;
    sha.add({next.data(), got});
    if (!chunks.push({held.data(), held_size})) return;
    std::swap(held, next);
    held_size = got;
  }
  if (sha.finish() != entry.sha256) throw_damaged(entry.key, root_.root, "its bytes are not those that were stored");
  if (held_size != 0) chunks.push({held.data(), held_size});
}

void FileStore::stat(std::string_view key, sdk::ItemSink<asmgr_artifact_info>& info) {
  check_key(key);
  try {
    const auto entry = entry_of(key);
    if (!entry) throw_not_found(key);
    info.push(info_of(*entry));
  } catch (const std::system_error& cause) {
    throw failed_read("cannot read the entry of the artifact " + shown_key(key), cause);
  }
}

void FileStore::del(std::string_view key) {
  check_key(key);
  const std::string what = "cannot remove the artifact " + shown_key(key);
  const KeyPath path = path_of_key(key);
  try {
    Workplace& place_to_work = workplace();
    const StoreLock held = lock();
    const std::vector<Folder> folders = find_folders(root_.keys, path);
    if (folders.size() != path.folders.size()) return;
    const Folder& folder = folders.empty() ? root_.keys : folders.back();
    std::optional<Entry> entry;
    try {
      entry = entry_in(folder, path.file, key);
    } catch (const sdk::StatusError&) {
      place_to_work.leave_behind();  // a damaged one can be removed too; what it named is not known
    }
    remove_entry(folder, path.file, what);
    if (entry) let_go(entry->sha256, entry->key);
    remove_empty_folders(root_.keys, path);
  } catch (const std::system_error& cause) {
    throw failed_write(what, cause);
  }
}

void FileStore::remove_entry(const Folder& folder, const std::string& file, const std::string& what) {
  folder.remove_file(file);
  try {
    folder.sync();
  } catch (const std::system_error& cause) {
    workplace_->leave_behind();  // it may come back and needs its object
    throw unsure_write(what, cause);
  }
}

void FileStore::list(std::string_view prefix, std::string_view after, std::uint32_t limit,
                     sdk::ItemSink<asmgr_artifact_info>& infos) {
  std::uint32_t left = limit == 0 ? kUsualLimit : limit;
  try {
    walk_entries(root_.keys, {prefix, after},
                 [&](const std::string& key, const Folder& folder, const std::string& file) {
                   const auto entry = entry_in(folder, file, key);
                   if (!entry) return true;  // removed since
                   return infos.push(info_of(*entry)) && --left != 0;
                 });
  } catch (const std::system_error& cause) {
    throw failed_read("cannot list the artifacts in '" + root_.root.shown() + "'", cause);
  }
}

}  // namespace asmgr::file_store
