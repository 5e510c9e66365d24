#include "workplace.hpp"

#include <sys/file.h>
#include <sys/random.h>

#include <system_error>

#include "sha256.hpp"

namespace asmgr::file_store {
namespace {

std::string random_name() {
  Digest random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    throw_errno("cannot get random numbers");
  return hex(random).substr(0, 24);
}

void try_to(auto body) noexcept {
  try {
    body();
  } catch (const std::system_error&) {  // it is looked for when the store is opened the next time
  }
}

}  // namespace

Workplace::Workplace(const Folder& temporary)
    : temporary_(temporary), name_(random_name()), folder_(temporary.make(name_)) {
  if (flock(folder_.fd(), LOCK_EX | LOCK_NB) != 0) throw_errno("cannot lock the folder '" + folder_.shown() + "'");
}

Workplace::~Workplace() {
  if (!stays_) try_to([this] { remove_workplace(temporary_, name_); });
}

WorkFile::WorkFile(Workplace& workplace)
    : workplace_(workplace), name_(workplace.new_name()), file_(workplace.folder().create_file(name_)) {}

WorkFile::~WorkFile() {
  if (!moved_) try_to([this] { workplace_.folder().remove_file(name_); });
}

void WorkFile::write(std::string_view bytes) {
  write_all(file_.get(), bytes, workplace_.folder().shown() + "/" + name_);
}

void WorkFile::sync() {
  sync_file(file_.get(), workplace_.folder().shown() + "/" + name_);
}

void WorkFile::move_to(const Folder& folder, const std::string& name) {
  workplace_.folder().move_to(name_, folder, name);
  moved_ = true;
}

std::vector<std::string> left_workplaces(const Folder& temporary) {
  std::vector<std::string> left;
  for (const std::string& name : temporary.names()) {
    const auto folder = temporary.find(name);
    if (folder && flock(folder->fd(), LOCK_EX | LOCK_NB) == 0) left.push_back(name);
  }
  return left;
}

void remove_workplace(const Folder& temporary, const std::string& name) {
  const auto folder = temporary.find(name);
  if (!folder) return;
  for (const std::string& file : folder->names()) folder->remove_file(file);
  temporary.remove_folder(name);
}

}  // namespace asmgr::file_store
