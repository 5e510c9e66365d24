// Where an instance writes what is not stored yet: a folder of its own below `tmp`, locked as long as the instance
// lives. An unlocked one is what an instance left that did not end in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "folder.hpp"

namespace asmgr::file_store {

class Workplace {
 public:
  // While the store is locked. Borrows `temporary`. Throws std::system_error.
  explicit Workplace(const Folder& temporary);
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  // Removes it, unless it is to stay.
  ~Workplace();

  [[nodiscard]] const Folder& folder() const noexcept { return folder_; }
  [[nodiscard]] std::string new_name() { return std::to_string(next_++); }
  // It stays behind as a sign: something could not be cleaned up, which the next one to open the store does.
  void leave_behind() noexcept { stays_ = true; }

 private:
  const Folder& temporary_;
  std::string name_;
  Folder folder_;
  std::atomic<std::uint64_t> next_{1};
  std::atomic<bool> stays_{false};
};

// A new file in a workplace; removed at the end, unless it was moved away.
class WorkFile {
 public:
  explicit WorkFile(Workplace& workplace);
  WorkFile(const WorkFile&) = delete;
  WorkFile& operator=(const WorkFile&) = delete;
  ~WorkFile();

  void write(std::string_view bytes);
  void sync();
  // It takes the place of what has that name there.
  void move_to(const Folder& folder, const std::string& name);

 private:
  Workplace& workplace_;
  std::string name_;
  Descriptor file_;
  bool moved_ = false;
};

// The names of those that nobody works in. While the store is locked: otherwise a new one is not locked yet.
[[nodiscard]] std::vector<std::string> left_workplaces(const Folder& temporary);
void remove_workplace(const Folder& temporary, const std::string& name);

}  // namespace asmgr::file_store
