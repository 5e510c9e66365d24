#include "tests/core/workspace/scratch_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace asmgr::workspace::test {
namespace {

namespace fs = std::filesystem;

std::string octal(unsigned mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%o", mode & 07777U);
  return text.data();
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "workspace-XXXXXX").string();
  base_ = ::mkdtemp(name.data());
  base_ = fs::canonical(base_).string();
  path_ = base_ + "/work";
  state_ = base_ + "/state";
  fs::create_directory(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  for (fs::recursive_directory_iterator at(base_, ignored), end; at != end; at.increment(ignored)) {
    if (!at->is_symlink(ignored) && at->is_directory(ignored)) ::chmod(at->path().c_str(), 0700);
  }
  fs::remove_all(base_, ignored);
}

Surroundings ScratchFolder::around() const {
  Surroundings around;
  around.state_folder = state_;
  around.durable = false;
  return around;
}

void ScratchFolder::write(const std::string& name, std::string_view content, unsigned mode) const {
  fs::create_directories(fs::path(at(name)).parent_path());
  std::ofstream(at(name), std::ios::binary) << content;
  ::chmod(at(name).c_str(), mode);
}

void ScratchFolder::link(const std::string& name, const std::string& target) const {
  fs::create_directories(fs::path(at(name)).parent_path());
  ASSERT_EQ(::symlink(target.c_str(), at(name).c_str()), 0);
}

void ScratchFolder::folder(const std::string& name, unsigned mode) const {
  fs::create_directories(at(name));
  ::chmod(at(name).c_str(), mode);
}

void ScratchFolder::remove(const std::string& name) const {
  fs::remove_all(at(name));
}

std::string ScratchFolder::read(const std::string& name) const {
  return read_text(at(name));
}

bool ScratchFolder::has(const std::string& name) const {
  return fs::exists(fs::symlink_status(at(name)));
}

ScratchFolder::Listing ScratchFolder::listing() const {
  Listing out;
  for (fs::recursive_directory_iterator it(path_), end; it != end; ++it) {
    const std::string name = it->path().string().substr(path_.size() + 1);
    if (it->path().filename() == ".git") {
      it.disable_recursion_pending();
      continue;
    }
    struct ::stat info {};
    ::lstat(it->path().c_str(), &info);
    if (it->is_symlink()) {
      out[name] = "link " + fs::read_symlink(it->path()).string();
    } else if (it->is_directory()) {
      out[name] = "folder " + octal(info.st_mode);
    } else if (it->is_regular_file()) {
      out[name] = "file " + octal(info.st_mode) + ' ' + read_text(it->path().string());
    }
  }
  return out;
}

std::string ScratchFolder::git(const std::string& arguments, const std::string& where) const {
  const std::string command = "cd '" + at(where) +
                              "' && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -c user.name=t -c user.email=t@t -c "
                              "protocol.file.allow=always -c init.defaultBranch=main " +
                              arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), got);
  EXPECT_EQ(::pclose(pipe), 0) << arguments << ": " << out;
  return out;
}

void ScratchFolder::init_git(const std::string& where) const {
  fs::create_directories(at(where));
  git("init -q", where);
}

std::string ScratchFolder::git_state(const std::string& where) const {
  const std::string folder = at(where + "/.git/");
  std::string state;
  for (const char* file : {"HEAD", "index", "packed-refs"}) state += read_text(folder + file) + '\n';
  std::map<std::string, std::string> refs;
  for (fs::recursive_directory_iterator it(folder + "refs"), end; it != end; ++it) {
    if (it->path().filename() == "asmgr") {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      refs[it->path().string()] = read_text(it->path().string());
    }
  }
  for (const auto& [name, commit] : refs) state += name + ' ' + commit;
  return state;
}

Settings settings_for(const ScratchFolder& folder, Strategy strategy) {
  Settings settings;
  settings.enabled = true;
  settings.path = folder.path();
  settings.strategy = strategy;
  return settings;
}

Workspace open_workspace(const ScratchFolder& folder, Strategy strategy) {
  auto opened = Workspace::open(settings_for(folder, strategy), folder.around());
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

Snapshot take(Workspace& workspace, std::string_view label) {
  auto taken = workspace.take(label, system_clock().now(), nullptr);
  if (!taken) throw std::runtime_error(taken.error().message());
  return taken->snapshot;
}

std::string difference(const ScratchFolder::Listing& a, const ScratchFolder::Listing& b) {
  std::string text;
  int left = 5;
  for (const auto& [name, what] : a) {
    const auto other = b.find(name);
    if (other != b.end() && other->second == what) continue;
    if (left-- > 0) text += name + ": " + what + " | " + (other == b.end() ? "nothing" : other->second) + '\n';
  }
  for (const auto& [name, what] : b) {
    if (!a.contains(name) && left-- > 0) text += name + ": nothing | " + what + '\n';
  }
  return text;
}

}  // namespace asmgr::workspace::test
