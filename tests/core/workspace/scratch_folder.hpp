// A folder for a test: files put there and read back by the C library alone, and git as a program of its own.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/workspace/workspace.hpp"

namespace asmgr::workspace::test {

class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  // The workspace itself; beside it is room for state.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string at(const std::string& name) const { return path_ + '/' + name; }
  [[nodiscard]] const std::string& state() const noexcept { return state_; }
  [[nodiscard]] Surroundings around() const;

  // Makes the folders above, too.
  void write(const std::string& name, std::string_view content, unsigned mode = 0644) const;
  void link(const std::string& name, const std::string& target) const;
  void folder(const std::string& name, unsigned mode = 0755) const;
  void remove(const std::string& name) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const;

  // Everything there but `.git` folders: "file 644 content", "link target", "folder 755" by path.
  using Listing = std::map<std::string, std::string>;
  [[nodiscard]] Listing listing() const;

  // Runs git in a folder below (or "."), without the configuration of whoever runs the test; what it prints. Fails the
  // test when git does.
  std::string git(const std::string& arguments, const std::string& where = ".") const;
  void init_git(const std::string& where = ".") const;
  // Refs but for asmgr's own, HEAD, and the bytes of the index.
  [[nodiscard]] std::string git_state(const std::string& where = ".") const;

 private:
  std::string base_;
  std::string path_;
  std::string state_;
};

[[nodiscard]] Settings settings_for(const ScratchFolder& folder, Strategy strategy);
[[nodiscard]] Workspace open_workspace(const ScratchFolder& folder, Strategy strategy);
[[nodiscard]] Snapshot take(Workspace& workspace, std::string_view label = "before");
// What differs, for a failure's message: the first few lines.
[[nodiscard]] std::string difference(const ScratchFolder::Listing& a, const ScratchFolder::Listing& b);

}  // namespace asmgr::workspace::test
