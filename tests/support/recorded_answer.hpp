// Recordings of HTTP answers, played to a client in different ways.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/loopback_server.hpp"

namespace asmgr_test {

struct RecordedAnswer {
  std::string name;  // the file's, without its folder
  std::string head;  // with the empty line; empty = the server closed without an answer
  std::string body;  // without chunk framing, or with it where `is_raw`
  bool is_raw = false;
  bool is_cut = false;  // the server broke it off
};

// FILE.http (framing taken off) or FILE.rawchunked. A recording of a break has "midstream" or "disconnect" in its name.
[[nodiscard]] RecordedAnswer read_recording(const std::string& path);
// All of a folder, in the order of their names.
[[nodiscard]] std::vector<RecordedAnswer> read_recordings(const std::string& folder);

enum class Pace { kWhole, kByteByByte, kRandomCuts };

void play(Peer& peer, const RecordedAnswer& recorded, Pace pace, std::uint32_t seed);

}  // namespace asmgr_test
