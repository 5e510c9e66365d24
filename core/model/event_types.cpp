// The table of event types.
#include <algorithm>
#include <array>

#include "core/model/event.hpp"

namespace asmgr {
namespace {

struct TypeRow {
  EventType type;
  std::string_view name;
  EventCategory category;
};

// In the order of the enumeration, so that a type's number is its row's index plus one.
// clang-format off
constexpr TypeRow kTypeRows[] = {
    {EventType::session_created, "session_created", EventCategory::session},
    {EventType::session_started, "session_started", EventCategory::session},
    {EventType::session_paused, "session_paused", EventCategory::session},
    {EventType::session_resumed, "session_resumed", EventCategory::session},
    {EventType::session_completed, "session_completed", EventCategory::session},
    {EventType::session_failed, "session_failed", EventCategory::session},
    {EventType::session_cancelled, "session_cancelled", EventCategory::session},
    {EventType::run_started, "run_started", EventCategory::run},
    {EventType::run_completed, "run_completed", EventCategory::run},
    {EventType::run_failed, "run_failed", EventCategory::run},
    {EventType::run_cancelled, "run_cancelled", EventCategory::run},
    {EventType::run_timeout, "run_timeout", EventCategory::run},
    {EventType::message_sent, "message_sent", EventCategory::message},
    {EventType::message_received, "message_received", EventCategory::message},
    {EventType::message_streamed, "message_streamed", EventCategory::message},
    {EventType::tool_call_started, "tool_call_started", EventCategory::tool},
    {EventType::tool_call_completed, "tool_call_completed", EventCategory::tool},
    {EventType::tool_call_failed, "tool_call_failed", EventCategory::tool},
    {EventType::error_occurred, "error_occurred", EventCategory::error},
    {EventType::error_recovered, "error_recovered", EventCategory::error},
    {EventType::token_usage_updated, "token_usage_updated", EventCategory::usage},
    {EventType::turn_completed, "turn_completed", EventCategory::usage},
    {EventType::workspace_snapshot_taken, "workspace_snapshot_taken", EventCategory::workspace},
    {EventType::workspace_diff_computed, "workspace_diff_computed", EventCategory::workspace},
    {EventType::policy_violation, "policy_violation", EventCategory::policy},
    {EventType::tool_approval_requested, "tool_approval_requested", EventCategory::approval},
    {EventType::tool_approval_granted, "tool_approval_granted", EventCategory::approval},
    {EventType::tool_approval_denied, "tool_approval_denied", EventCategory::approval},
    {EventType::provider_started, "provider_started", EventCategory::provider},
    {EventType::step_started, "step_started", EventCategory::provider},
    {EventType::reasoning_streamed, "reasoning_streamed", EventCategory::message},
    {EventType::tool_input_streamed, "tool_input_streamed", EventCategory::tool},
    {EventType::step_reset, "step_reset", EventCategory::provider},
};
// clang-format on

constexpr std::size_t kTypeCount = std::size(kTypeRows);
static_assert(kTypeCount == static_cast<std::size_t>(EventType::step_reset), "a type has no row");

constexpr bool type_rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    if (kTypeRows[i].type != static_cast<EventType>(i + 1)) return false;
  }
  return true;
}
static_assert(type_rows_follow_the_enumeration());

constexpr auto kAllTypes = [] {
  std::array<EventType, kTypeCount> types{};
  for (std::size_t i = 0; i < kTypeCount; ++i) types[i] = kTypeRows[i].type;
  return types;
}();

// By name, for the search on the event path.
constexpr auto kByName = [] {
  std::array<TypeRow, kTypeCount> rows{};
  std::ranges::copy(kTypeRows, rows.begin());
  std::ranges::sort(rows, {}, &TypeRow::name);
  return rows;
}();

const TypeRow* row_of(EventType type) noexcept {
  const auto number = static_cast<std::size_t>(type);
  return number >= 1 && number <= kTypeCount ? &kTypeRows[number - 1] : nullptr;
}

}  // namespace

std::span<const EventType> all_event_types() noexcept {
  return kAllTypes;
}

std::string_view type_name(EventType type) noexcept {
  const TypeRow* row = row_of(type);
  return row ? row->name : "unknown";
}

EventType event_type_of(std::string_view name) noexcept {
  const auto* row = std::ranges::lower_bound(kByName, name, {}, &TypeRow::name);
  return row != kByName.end() && row->name == name ? row->type : EventType::unknown;
}

EventCategory category_of(EventType type) noexcept {
  const TypeRow* row = row_of(type);
  return row ? row->category : EventCategory::unknown;
}

bool is_run_terminal(EventType type) noexcept {
  return type == EventType::run_completed || type == EventType::run_failed || type == EventType::run_cancelled ||
         type == EventType::run_timeout;
}

bool is_session_terminal(EventType type) noexcept {
  return type == EventType::session_completed || type == EventType::session_failed ||
         type == EventType::session_cancelled;
}

}  // namespace asmgr
