#include "recorded_answer.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string_view>

namespace asmgr_test {

RecordedAnswer read_recording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no recording at " + path);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  RecordedAnswer recorded;
  recorded.name = std::filesystem::path(path).filename();
  recorded.is_raw = std::filesystem::path(path).extension() == ".rawchunked";
  recorded.is_cut =
      recorded.name.find("midstream") != std::string::npos || recorded.name.find("disconnect") != std::string::npos;
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) return recorded;
  recorded.head = bytes.substr(0, head_end + 4);
  recorded.body = bytes.substr(head_end + 4);
  return recorded;
}

std::vector<RecordedAnswer> read_recordings(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".http" || extension == ".rawchunked") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<RecordedAnswer> recordings;
  for (const std::string& path : paths) recordings.push_back(read_recording(path));
  return recordings;
}

void play(Peer& peer, const RecordedAnswer& recorded, Pace pace, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto piece_size = [&](std::size_t left) -> std::size_t {
    if (pace == Pace::kWhole) return left;
    if (pace == Pace::kByteByByte) return 1;
    return std::min(left, std::uniform_int_distribution<std::size_t>(1, 40)(random));
  };
  if (recorded.is_cut) peer.close_after();
  if (!peer.send(recorded.head)) return;
  std::string_view left = recorded.body;
  while (!left.empty()) {
    const std::size_t size = piece_size(left.size());
    const std::string_view piece = left.substr(0, size);
    if (!(recorded.is_raw ? peer.send(piece) : peer.send(chunk(piece)))) return;
    left.remove_prefix(size);
  }
  if (!recorded.is_cut && !recorded.is_raw) peer.send(chunk(""));
}

}  // namespace asmgr_test
