#include "core/workflow/error_class.hpp"

#include <array>

namespace asmgr {
namespace {

RecommendedAction action_for(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::provider_timeout:
    case ErrorCode::storage_connection_failed:
    case ErrorCode::timeout:
    case ErrorCode::storage_ambiguous:
    case ErrorCode::host_terminated:
      return RecommendedAction::retry;
    case ErrorCode::provider_rate_limited:
    case ErrorCode::max_runs_exceeded:
    case ErrorCode::max_sessions_exceeded:
    case ErrorCode::storage_full:
      return RecommendedAction::wait_and_retry;
    case ErrorCode::provider_unavailable:
    case ErrorCode::plugin_crashed:
    case ErrorCode::plugin_hung:
    case ErrorCode::plugin_disabled:
      return RecommendedAction::failover;
    case ErrorCode::cancelled:
    case ErrorCode::policy_violation:
      return RecommendedAction::cancel;
    default:
      return RecommendedAction::abort;
  }
}

}  // namespace

std::string_view action_name(RecommendedAction action) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"retry", "wait_and_retry", "failover", "cancel", "abort"};
  return kNames[static_cast<std::size_t>(action)];
}

ErrorClass classify_error(const Error& error) noexcept {
  ErrorClass found;
  found.category = category_of(error.code());
  found.action = action_for(error.code());
  // Whoever made the error may know better than its code says.
  if (found.action == RecommendedAction::abort && error.retryable()) found.action = RecommendedAction::retry;
  found.retryable = found.action != RecommendedAction::abort && found.action != RecommendedAction::cancel;
  return found;
}

boost::json::object classified_json(const Error& error) {
  const ErrorClass found = classify_error(error);
  return {{"error", error.to_json()},
          {"retryable", found.retryable},
          {"category", category_name(found.category)},
          {"recommended_action", action_name(found.action)}};
}

}  // namespace asmgr
