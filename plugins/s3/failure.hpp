// What the service answered instead of doing it, as the status and sentence that callers get.
#pragma once

#include <asmgr/cpp/error.hpp>
#include <string>
#include <string_view>

#include "wire.hpp"

namespace asmgr::s3_store {

// kPrepare: what is written is not seen by anybody yet.
enum class Work { kRead, kPrepare, kWrite };

// What was to be done, for messages: "cannot store the artifact 'k'".
struct Task {
  std::string what;
  Work work = Work::kRead;
};

// The `Code` of an answer that is an error; empty when it names none.
[[nodiscard]] std::string code_of(const Answer& answer);

// Whether the object is said not to be there. Not so when the bucket is missing, or when something answers that is no
// S3.
[[nodiscard]] bool is_missing(const Answer& answer);

// A 2xx without an error in it: an answer that took long to find begins as a 200 and may still turn out to be one.
[[nodiscard]] bool is_success(const Try& tried);

// Whether the same request may go better soon.
[[nodiscard]] bool is_worth_repeating(const Try& tried);

// Every sentence names the bucket and where it is, and what to do; none holds a key, a token or a signature.
// `now_us`: this machine's time, for an answer that speaks of the clock.
[[nodiscard]] sdk::StatusError failed_answer(const Task& task, const Settings& settings, const Answer& answer,
                                             std::int64_t now_us);
// No answer came. A request that may have arrived and may have changed something is STORAGE_AMBIGUOUS.
[[nodiscard]] sdk::StatusError failed_outcome(const Task& task, const Settings& settings, const http::Outcome& outcome);
// One of the two.
[[nodiscard]] sdk::StatusError failed_try(const Task& task, const Settings& settings, const Try& tried,
                                          std::int64_t now_us);

}  // namespace asmgr::s3_store
