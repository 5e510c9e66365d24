// What hosts of a fault run have written down (host/witness_file.hpp), read back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/checker/checker.hpp"

namespace asmgr::faults {

// A store told a host that this event is written.
struct Acknowledged {
  std::string session_id;
  std::string owner;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  std::string id;
  std::string type;
  std::string hash;  // 32 bytes
};

struct WrittenDown {
  std::vector<Acknowledged> acknowledged;
  simulation::Testimony testimony;
};

// Adds what the file of one host says; `host` names it in findings. A file that is not there says nothing.
void read_witness(const std::string& path, const std::string& host, WrittenDown& all);

}  // namespace asmgr::faults
