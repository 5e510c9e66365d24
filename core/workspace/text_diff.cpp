#include "core/workspace/text_diff.hpp"

#include <algorithm>
#include <map>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/git_objects.hpp"

namespace asmgr::workspace {
namespace {

// Where the text of a patch goes; past the limit nothing is kept but the length.
struct PatchText {
  std::string text;
  std::uint64_t length = 0;

  static int add(const git_diff_delta*, const git_diff_hunk*, const git_diff_line* line, void* self) {
    auto& patch = *static_cast<PatchText*>(self);
    const bool marked = line->origin == GIT_DIFF_LINE_CONTEXT || line->origin == GIT_DIFF_LINE_ADDITION ||
                        line->origin == GIT_DIFF_LINE_DELETION;
    patch.length += line->content_len + (marked ? 1 : 0);
    if (patch.length > kLongestPatch) {
      patch.text.clear();
      return 0;
    }
    if (marked) patch.text += line->origin;
    patch.text.append(line->content, line->content_len);
    return 0;
  }
};

Result<GitTree> tree_at(git_repository& repository, const git_oid& id) {
  git_tree* tree = nullptr;
  if (git_tree_lookup(&tree, &repository, &id) != 0) return git_failure("read tree " + text_of_id(id));
  return GitTree(tree);
}

Result<void> count_lines(git_diff& diff, Diff& out) {
  git_diff_stats* stats = nullptr;
  if (git_diff_get_stats(&stats, &diff) != 0) return git_failure("count what has changed");
  const GitStats owned(stats);
  out.insertions += git_diff_stats_insertions(stats);
  out.deletions += git_diff_stats_deletions(stats);
  return {};
}

Result<void> add_patch(git_diff& diff, Diff& out) {
  PatchText patch;
  if (git_diff_print(&diff, GIT_DIFF_FORMAT_PATCH, &PatchText::add, &patch) != 0) return git_failure("write the patch");
  out.patch_bytes += patch.length;
  if (out.patch_bytes > kLongestPatch) {
    out.patch.reset();
  } else if (out.patch) {
    *out.patch += patch.text;
  }
  return {};
}

// A content that a patch could not hold stands for itself by its name.
Result<git_oid> copy_content(Contents& from, const ContentId& id, Contents& to, std::vector<ContentId>& too_long) {
  std::string text;
  bool fits = true;
  auto read = from.read(id, [&](std::string_view part) -> Result<void> {
    fits = fits && text.size() + part.size() <= kLongestPatch;
    if (fits) text += part;
    return {};
  });
  if (!read) return read.error();
  if (!fits) {
    too_long.push_back(id);
    text = std::string("\0too long for a patch ", 22) + hex_of(id, id.size());
  }
  auto copied = to.add_text(text);
  if (!copied) return copied.error();
  return git_id_of(*copied);
}

// Only what differs, since everything else would have to be read to be named.
Result<std::pair<Tree, Tree>> copy_changes(const Tree& from, const Tree& to, Contents& contents, Contents& copies,
                                           std::vector<std::string>& left_out) {
  std::pair<Tree, Tree> changed;
  std::vector<ContentId> too_long;
  const auto copy = [&](const TreeEntry& entry, Tree& out) -> Result<void> {
    TreeEntry& copied = out.entries.emplace_back(entry);
    auto id = copy_content(contents, entry.content, copies, too_long);
    if (!id) return id.error();
    copied.content = content_id_of(*id);
    if (!too_long.empty()) left_out.push_back(shown_path(entry.path));
    too_long.clear();
    return {};
  };
  for (const TreeChange& change : changes_between(from, to)) {
    const auto counts = [](const TreeEntry* entry) { return entry != nullptr && entry->kind != Kind::folder; };
    if (counts(change.before)) {
      if (auto copied = copy(*change.before, changed.first); !copied) return copied.error();
    }
    if (counts(change.after)) {
      if (auto copied = copy(*change.after, changed.second); !copied) return copied.error();
    }
  }
  return changed;
}

// Folders above the entries, which a tree must name.
void add_folders(Tree& tree) {
  std::map<std::string, TreeEntry> folders;
  for (const TreeEntry& entry : tree.entries) {
    for (std::size_t at = entry.path.find('/'); at != std::string::npos; at = entry.path.find('/', at + 1)) {
      const std::string path = entry.path.substr(0, at);
      folders.try_emplace(path, TreeEntry{path, Kind::folder, 0755, {}});
    }
  }
  for (auto& [path, folder] : folders) tree.entries.push_back(std::move(folder));
  std::sort(tree.entries.begin(), tree.entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return compare_paths(a.path, b.path) < 0; });
}

}  // namespace

Result<void> add_git_diff(git_repository& repository, const git_oid& from, const git_oid& to, const std::string& prefix,
                          const DiffOptions& options, Diff& out) {
  auto old_tree = tree_at(repository, from);
  if (!old_tree) return old_tree.error();
  auto new_tree = tree_at(repository, to);
  if (!new_tree) return new_tree.error();
  git_diff_options settings;
  git_diff_options_init(&settings, GIT_DIFF_OPTIONS_VERSION);
  settings.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_IGNORE_SUBMODULES | GIT_DIFF_SHOW_BINARY;
  settings.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
  const std::string old_prefix = "a/" + prefix;
  const std::string new_prefix = "b/" + prefix;
  settings.old_prefix = old_prefix.c_str();
  settings.new_prefix = new_prefix.c_str();
  git_diff* diff = nullptr;
  if (git_diff_tree_to_tree(&diff, &repository, old_tree->get(), new_tree->get(), &settings) != 0) {
    return git_failure("compare two snapshots");
  }
  const GitDiff owned(diff);
  const std::size_t count = git_diff_num_deltas(diff);
  for (std::size_t i = 0; i < count; ++i) {
    const git_diff_delta* delta = git_diff_get_delta(diff, i);
    const bool is_commit = delta->new_file.mode == GIT_FILEMODE_COMMIT || delta->old_file.mode == GIT_FILEMODE_COMMIT;
    if (is_commit) continue;
    ++out.files_changed;
    const char* path = delta->new_file.path != nullptr ? delta->new_file.path : delta->old_file.path;
    out.changed_paths.push_back(shown_path(prefix + path));
  }
  if (auto counted = count_lines(*diff, out); !counted) return counted.error();
  return options.capture_patch && count != 0 ? add_patch(*diff, out) : Result<void>();
}

Result<void> add_tree_diff(const Tree& from, const Tree& to, Contents& contents, const DiffOptions& options,
                           Diff& out) {
  auto memory = make_repository_in_memory();
  if (!memory) return memory.error();
  git_repository& repository = **memory;
  auto copies = open_git_contents(std::move(*memory));
  if (!copies) return copies.error();
  std::vector<std::string> left_out;
  auto changed = copy_changes(from, to, contents, **copies, left_out);
  if (!changed) return changed.error();
  add_folders(changed->first);
  add_folders(changed->second);
  auto old_tree = write_git_tree(repository, changed->first, {});
  if (!old_tree) return old_tree.error();
  auto new_tree = write_git_tree(repository, changed->second, {});
  if (!new_tree) return new_tree.error();
  if (!left_out.empty()) out.metadata["left_out_of_patch"] = boost::json::array(left_out.begin(), left_out.end());
  return add_git_diff(repository, *old_tree, *new_tree, {}, options, out);
}

}  // namespace asmgr::workspace
