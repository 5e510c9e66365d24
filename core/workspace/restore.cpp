#include "core/workspace/restore.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/walk.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::uint32_t kNewFolderMode = 0777;
constexpr std::uint32_t kUserMayChange = 0700;

class Restoring {
 public:
  Restoring(int root, const Tree& now, const Tree& wanted, Contents& contents, const BeforeChange& before_change)
      : root_(root), now_(now), wanted_(wanted), contents_(contents), before_change_(before_change) {}

  Result<Restored> run() {
    const std::vector<TreeChange> changes = changes_between(now_, wanted_);
    // From the end, so that what lies in a folder goes before the folder.
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
      if (auto removed = remove_if_unwanted(*change); !removed) return removed.error();
    }
    for (const TreeChange& change : changes) {
      if (change.after == nullptr) continue;
      if (auto made = make(*change.after, change.before); !made) return made.error();
    }
    // Last, and the deepest first: a folder may lose the right to change what is in it.
    for (const TreeChange& change : changes) {
      if (change.after != nullptr && change.after->kind == Kind::folder) {
        opened_up_.insert_or_assign(change.after->path, change.after->mode);
      }
    }
    for (auto folder = opened_up_.rbegin(); folder != opened_up_.rend(); ++folder) {
      if (auto set = set_folder_mode(folder->first, folder->second); !set) return set.error();
    }
    return done_;
  }

 private:
  void about_to(std::string_view act) const {
    if (before_change_) before_change_(act);
  }
  Result<Descriptor> open_folder(const std::string& path);
  Result<void> remove_if_unwanted(const TreeChange& change);
  Result<void> remove_everything(const std::string& path);
  Result<void> make(const TreeEntry& wanted, const TreeEntry* now);
  Result<void> make_folder(const TreeEntry& wanted);
  Result<void> clear_way(int folder, const std::string& name, const std::string& path, Kind kind);
  Result<void> write_file(const TreeEntry& wanted, int folder, const std::string& name);
  Result<void> write_link(const TreeEntry& wanted, int folder, const std::string& name);
  Result<void> put_in_place(int folder, const std::string& temporary, const std::string& name, const std::string& path);
  Result<void> set_file_mode(const TreeEntry& wanted);
  Result<void> set_folder_mode(const std::string& path, std::uint32_t mode);
  std::string temporary_name() { return std::string(kTemporaryPrefix) + std::to_string(++temporaries_); }

  int root_;
  const Tree& now_;
  const Tree& wanted_;
  Contents& contents_;
  const BeforeChange& before_change_;
  Restored done_;
  std::map<std::string, std::uint32_t> opened_up_;  // the modes that folders get at the end
  std::uint64_t temporaries_ = 0;
};

