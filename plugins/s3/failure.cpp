#include "failure.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "answer_xml.hpp"
#include "object_name.hpp"

namespace asmgr::s3_store {
namespace {

struct Known {
  std::string_view code;
  asmgr_status status;
  std::string_view why;
  std::string_view advice;
};

// In the words of an operator.
constexpr std::array kKnown = {
    Known{"NoSuchBucket", ASMGR_E_STORAGE, "there is no such bucket", "make it, or correct 'bucket' or 'endpoint'"},
    Known{"InvalidAccessKeyId", ASMGR_E_STORAGE, "the service does not know the access key",
          "correct 'access_key', and 'session_token' for temporary credentials"},
    Known{"SignatureDoesNotMatch", ASMGR_E_STORAGE, "the secret key does not belong to the access key",
          "correct 'secret_key'"},
    Known{"AccessDenied", ASMGR_E_STORAGE, "the access key is not allowed to do this",
          "allow it s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and, on the bucket, "
          "s3:ListBucket (without the last one what is not there is refused too)"},
    Known{"ExpiredToken", ASMGR_E_STORAGE, "the temporary credentials have expired",
          "get new ones for 'access_key', 'secret_key' and 'session_token'"},
    Known{"InvalidToken", ASMGR_E_STORAGE, "the session token is not one of the service's",
          "correct 'session_token', or remove it where the keys are no temporary ones"},
    Known{"QuotaExceeded", ASMGR_E_STORAGE_FULL, "the quota is used up",
          "remove what is not needed, or have it raised"},
    Known{"XMinioStorageFull", ASMGR_E_STORAGE_FULL, "the server's disk is full", "make room there and try again"},
    Known{"InsufficientStorage", ASMGR_E_STORAGE_FULL, "there is no room left", "make room there and try again"},
};

constexpr std::array<std::string_view, 4> kClockCodes = {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
                                                         "ExpiredRequest"};
constexpr std::array<std::string_view, 5> kSoonBetterCodes = {"SlowDown", "InternalError", "ServiceUnavailable",
                                                              "RequestTimeout", "OperationAborted"};

std::string header_or_empty(const Answer& answer, std::string_view name) {
  const std::string* found = http::find_header(answer.headers, name);
  return found == nullptr ? std::string() : *found;
}

bool is_lasting_problem(http::ErrorKind kind) {
  return kind == http::ErrorKind::kInvalidRequest || kind == http::ErrorKind::kTls ||
         kind == http::ErrorKind::kInternal;
}

// Whether the request may have arrived whole though no answer did.
bool may_have_arrived(http::ErrorKind kind) {
  return kind == http::ErrorKind::kCut || kind == http::ErrorKind::kFirstByteTimeout ||
         kind == http::ErrorKind::kIdleTimeout || kind == http::ErrorKind::kTotalTimeout ||
         kind == http::ErrorKind::kProtocol;
}

std::string beginning_of(const Task& task, const Settings& settings) {
  return task.what + " in the bucket '" + settings.bucket + "' at " + settings.endpoint() + ": ";
}

asmgr_status usual_status(const Task& task) {
  return task.work == Work::kRead ? ASMGR_E_STORAGE_READ : ASMGR_E_STORAGE_WRITE;
}

// What the server says, as far as it may be shown: it could repeat what it was sent.
std::string words_of(const Answer& answer, const Settings& settings) {
  std::string words = text_in_xml(answer.body, "Error/Message");
  for (const std::string* secret :
       {&settings.credentials.secret_key, &settings.credentials.session_token, &settings.credentials.access_key}) {
    for (std::size_t at = secret->empty() ? std::string::npos : words.find(*secret); at != std::string::npos;
         at = words.find(*secret, at + 3)) {
      words.replace(at, secret->size(), "***");
    }
  }
  return words.empty() ? "" : ", " + shown(words);
}

// The region that the answer says is the right one.
std::string other_region(const Answer& answer, const Settings& settings) {
  std::string region = header_or_empty(answer, "x-amz-bucket-region");
  if (region.empty()) region = text_in_xml(answer.body, "Error/Region");
  return region == settings.scope.region ? "" : region;
}

bool speaks_of_place(const Answer& answer, const std::string& code) {
  return answer.status == 301 || answer.status == 307 || code == "AuthorizationHeaderMalformed" ||
         code == "PermanentRedirect" || code == "IllegalLocationConstraintException";
}

std::string place_sentence(const Answer& answer, const Settings& settings) {
  const std::string region = other_region(answer, settings);
  if (!region.empty())
    return "the bucket is in the region " + shown(region) + ", not in '" + settings.scope.region +
           "'; set 'region' to it, and 'endpoint' where one is given";
  const std::string endpoint = text_in_xml(answer.body, "Error/Endpoint");
  return "the service says that the bucket is elsewhere" + (endpoint.empty() ? "" : ", at " + shown(endpoint)) +
         "; correct 'region' or 'endpoint'";
}

std::string clock_sentence(const Answer& answer, std::int64_t now_us) {
  const std::string date = header_or_empty(answer, "date");
  const std::time_t there = date.empty() ? -1 : curl_getdate(date.c_str(), nullptr);
  const std::string off =
      there < 0 ? ""
                : " (by " + std::to_string(std::llabs(now_us / 1'000'000 - static_cast<std::int64_t>(there))) + " s)";
  return "this machine's clock and the service's differ too much" + off + "; set the clock";
}

}  // namespace

std::string code_of(const Answer& answer) {
  return text_in_xml(answer.body, "Error/Code");
}

bool is_missing(const Answer& answer) {
  const std::string code = code_of(answer);
  return answer.status == 404 && (code == "NoSuchKey" || code == "NoSuchVersion" || code == "NotFound");
}

bool is_success(const Try& tried) {
  return tried.answered() && tried.answer.status >= 200 && tried.answer.status < 300 && code_of(tried.answer).empty();
}

bool is_worth_repeating(const Try& tried) {
  if (!tried.answered()) return !is_lasting_problem(tried.outcome.error);
  const int status = tried.answer.status;
  if (status == 429 || status == 500 || (status >= 502 && status <= 504)) return true;
  if (status < 400 && status != 200) return false;
  const std::string code = code_of(tried.answer);
  return std::find(kSoonBetterCodes.begin(), kSoonBetterCodes.end(), code) != kSoonBetterCodes.end();
}

sdk::StatusError failed_answer(const Task& task, const Settings& settings, const Answer& answer, std::int64_t now_us) {
  const std::string begin = beginning_of(task, settings);
  const std::string code = code_of(answer);
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& one) { return one.code == code; });
  if (known != kKnown.end())
    return {known->status,
            begin + std::string(known->why) + " (" + std::string(known->code) + "); " + std::string(known->advice)};
  if (std::find(kClockCodes.begin(), kClockCodes.end(), code) != kClockCodes.end())
    return {ASMGR_E_STORAGE, begin + clock_sentence(answer, now_us)};
  if (speaks_of_place(answer, code)) return {ASMGR_E_STORAGE, begin + place_sentence(answer, settings)};
  const std::string said =
      "HTTP " + std::to_string(answer.status) + (code.empty() ? "" : " " + shown(code)) + words_of(answer, settings);
  if (is_worth_repeating(Try{{}, answer}))
    return {ASMGR_E_STORAGE_CONNECTION, begin + "the service cannot now, also after repetitions (" + said +
                                            "); try again later, or raise 'timeout'"};
  if (answer.status == 507) return {ASMGR_E_STORAGE_FULL, begin + said + "; make room there and try again"};
  if (answer.status == 403)
    return {ASMGR_E_STORAGE, begin + "it is refused (" + said + "); check the keys and what they are allowed to do"};
  if (code.empty())
    return {ASMGR_E_STORAGE, begin + "the answer (" + said + ") is not one of S3; check 'endpoint' and 'path_style'"};
  return {usual_status(task), begin + "the service refuses it (" + said + ")"};
}

sdk::StatusError failed_outcome(const Task& task, const Settings& settings, const http::Outcome& outcome) {
  const std::string text = beginning_of(task, settings) + outcome.message;
  if (task.work == Work::kWrite && may_have_arrived(outcome.error))
    return {ASMGR_E_STORAGE_AMBIGUOUS, text + "; it may be done all the same"};
  if (is_lasting_problem(outcome.error)) return {ASMGR_E_STORAGE, text};
  return {ASMGR_E_STORAGE_CONNECTION, text};
}

sdk::StatusError failed_try(const Task& task, const Settings& settings, const Try& tried, std::int64_t now_us) {
  return tried.answered() ? failed_answer(task, settings, tried.answer, now_us)
                          : failed_outcome(task, settings, tried.outcome);
}

}  // namespace asmgr::s3_store
