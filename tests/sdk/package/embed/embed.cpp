#include <asmgr/plugin.h>

#include <cstdio>

#include "core/model/error.hpp"

int main() {
  const asmgr::Error error(asmgr::code_of_abi_status(ASMGR_E_RUN_NOT_FOUND), "no run here");
  std::printf("%s\n", error.to_string().c_str());
}
