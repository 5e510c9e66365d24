// The floor: the same server, asked by one thread over plain sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace asmgr::bench {

// The delays of all chunks of all streams, in nanoseconds.
[[nodiscard]] std::vector<std::int64_t> read_directly(std::uint16_t port, std::size_t streams);

// Asks once, and closes when the answer has begun. The time at which it did so, of now_ns().
[[nodiscard]] std::int64_t close_directly(std::uint16_t port);

}  // namespace asmgr::bench
