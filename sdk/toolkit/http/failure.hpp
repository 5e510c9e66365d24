// Why an exchange failed, as a kind and a sentence.
#pragma once

#include <curl/curl.h>

#include <asmgr/toolkit/http.hpp>
#include <string>
#include <string_view>

namespace asmgr::http {

// Scheme, host and port: what of a URL may be shown.
[[nodiscard]] std::string server_of(std::string_view url);

[[nodiscard]] Outcome failure(ErrorKind kind, std::string message);

// `reason` are curl's own words, perhaps empty; `connected`: bytes of the answer had come or could have come.
[[nodiscard]] Outcome failure_of(CURLcode code, std::string_view reason, std::string_view url, bool connected);

}  // namespace asmgr::http
