// Events that nobody would write, for laws that hold for all of them.
#pragma once

#include <random>
#include <string>

#include "core/model/event.hpp"

namespace asmgr {

// Letters, blanks, line ends, control characters, wide and combining ones, escape sequences, bytes that are no UTF-8.
[[nodiscard]] std::string random_text(std::mt19937& random, std::size_t pieces);
// Any type, also unknown ones; data with the members that renderers read, of the right kind or not.
[[nodiscard]] Event random_event(std::mt19937& random);

[[nodiscard]] Event event_of(EventType type, std::string data);

}  // namespace asmgr
