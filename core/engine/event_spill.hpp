// What is too large for the log of a run: its whole text goes to the pipeline's artifact store, the event keeps the
// beginning.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/engine/helper_threads.hpp"
#include "core/model/artifact.hpp"
#include "core/ports/artifacts.hpp"

namespace asmgr {

// What the events of one run share. Everything but the warning stays as it was made; that is the session's
// serialiser's.
struct Spill {
  std::uint64_t max_event_bytes = std::uint64_t{1} << 20;  // of an event's data
  std::string pipeline;
  std::shared_ptr<ArtifactStore> artifacts;  // null: what is too large is cut, and the rest of it lost
  std::string artifacts_name;
  std::string tenant;
  std::optional<std::string> warning = std::nullopt;  // the first thing that went wrong, for the run's result
};

// An event on its way, with a copy of what it says: the thread that puts it may stay in the artifact store longer than
// anybody waits for it.
struct LargeEvent {
  std::shared_ptr<const std::string> data;
  std::string type;
  std::string event_id;
  std::string session_id;
  std::string run_id;
  Timestamp now;
};

struct SpilledEvent {
  std::string data;                  // that the event has now
  std::optional<Artifact> artifact;  // to be registered with it
  std::string problem;               // why there is none; empty = there is one
};

struct SpillMeans {
  std::function<Result<std::string>()> find_mark;  // of the session's store
  HelperThreads& helpers;
  const std::atomic<bool>& stopping;  // the host ends: what is not there in a moment is done without
  // What is not there after that long is done without.
  std::chrono::milliseconds deadline = std::chrono::seconds(30);
};

// Blocks, at most for the deadline: for helper threads.
[[nodiscard]] SpilledEvent spill_event(const Spill& spill, const LargeEvent& event, const SpillMeans& means);

// A text as the source of a put; it must live as long as the source is read.
[[nodiscard]] ByteSource source_of(std::string_view text);

}  // namespace asmgr
