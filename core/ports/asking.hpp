// What a question about a tool call (RunChannel.ask) may say beside the call.
#pragma once

#include <string_view>

namespace asmgr {

// How many more questions about calls of the same model turn follow at once; absent = none. Not part of the call.
inline constexpr std::string_view kAsksToCome = "asks_to_come";

}  // namespace asmgr
