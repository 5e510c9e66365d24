#include "core/retention/log_pruning.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr EventType kProtected[] = {
    EventType::session_created, EventType::session_completed, EventType::session_failed, EventType::session_cancelled,
    EventType::run_started,     EventType::run_completed,     EventType::run_failed,     EventType::run_cancelled,
    EventType::run_timeout,     EventType::error_occurred,
};

bool is_delta(EventType type) noexcept {
  return type == EventType::message_streamed || type == EventType::reasoning_streamed ||
         type == EventType::tool_input_streamed;
}

bool is_whole(EventType type) noexcept {
  return type == EventType::message_received || type == EventType::tool_call_started;
}

// A run's first attempt may go without a number.
std::int64_t attempt_of(const EventView& event) {
  if (event.metadata.find("\"attempt\"") == std::string_view::npos) return 1;
  const auto metadata = parse_json_object(event.metadata, "metadata");
  return metadata ? find_int(*metadata, "attempt").value_or(1) : 1;
}

std::string tool_call_of(const EventView& event) {
  const auto data = parse_json_object(event.data, "data");
  return data ? std::string(find_string(*data, "tool_call_id").value_or("")) : std::string();
}

}  // namespace

bool is_protected(EventType type) noexcept {
  return std::find(std::begin(kProtected), std::end(kProtected), type) != std::end(kProtected);
}

PruneRank PruneRanking::rank(const EventView& event) {
  if (event.type == EventType::run_started) later_.erase(std::string(event.run_id));
  if (event.pruned) return PruneRank::gone;
  if (is_whole(event.type)) note(event);
  if (is_protected(event.type) || live_runs_.contains(event.run_id)) return PruneRank::kept;
  if (is_delta(event.type) && is_superseded(event)) return PruneRank::superseded;
  const auto& first = policy_.prune_event_types_first;
  return std::find(first.begin(), first.end(), event.type_name) != first.end() ? PruneRank::first : PruneRank::ordinary;
}

void PruneRanking::note(const EventView& event) {
  LaterInAttempt& later = later_[std::string(event.run_id)][attempt_of(event)];
  if (event.type == EventType::message_received) {
    later.message = true;
    return;
  }
  later.tool_start = true;
  if (std::string call = tool_call_of(event); !call.empty()) later.started_calls.insert(std::move(call));
}

bool PruneRanking::is_superseded(const EventView& event) const {
  const auto run = later_.find(event.run_id);
  if (run == later_.end()) return false;
  const auto attempt = run->second.find(attempt_of(event));
  if (attempt == run->second.end()) return false;
  const LaterInAttempt& later = attempt->second;
  switch (event.type) {
    case EventType::message_streamed:
      return later.message;
    case EventType::tool_input_streamed:
      return later.started_calls.contains(tool_call_of(event));
    default:
      return later.message || later.tool_start;
  }
}

void PruneCount::add(PruneRank rank) noexcept {
  switch (rank) {
    case PruneRank::superseded:
      ++superseded;
      break;
    case PruneRank::first:
      ++first;
      break;
    case PruneRank::ordinary:
      ++ordinary;
      break;
    case PruneRank::kept:
      ++kept;
      break;
    case PruneRank::gone:
      break;
  }
}

std::uint64_t PruneCount::to_prune(std::uint64_t cap) const noexcept {
  const std::uint64_t excess = texts() > cap ? texts() - cap : 0;
  return std::min(excess, superseded + first + ordinary);
}

PruneChoice::PruneChoice(const PruneCount& count, std::uint64_t number) noexcept : pass_over_{} {
  std::uint64_t left = number;
  const std::uint64_t there[] = {count.superseded, count.first, count.ordinary};
  for (std::size_t rank = 0; rank < std::size(there); ++rank) {
    const std::uint64_t taken = std::min(left, there[rank]);
    pass_over_[rank] = there[rank] - taken;
    left -= taken;
  }
}

bool PruneChoice::takes(PruneRank rank) noexcept {
  if (rank == PruneRank::kept || rank == PruneRank::gone) return false;
  std::uint64_t& left = pass_over_[static_cast<std::size_t>(rank)];
  if (left == 0) return true;
  --left;
  return false;
}

void FallingNumbers::add(std::uint64_t number) {
  ++numbers_;
  if (!ranges_.empty() && ranges_.back().first == number + 1) {
    ranges_.back().first = number;
  } else {
    ranges_.push_back({number, number});
  }
}

std::vector<SequenceRange> FallingNumbers::take() {
  numbers_ = 0;
  std::vector<SequenceRange> rising = std::exchange(ranges_, {});
  std::reverse(rising.begin(), rising.end());
  return rising;
}

}  // namespace asmgr
