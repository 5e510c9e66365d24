#include "tests/faults/host/witness_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "core/model/state_machine.hpp"

namespace asmgr::faults {
namespace {

std::string hex(const Hash& hash) {
  std::string out;
  for (const std::uint8_t byte : hash) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string named(std::string_view text) {
  return std::string(text.empty() ? "-" : text) + " ";
}

std::string facts(const EventView& event) {
  return std::to_string(event.sequence_number) + " " + named(event.id) + named(event.type_name) + hex(event.hash);
}

}  // namespace

WitnessFile::WitnessFile(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0) throw std::runtime_error("cannot write " + path);
}

WitnessFile::~WitnessFile() {
  close(file_);
}

// One write a line: a process that is killed leaves whole lines, and threads do not mix theirs.
void WitnessFile::say(std::string line) const {
  line += '\n';
  if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(9);
}

void WitnessFile::stored(const CommitUnit& unit, std::uint64_t epoch) {
  for (const EventView& event : unit.events) {
    say("stored " + unit.session_id + " " + named(unit.owner) + std::to_string(epoch) + " " + facts(event));
  }
}

void WitnessFile::seen(int watcher, const EventView& event, const std::string& of_run) {
  say("seen " + std::to_string(watcher) + " " + named(event.session_id) + named(of_run) + facts(event) + " " +
      std::string(event.data));
}

void WitnessFile::made(const std::string& run_id) {
  say("made " + run_id);
}

void WitnessFile::accepted(const std::string& run_id) {
  say("accepted " + run_id);
}

void WitnessFile::told(const RunResult& result) {
  say("told " + result.run_id + " " + std::string(status_name(result.status)) + " " +
      std::to_string(result.first_sequence) + " " + std::to_string(result.last_sequence) + " " + hex(result.last_hash));
}

}  // namespace asmgr::faults
