#include "core/plugin/call.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

bool only_the_host_says(ErrorCode code) {
  return code == ErrorCode::plugin_crashed || code == ErrorCode::plugin_hung || code == ErrorCode::plugin_disabled;
}

}  // namespace

Error misbehaviour(const CallSite& site, std::string_view what) {
  return Error(ErrorCode::plugin_misbehaved, site.name() + " broke the plugin contract: " + std::string(what),
               {{"instance", site.instance}, {"function", site.function}});
}

Error error_from_call(const CallSite& site, asmgr_status status, const asmgr_error& said) {
  if (said.threw) {
    return misbehaviour(site, is_valid_utf8(said.message) ? "it threw an exception: " + said.message
                                                          : std::string("it threw an exception"));
  }
  const ErrorCode code = code_of_abi_status(status);
  if (only_the_host_says(code)) {
    return misbehaviour(site, "it answered " + std::string(code_name(code)) + ", which only the host may say");
  }
  if (!is_valid_utf8(said.message)) return misbehaviour(site, "its error message is not UTF-8");

  const std::string text = truncate_error_text(said.message).text;
  Error error(code,
              text.empty() ? site.name() + " failed: " + std::string(code_name(code)) : site.name() + ": " + text);
  if ((said.flags & ASMGR_ERR_PERMANENT) != 0) {
    error = std::move(error).with_retryable(false);
  } else if ((said.flags & ASMGR_ERR_RETRYABLE) != 0) {
    error = std::move(error).with_retryable(true);
  }
  if (said.retry_after_ms > 0) error = std::move(error).with_retry_after_ms(said.retry_after_ms);
  if (!said.details_json.empty()) {
    // Details that cannot be read are not worth a second error on top of the first.
    if (auto details = parse_json_object(said.details_json, "error details")) {
      error = std::move(error).with_details(std::move(*details));
    }
  }
  return error;
}

}  // namespace asmgr
