// A recording: what a provider emitted and how it finished, once or several times.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace asmgr::replay {

struct RecordedEvent {
  std::chrono::nanoseconds at{0};  // since the start
  std::uint32_t type = 0;          // ASMGR_EV_*, 0 = only the name says what it is
  std::string type_name;
  std::string data;      // a JSON object
  std::string metadata;  // a JSON object, or empty
};

// From one start to its finish.
struct RecordedStart {
  std::vector<RecordedEvent> events;
  std::chrono::nanoseconds finish_at{0};
  std::uint32_t finish_status = 0;  // ASMGR_FINISH_*
  std::string finish_result;        // as asmgr_run_ctx.finish takes it
};

struct Recording {
  std::string path;
  std::string grade = "intercept";
  std::string vendor = "replay";
  std::string usage = "total";
  std::string capabilities = "[]";     // JSON
  std::string models = "[]";           // JSON
  std::int64_t max_output_tokens = 0;  // 0 = not known
  std::vector<RecordedStart> starts;

  [[nodiscard]] bool asks_before_tools() const { return grade == "intercept"; }
};

// Reads and checks the whole file. Throws sdk::StatusError (CONFIG_INVALID) with `FILE:LINE: what is wrong`.
[[nodiscard]] Recording load_recording(const std::string& path);

}  // namespace asmgr::replay
