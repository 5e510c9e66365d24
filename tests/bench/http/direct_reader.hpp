// The floor: the same server, read by one thread from plain sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace asmgr::bench {

// The delays of all chunks of all streams, in nanoseconds.
[[nodiscard]] std::vector<std::int64_t> read_directly(std::uint16_t port, std::size_t streams);

}  // namespace asmgr::bench
