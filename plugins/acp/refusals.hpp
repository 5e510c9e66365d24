// Answers to an agent whose request is not carried out.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_rpc.hpp>
#include <string>

namespace asmgr::acp {

inline constexpr std::int64_t kRequestCancelled = -32800;
inline constexpr std::int64_t kResourceNotFound = -32002;

[[nodiscard]] inline json_rpc::Error request_cancelled() {
  return {kRequestCancelled, "the request was cancelled", nullptr};
}

[[nodiscard]] inline json_rpc::Error invalid_parameters(std::string message) {
  return {json_rpc::kInvalidParams, std::move(message), nullptr};
}

// Why a call is not made, as far as the verdict says; empty = it is allowed as it was asked for.
[[nodiscard]] inline std::string refusal_of(const sdk::Verdict& verdict) {
  if (!verdict.allowed) return verdict.note.empty() ? "the call was not permitted" : verdict.note;
  if (verdict.edited_input_json.empty()) return {};
  return "the call was permitted with another input only, and an agent of this protocol cannot be given one";
}

}  // namespace asmgr::acp
