// Random sessions, runs and events for round trips. The seed is fixed and printed with every failure.
#pragma once

#include <random>

#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"

namespace asmgr::test {

class RandomModel {
 public:
  explicit RandomModel(std::uint32_t seed) : engine_(seed) {}

  Session session();
  Run run();
  Event event();  // body_hash right, hash random; one in five pruned
  Error error();

  std::int64_t number(std::int64_t least, std::int64_t most);
  bool chance(int percent) { return number(1, 100) <= percent; }
  std::string text();  // any characters, also ones that JSON escapes
  std::string id();
  Timestamp time();  // set
  boost::json::value value(int depth);
  boost::json::object object(int depth = 3);

 private:
  std::mt19937_64 engine_;
};

}  // namespace asmgr::test
