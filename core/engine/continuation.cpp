#include "core/engine/continuation.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

Result<ContinuationMode> parse_mode(const boost::json::value& value, std::vector<std::string>& warnings) {
  if (value.is_bool()) {
    if (!value.get_bool()) return ContinuationMode::off;
    warnings.emplace_back("continuation: true is an alias of auto; write auto");
    return ContinuationMode::auto_;
  }
  if (value.is_string()) {
    const std::string_view name = value.get_string();
    for (const ContinuationMode mode :
         {ContinuationMode::off, ContinuationMode::auto_, ContinuationMode::replay, ContinuationMode::native}) {
      if (name == mode_name(mode)) return mode;
    }
  }
  return Error(ErrorCode::validation_error, "continuation must be off, auto, replay or native, not " + to_text(value));
}

Result<void> take_limit(const boost::json::object& limits, std::string_view key, std::int64_t& out) {
  const boost::json::value* given = find(limits, key);
  if (given == nullptr || given->is_null()) return {};
  const std::optional<std::int64_t> number = find_int(limits, key);
  if (!number || *number < 0) {
    return Error(ErrorCode::validation_error, "continuation_opts." + std::string(key) +
                                                  " must be a number that is not negative, not " + to_text(*given));
  }
  out = *number;
  return {};
}

}  // namespace

std::string_view mode_name(ContinuationMode mode) noexcept {
  switch (mode) {
    case ContinuationMode::off:
      return "off";
    case ContinuationMode::auto_:
      return "auto";
    case ContinuationMode::replay:
      return "replay";
    case ContinuationMode::native:
      return "native";
  }
  return "off";
}

Result<ContinuationOptions> resolve_continuation(const ContinuationOptions& pipeline,
                                                 const std::optional<boost::json::value>& mode,
                                                 const boost::json::object& limits, const ProviderInfo& provider,
                                                 std::vector<std::string>& warnings) {
  ContinuationOptions options = pipeline;
  if (mode) {
    auto parsed = parse_mode(*mode, warnings);
    if (!parsed) return parsed.error();
    options.mode = *parsed;
  }
  for (const auto& member : limits) {
    const std::string_view key = member.key();
    if (key != "max_messages" && key != "limit" && key != "max_tokens_approx" && key != "max_chars") {
      return Error(ErrorCode::validation_error,
                   "continuation_opts has no key '" + std::string(key) +
                       "'; it takes max_messages (or limit), max_tokens_approx and max_chars");
    }
  }
  for (const auto& [key, out] : {std::pair<std::string_view, std::int64_t*>{"max_messages", &options.max_messages},
                                 {"limit", &options.max_messages},
                                 {"max_tokens_approx", &options.max_tokens_approx},
                                 {"max_chars", &options.max_chars}}) {
    if (auto taken = take_limit(limits, key, *out); !taken) return taken.error();
  }
  if (options.mode == ContinuationMode::native && !provider.can_resume_natively) {
    return Error(ErrorCode::capability_not_supported,
                 "continuation: native needs a provider that can go on from a session of its own, and '" +
                     provider.name + "' cannot; use auto or replay");
  }
  return options;
}

boost::json::object limits_json(const ContinuationOptions& options) {
  return {{"max_messages", options.max_messages},
          {"max_tokens_approx", options.max_tokens_approx},
          {"max_chars", options.max_chars}};
}

TranscriptLimits limits_of(const ContinuationOptions& options) {
  TranscriptLimits limits;
  limits.max_messages = static_cast<std::uint64_t>(options.max_messages);
  limits.max_chars = static_cast<std::uint64_t>(options.max_chars);
  limits.max_tokens_approx = static_cast<std::uint64_t>(options.max_tokens_approx);
  return limits;
}

}  // namespace asmgr
