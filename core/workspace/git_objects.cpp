#include "core/workspace/git_objects.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <vector>

#include "core/workspace/descriptor.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::uint64_t kStreamedFrom = 32 * 1024 * 1024;
constexpr std::size_t kStreamPart = 1024 * 1024;
constexpr std::uint32_t kFileMode = 0644;
constexpr std::uint32_t kProgramMode = 0755;
constexpr std::uint32_t kGitFolderMode = 0755;

using GitStream = std::unique_ptr<git_odb_stream, GitFree<git_odb_stream_free>>;

class GitContents final : public Contents {
 public:
  GitContents(GitRepository repository, GitOdb odb) : repository_(std::move(repository)), odb_(std::move(odb)) {}

  Result<ContentId> add_file(int fd, std::uint64_t size, std::string_view path) override {
    if (::lseek(fd, 0, SEEK_SET) < 0) return file_error("read", path, errno);
    if (size >= kStreamedFrom) return add_large(fd, size, path);
    auto text = read_all(fd, size, path);
    if (!text) return text.error();
    return add_text(*text);
  }

  Result<ContentId> add_text(std::string_view text) override {
    git_oid id;
    if (git_odb_write(&id, odb_.get(), text.data(), text.size(), GIT_OBJECT_BLOB) != 0) {
      return git_failure("keep a content");
    }
    return content_id_of(id);
  }

  Result<void> read(const ContentId& id, const std::function<Result<void>(std::string_view)>& part) override {
    const git_oid oid = git_id_of(id);
    git_blob* blob = nullptr;
    if (git_blob_lookup(&blob, repository_.get(), &oid) != 0) return git_failure("read content " + text_of_id(oid));
    const GitBlob owned(blob);
    const auto* bytes = static_cast<const char*>(git_blob_rawcontent(blob));
    return part(std::string_view(bytes, static_cast<std::size_t>(git_blob_rawsize(blob))));
  }

 private:
  // git names a content by its length too, so it must stay as long as it was.
  Result<ContentId> add_large(int fd, std::uint64_t size, std::string_view path) {
    git_odb_stream* stream = nullptr;
    if (git_odb_open_wstream(&stream, odb_.get(), static_cast<git_object_size_t>(size), GIT_OBJECT_BLOB) != 0) {
      return git_failure("keep '" + shown_path(path) + "'");
    }
    const GitStream owned(stream);
    std::string buffer(kStreamPart, '\0');
    std::uint64_t left = size;
    while (left > 0) {
      const ssize_t got = ::read(fd, buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read", path, errno);
      if (got == 0) {
        return Error(ErrorCode::storage_error, "'" + shown_path(path) +
                                                   "' is cut shorter while it is read; stop what writes it, or leave "
                                                   "it out by an ignore rule");
      }
      if (git_odb_stream_write(stream, buffer.data(), static_cast<std::size_t>(got)) != 0) {
        return git_failure("keep '" + shown_path(path) + "'");
      }
      left -= static_cast<std::uint64_t>(got);
    }
    git_oid id;
    if (git_odb_stream_finalize_write(&id, stream) != 0) return git_failure("keep '" + shown_path(path) + "'");
    return content_id_of(id);
  }

  GitRepository repository_;
  GitOdb odb_;
};

struct TreeLine {
  std::string order;  // its name, a folder's with a slash: what git sorts by
  std::string name;
  std::string_view mode;
  git_oid id;
};

class TreeWriter {
 public:
  TreeWriter(git_odb& odb, const NamedCommits& absent) : odb_(odb), absent_(absent) {}

  // `entries` are those below one folder, whose path and slash take `prefix` bytes. Nothing: none that git would know.
  Result<std::optional<git_oid>> write(std::span<const TreeEntry> entries, std::size_t prefix) {
    std::vector<TreeLine> lines;
    while (!entries.empty()) {
      const TreeEntry& entry = entries.front();
      if (entry.kind != Kind::folder) {
        lines.push_back(line_of(entry, std::string_view(entry.path).substr(prefix)));
        entries = entries.subspan(1);
        continue;
      }
      std::size_t end = 1;
      while (end < entries.size() && lies_in(entries[end].path, entry.path)) ++end;
      auto below = write(entries.subspan(1, end - 1), entry.path.size() + 1);
      if (!below) return below.error();
      add_folder(lines, entry.path, prefix, *below);
      entries = entries.subspan(end);
    }
    if (lines.empty()) return std::optional<git_oid>();
    auto id = write_lines(lines);
    if (!id) return id.error();
    return std::optional<git_oid>(*id);
  }

