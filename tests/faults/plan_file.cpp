#include "tests/faults/plan_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace asmgr::faults {

FaultPlan* make_plan_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(FaultPlan)) != 0) throw std::runtime_error("cannot make " + path);
  void* page = mmap(nullptr, sizeof(FaultPlan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) throw std::runtime_error("cannot map " + path);
  return static_cast<FaultPlan*>(page);
}

}  // namespace asmgr::faults
