#include "tests/faults/preloaded_server.hpp"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

#include "tests/faults/plan_file.hpp"

namespace asmgr::faults {

namespace fs = std::filesystem;

// The server may run as another user, and a preloaded library's path may hold neither blank nor colon: both files are
// copied to where everybody gets.
PreloadedServer::PreloadedServer() : folder_("/tmp/asmgr-faults-XXXXXX") {
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + folder_);
  chmod(folder_.c_str(), 0755);
  const std::string library = folder_ + "/failing_calls.so";
  fs::copy_file(FAILING_CALLS, library);
  chmod(library.c_str(), 0755);
  const std::string plan = folder_ + "/plan";
  plan_ = make_plan_file(plan);
  chmod(plan.c_str(), 0666);
  // Whatever this process starts from now on has them; nothing but the server obeys this plan.
  setenv("LD_PRELOAD", library.c_str(), 1);
  setenv(kPlanVariable, plan.c_str(), 1);
  server_ = std::make_unique<test::PostgresServer>();
}

PreloadedServer::~PreloadedServer() {
  server_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace asmgr::faults