  Result<git_oid> write_lines(std::vector<TreeLine>& lines) {
    std::sort(lines.begin(), lines.end(), [](const TreeLine& a, const TreeLine& b) { return a.order < b.order; });
    std::string bytes;
    for (const TreeLine& line : lines) {
      bytes += line.mode;
      bytes += ' ';
      bytes += line.name;
      bytes += '\0';
      bytes.append(reinterpret_cast<const char*>(line.id.id), kGitIdBytes);
    }
    git_oid id;
    if (git_odb_write(&id, &odb_, bytes.data(), bytes.size(), GIT_OBJECT_TREE) != 0) return git_failure("keep a tree");
    return id;
  }

 private:
  static TreeLine line_of(const TreeEntry& entry, std::string_view name) {
    std::string_view mode = "100644";
    if (entry.kind == Kind::link) mode = "120000";
    if (entry.kind == Kind::repository) mode = "160000";
    if (entry.kind == Kind::file && (entry.mode & kMayExecute) != 0) mode = "100755";
    return {std::string(name), std::string(name), mode, git_id_of(entry.content)};
  }
  void add_folder(std::vector<TreeLine>& lines, const std::string& folder, std::size_t prefix,
                  const std::optional<git_oid>& below) const {
    std::string name = folder.substr(prefix);
    if (below) {
      lines.push_back({name + '/', name, "40000", *below});
    } else if (const auto at = absent_.find(folder); at != absent_.end()) {
      lines.push_back({name, name, "160000", at->second});
    }
  }

  git_odb& odb_;
  const NamedCommits& absent_;
};

Kind kind_of(const git_tree_entry& entry) noexcept {
  switch (git_tree_entry_filemode_raw(&entry)) {
    case GIT_FILEMODE_LINK:
      return Kind::link;
    case GIT_FILEMODE_COMMIT:
      return Kind::repository;
    case GIT_FILEMODE_TREE:
      return Kind::folder;
    default:
      return Kind::file;
  }
}

Result<void> read_below(git_repository& repository, const git_oid& id, const std::string& prefix, Tree& out) {
  git_tree* tree = nullptr;
  if (git_tree_lookup(&tree, &repository, &id) != 0) return git_failure("read tree " + text_of_id(id));
  const GitTree owned(tree);
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* line = git_tree_entry_byindex(tree, i);
    TreeEntry entry;
    entry.path = prefix + git_tree_entry_name(line);
    entry.kind = kind_of(*line);
    const git_oid line_id = *git_tree_entry_id(line);
    if (entry.kind == Kind::folder) {
      entry.mode = kGitFolderMode;
      const std::string below = entry.path + '/';
      out.entries.push_back(std::move(entry));
      if (auto read = read_below(repository, line_id, below, out); !read) return read.error();
      continue;
    }
    const bool program = git_tree_entry_filemode_raw(line) == GIT_FILEMODE_BLOB_EXECUTABLE;
    if (entry.kind == Kind::file) entry.mode = program ? kProgramMode : kFileMode;
    entry.content = content_id_of(line_id);
    out.entries.push_back(std::move(entry));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Contents>> open_git_contents(GitRepository repository) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, repository.get()) != 0) return git_failure("open the objects of the repository");
  return std::unique_ptr<Contents>(std::make_unique<GitContents>(std::move(repository), GitOdb(odb)));
}

Result<git_oid> write_git_tree(git_repository& repository, const Tree& tree, const NamedCommits& absent) {
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, &repository) != 0) return git_failure("open the objects of the repository");
  const GitOdb owned(odb);
  TreeWriter writer(*odb, absent);
  auto id = writer.write(tree.entries, 0);
  if (!id) return id.error();
  if (*id) return **id;
  std::vector<TreeLine> nothing;
  return writer.write_lines(nothing);
}

Result<Tree> read_git_tree(git_repository& repository, const git_oid& tree) {
  Tree out;
  if (auto read = read_below(repository, tree, {}, out); !read) return read.error();
  std::sort(out.entries.begin(), out.entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return compare_paths(a.path, b.path) < 0; });
  return out;
}

}  // namespace asmgr::workspace
