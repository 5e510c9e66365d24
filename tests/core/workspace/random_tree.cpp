#include "tests/core/workspace/random_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace asmgr::workspace::test {
namespace {

namespace fs = std::filesystem;

// Few names, so that edits meet; with blanks, bytes that are no UTF-8, and one that sorts between "a" and "a/x".
constexpr std::array<std::string_view, 8> kNames{"a", "a b", "b.txt", "-", "c\xe9", "d\"q", ".hidden", "z"};
constexpr std::array<unsigned, 5> kFileModes{0644, 0755, 0600, 0444, 0664};
constexpr std::array<unsigned, 3> kFolderModes{0755, 0700, 0775};

int pick(std::mt19937& random, int below) {
  return std::uniform_int_distribution<int>(0, below - 1)(random);
}

fs::path random_path(const ScratchFolder& folder, std::mt19937& random) {
  fs::path path = folder.path();
  for (int depth = pick(random, 3); depth >= 0; --depth) path /= kNames[static_cast<std::size_t>(pick(random, 8))];
  return path;
}

std::string random_content(std::mt19937& random) {
  std::string content;
  if (pick(random, 4) == 0) content = std::string("\0\xff\1", 3);
  for (int lines = pick(random, 5); lines > 0; --lines) content += std::to_string(pick(random, 4)) + '\n';
  return content;
}

// Makes room: what is in the way of the folders above goes.
bool make_parents(const ScratchFolder& folder, const fs::path& path) {
  fs::path at = folder.path();
  for (const fs::path& part : path.parent_path().lexically_relative(folder.path())) {
    if (part == ".") continue;
    at /= part;
    std::error_code failed;
    if (fs::is_directory(fs::symlink_status(at, failed))) continue;
    fs::remove(at, failed);
    if (!fs::create_directory(at, failed)) return false;
  }
  return true;
}

void put(const ScratchFolder& folder, std::mt19937& random, const fs::path& path) {
  if (!make_parents(folder, path)) return;
  std::error_code failed;
  const int what = pick(random, 6);
  if (what == 0) {
    fs::remove_all(path, failed);
    fs::create_symlink(kNames[static_cast<std::size_t>(pick(random, 8))], path, failed);
  } else if (what == 1) {
    if (!fs::is_directory(fs::symlink_status(path, failed))) fs::remove(path, failed);
    fs::create_directory(path, failed);
    ::chmod(path.c_str(), kFolderModes[static_cast<std::size_t>(pick(random, 3))]);
  } else {
    fs::remove_all(path, failed);
    std::ofstream(path, std::ios::binary) << random_content(random);
    ::chmod(path.c_str(), kFileModes[static_cast<std::size_t>(pick(random, 5))]);
  }
}

}  // namespace

void edit_at_random(const ScratchFolder& folder, std::mt19937& random, int edits) {
  std::error_code failed;
  for (; edits > 0; --edits) {
    const fs::path path = random_path(folder, random);
    const int what = pick(random, 10);
    if (what < 6) {
      put(folder, random, path);
    } else if (what < 8) {
      fs::remove_all(path, failed);
    } else if (what == 8 && fs::is_regular_file(fs::symlink_status(path, failed))) {
      ::chmod(path.c_str(), kFileModes[static_cast<std::size_t>(pick(random, 5))]);
    } else if (fs::exists(fs::symlink_status(path, failed))) {
      const fs::path target = random_path(folder, random);
      if (make_parents(folder, target)) fs::rename(path, target, failed);
    }
  }
}

}  // namespace asmgr::workspace::test
