// Where a recorded stream is broken off when not every place can be tried.
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "tests/support/profile.hpp"

namespace asmgr_test {

enum class LineEnds { kAll, kLikeOtherPlaces };

// Numbers of bytes from `from` on, less than all: about `some` of them at random, and perhaps the end of every line. In
// the long profile every one.
inline std::vector<std::size_t> places_to_cut(const std::string& bytes, std::size_t from, LineEnds line_ends,
                                              std::size_t some, std::mt19937& random) {
  const std::size_t size = bytes.size() - std::min(from, bytes.size());
  const std::size_t step = asmgr::test::is_long_profile() ? 1 : std::max<std::size_t>(size / some, 1);
  std::vector<std::size_t> places;
  for (std::size_t place = from; place < bytes.size(); ++place) {
    const bool is_line_end = place == 0 || bytes[place - 1] == '\n';
    if ((is_line_end && line_ends == LineEnds::kAll) || random() % step == 0) places.push_back(place);
  }
  return places;
}

}  // namespace asmgr_test