// With the right to change what is in it.
Result<Descriptor> Restoring::open_folder(const std::string& path) {
  Descriptor folder = open_beneath(root_, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
  if (!folder.is_open()) return file_error("open the folder", path.empty() ? "." : path, errno);
  if (::faccessat(folder.get(), ".", W_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES) {
    int error_number = 0;
    opened_up_.emplace(path, stat_of(folder.get(), error_number).mode & kPermissions);
    ::chmod(("/proc/self/fd/" + std::to_string(folder.get())).c_str(), kUserMayChange);
  }
  return folder;
}

Result<void> Restoring::remove_if_unwanted(const TreeChange& change) {
  if (change.before == nullptr) return {};
  const TreeEntry& before = *change.before;
  if (before.kind == Kind::repository && change.after != nullptr && change.after->kind == Kind::repository) return {};
  const bool goes = change.after == nullptr || (before.kind == Kind::folder) != (change.after->kind == Kind::folder);
  if (!goes) return {};
  if (before.kind == Kind::repository) return remove_everything(before.path);
  const auto [folder_path, name] = split_path(before.path);
  auto folder = open_folder(folder_path);
  if (!folder) return folder.error();
  about_to("remove " + before.path);
  const bool is_folder = before.kind == Kind::folder;
  if (::unlinkat(folder->get(), name.c_str(), is_folder ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT) {
    // With something ignored in it a folder stays, unless it is in the way.
    if (is_folder && (errno == ENOTEMPTY || errno == EEXIST)) return {};
    return file_error("remove", before.path, errno);
  }
  ++done_.removed;
  return {};
}

Result<void> Restoring::remove_everything(const std::string& path) {
  const auto [folder_path, name] = split_path(path);
  auto parent = open_folder(folder_path);
  if (!parent) return parent.error();
  int error_number = 0;
  const FileStat stat = stat_of(parent->get(), name, error_number);
  if (error_number == ENOENT) return {};
  if (!S_ISDIR(stat.mode)) {
    about_to("remove " + path);
    if (::unlinkat(parent->get(), name.c_str(), 0) != 0) return file_error("remove", path, errno);
    return {};
  }
  class All final : public WalkFilter {
   public:
    bool takes(const std::string&, Kind, const FileStat&) override { return true; }
    bool is_repository(const std::string&) override { return false; }
  } all;
  {
    const Descriptor folder = open_beneath(root_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    if (!folder.is_open()) return file_error("open the folder", path, errno);
    auto found = walk(folder.get(), all, {nullptr, true});
    if (!found) return found.error();
    for (auto at = found->rbegin(); at != found->rend(); ++at) {
      const auto [below, last] = split_path(at->path);
      auto holder = open_folder(below.empty() ? path : path + '/' + below);
      if (!holder) return holder.error();
      about_to("remove " + path + '/' + at->path);
      if (::unlinkat(holder->get(), last.c_str(), at->kind == Kind::folder ? AT_REMOVEDIR : 0) != 0) {
        return file_error("remove", path + '/' + at->path, errno);
      }
    }
  }
  about_to("remove " + path);
  if (::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) != 0) return file_error("remove", path, errno);
  ++done_.removed;
  return {};
}

Result<void> Restoring::make(const TreeEntry& wanted, const TreeEntry* now) {
  if (wanted.kind == Kind::repository) return {};
  if (wanted.kind == Kind::folder) return make_folder(wanted);
  if (now != nullptr && now->kind == wanted.kind && now->content == wanted.content) return set_file_mode(wanted);
  const auto [folder_path, name] = split_path(wanted.path);
  auto folder = open_folder(folder_path);
  if (!folder) return folder.error();
  if (auto cleared = clear_way(folder->get(), name, wanted.path, wanted.kind); !cleared) return cleared.error();
  ++done_.written;
  return wanted.kind == Kind::link ? write_link(wanted, folder->get(), name) : write_file(wanted, folder->get(), name);
}

// Something that no tree names may stand where an entry is to be.
Result<void> Restoring::clear_way(int folder, const std::string& name, const std::string& path, Kind kind) {
  int error_number = 0;
  const FileStat stat = stat_of(folder, name, error_number);
  if (error_number == ENOENT) return {};
  if (error_number != 0) return file_error("look at", path, error_number);
  if (S_ISDIR(stat.mode) == (kind == Kind::folder)) return {};
  return remove_everything(path);
}

Result<void> Restoring::make_folder(const TreeEntry& wanted) {
  const auto [folder_path, name] = split_path(wanted.path);
  auto folder = open_folder(folder_path);
  if (!folder) return folder.error();
  if (auto cleared = clear_way(folder->get(), name, wanted.path, Kind::folder); !cleared) return cleared.error();
  about_to("make the folder " + wanted.path);
  if (::mkdirat(folder->get(), name.c_str(), kNewFolderMode) != 0 && errno != EEXIST) {
    return file_error("make the folder", wanted.path, errno);
  }
  return {};
}

Result<void> Restoring::write_file(const TreeEntry& wanted, int folder, const std::string& name) {
  struct ::stat owner {};
  if (::fstatat(folder, name.c_str(), &owner, AT_SYMLINK_NOFOLLOW) != 0) ::fstatat(folder, ".", &owner, 0);
  const std::string temporary = temporary_name();
  about_to("write " + wanted.path);
  ::unlinkat(folder, temporary.c_str(), 0);
  const Descriptor file(
      ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return file_error("write", wanted.path, errno);
  auto written =
      contents_.read(wanted.content, [&](std::string_view part) { return write_all(file.get(), part, wanted.path); });
  if (written) {
    // Only root may give a file away; for everybody else it stays theirs.
    if (owner.st_uid != ::geteuid() && ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) errno = 0;
    if (::fchmod(file.get(), wanted.mode) != 0) written = file_error("set the mode of", wanted.path, errno);
  }
  if (!written) {
    ::unlinkat(folder, temporary.c_str(), 0);
    return std::move(written).error().with_context("'" + shown_path(wanted.path) + "' cannot be restored");
  }
  return put_in_place(folder, temporary, name, wanted.path);
}

Result<void> Restoring::write_link(const TreeEntry& wanted, int folder, const std::string& name) {
  std::string target;
  auto got = contents_.read(wanted.content, [&](std::string_view part) -> Result<void> {
    target += part;
    return {};
  });
  if (!got) return std::move(got).error().with_context("'" + shown_path(wanted.path) + "' cannot be restored");
  const std::string temporary = temporary_name();
  about_to("write " + wanted.path);
  ::unlinkat(folder, temporary.c_str(), 0);
  if (::symlinkat(target.c_str(), folder, temporary.c_str()) != 0) return file_error("link", wanted.path, errno);
  return put_in_place(folder, temporary, name, wanted.path);
}

Result<void> Restoring::put_in_place(int folder, const std::string& temporary, const std::string& name,
                                     const std::string& path) {
  about_to("put in place " + path);
  if (::renameat(folder, temporary.c_str(), folder, name.c_str()) == 0) return {};
  const int error_number = errno;
  ::unlinkat(folder, temporary.c_str(), 0);
  return file_error("replace", path, error_number);
}

Result<void> Restoring::set_file_mode(const TreeEntry& wanted) {
  const Descriptor file = open_beneath(root_, wanted.path, O_PATH | O_NOFOLLOW, 0);
  if (!file.is_open()) return file_error("open", wanted.path, errno);
  if (wanted.kind == Kind::link) return {};
  about_to("set the mode of " + wanted.path);
  if (::chmod(("/proc/self/fd/" + std::to_string(file.get())).c_str(), wanted.mode) != 0) {
    return file_error("set the mode of", wanted.path, errno);
  }
  ++done_.modes;
  return {};
}

Result<void> Restoring::set_folder_mode(const std::string& path, std::uint32_t mode) {
  const Descriptor folder = open_beneath(root_, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
  if (!folder.is_open() && errno == ENOENT) return {};
  if (!folder.is_open()) return file_error("open the folder", path, errno);
  about_to("set the mode of " + path);
  if (::chmod(("/proc/self/fd/" + std::to_string(folder.get())).c_str(), mode) != 0) {
    return file_error("set the mode of the folder", path, errno);
  }
  return {};
}

}  // namespace

Result<Restored> restore(int root, const Tree& now, const Tree& wanted, Contents& contents,
                         const BeforeChange& before_change) {
  return Restoring(root, now, wanted, contents, before_change).run();
}

}  // namespace asmgr::workspace
