// One start being played, on a thread of its own.
#pragma once

#include <asmgr/plugin.hpp>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "recording.hpp"

namespace asmgr::replay {

struct Fault {
  enum class Kind { kDisconnect, kHang, kError, kDuplicateFinish, kGarbage };
  std::uint64_t at = 1;  // before this event, counted from 1
  Kind kind = Kind::kDisconnect;
  std::string code = "provider_error";  // of kError
};

struct Play {
  const RecordedStart* recorded;  // outlives the playback
  bool asks;                      // before each tool call
  double speed;                   // 0 = at once
  std::vector<Fault> faults;
};

class Playback {
 public:
  // Takes the run when a thread could be had; else throws std::system_error and leaves it with the caller.
  Playback(Play play, sdk::Run& run);
  // Ends whatever it is doing, and waits for it.
  ~Playback();
  Playback(const Playback&) = delete;
  Playback& operator=(const Playback&) = delete;

  // Any thread, each.
  [[nodiscard]] std::uint64_t start() const noexcept { return start_; }
  [[nodiscard]] bool done();
  void cancel();
  void resolve(std::uint64_t ticket, sdk::Verdict verdict);

 private:
  enum class Next { kGoOn, kOver };

  void play();
  Next play_event(const RecordedEvent& event);
  Next play_tool_call(const RecordedEvent& event);
  Next play_faults(std::uint64_t before);
  Next play_fault(const Fault& fault);
  Next emit(const asmgr_event& event);
  Next emit(const RecordedEvent& event, std::string_view data);
  Next emit_denied_result(const std::string& tool_call_id);
  Next emit_garbage();

  bool wait_until(std::chrono::nanoseconds at);
  bool wait_for_verdict(std::uint64_t ticket, sdk::Verdict& verdict);
  bool must_end() const;  // with the mutex held
  void hang();
  void finish_cancelled();
  void finish_failed(std::string_view code, std::string_view message);
  void finish_twice();

  const Play play_;
  sdk::Run run_;
  const std::uint64_t start_;
  const sdk::Cancel token_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t next_ticket_ = 1;
  std::map<std::string, std::string> denied_;  // tool call id -> the event to play instead of its result

  std::mutex mutex_;  // never held while the host is called
  std::condition_variable changed_;
  bool cancelled_ = false;
  bool closing_ = false;
  bool done_ = false;
  std::map<std::uint64_t, sdk::Verdict> verdicts_;

  std::thread thread_;
};

}  // namespace asmgr::replay
