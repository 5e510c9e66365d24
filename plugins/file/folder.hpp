// An open folder, and what is done in it. Every name is a single step below the open folder and no symbolic link is
// ever followed: whatever somebody plants below the root, nothing outside it is read or changed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor.hpp"

namespace asmgr::file_store {

// Every function that may fail throws std::system_error, whose text says what was to be done to which file.
class Folder {
 public:
  // `shown` is how messages call it.
  Folder(Descriptor fd, std::string shown) : fd_(std::move(fd)), shown_(std::move(shown)) {}

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }

  [[nodiscard]] Folder open(const std::string& name) const;
  [[nodiscard]] std::optional<Folder> find(const std::string& name) const;  // none: there is nothing of that name
  // Made where it is missing; that it is there is durable afterwards.
  [[nodiscard]] Folder make(const std::string& name) const;

  // A regular file to read; none: there is nothing of that name.
  [[nodiscard]] std::optional<Descriptor> find_file(const std::string& name) const;
  // Its content, when it is at most `limit` bytes; more is an error.
  [[nodiscard]] std::optional<std::string> read_file(const std::string& name, std::size_t limit) const;
  // A new file to write; one of that name must not be there.
  [[nodiscard]] Descriptor create_file(const std::string& name) const;
  // Likewise, and one that is there is fine.
  void touch(const std::string& name) const;

  // The file takes the place of what has that name there.
  void move_to(const std::string& name, const Folder& to, const std::string& new_name) const;
  void remove_file(const std::string& name) const;  // a missing one is fine
  // False when it is not empty; a missing one is fine.
  bool remove_folder(const std::string& name) const;

  void sync() const;
  // Of everything in it, in no order.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  [[nodiscard]] std::string path_of(std::string_view name) const { return shown_ + "/" + std::string(name); }

  Descriptor fd_;
  std::string shown_;
};

// Throws std::system_error with errno.
[[noreturn]] void throw_errno(const std::string& what);
// All of it, or std::system_error. `shown` names the file.
void write_all(int fd, std::string_view bytes, const std::string& shown);
void sync_file(int fd, const std::string& shown);
// As many as there are up to `size`; fewer only at the end of the file.
[[nodiscard]] std::size_t read_full(int fd, char* buffer, std::size_t size, const std::string& shown);

}  // namespace asmgr::file_store
