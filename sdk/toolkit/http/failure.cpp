#include "failure.hpp"

#include <utility>

namespace asmgr::http {
namespace {

ErrorKind kind_of(CURLcode code, bool connected) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      return ErrorKind::kInvalidRequest;
    case CURLE_UNSUPPORTED_PROTOCOL:  // of the URL, or of what the server answered
      return connected ? ErrorKind::kProtocol : ErrorKind::kInvalidRequest;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ErrorKind::kResolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return ErrorKind::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return ErrorKind::kTls;
    case CURLE_OPERATION_TIMEDOUT:  // curl is given one time only
      return ErrorKind::kConnectTimeout;
    case CURLE_RECV_ERROR:  // before there is a connection: a proxy refuses the way to the server
    case CURLE_SEND_ERROR:
      return connected ? ErrorKind::kCut : ErrorKind::kConnect;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2_STREAM:
      return ErrorKind::kCut;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_BAD_CONTENT_ENCODING:
      return ErrorKind::kProtocol;
    default:
      return ErrorKind::kInternal;
  }
}

// A sentence around the server's name.
struct Sentence {
  std::string_view before;
  std::string_view after;
  std::string_view what_to_do;
};

Sentence sentence_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidRequest:
      return {"the request cannot be sent to ", "", "check the URL and the files it needs"};
    case ErrorKind::kResolve:
      return {"there is no address for ", "", "check the name, the network and the proxy"};
    case ErrorKind::kConnect:
      return {"cannot connect to ", "", "check the address, the network and the proxy"};
    case ErrorKind::kConnectTimeout:
      return {"cannot connect to ", " in time", "check the address, the network and the proxy"};
    case ErrorKind::kTls:
      return {"there is no secure connection to ", "", "check the address and the certificates (ca_file)"};
    case ErrorKind::kCut:
      return {"the connection to ", " broke before the answer was complete", "try again"};
    case ErrorKind::kProtocol:
      return {"what came from ", " is not HTTP", "check that the address is the right one"};
    default:
      return {"the exchange with ", " failed", "try again"};
  }
}

}  // namespace

std::string server_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::string_view authority = url.substr(host, url.find_first_of("/?#", host) - host);
  const std::size_t user = authority.rfind('@');
  if (user != std::string_view::npos) authority.remove_prefix(user + 1);
  return std::string(url.substr(0, host)) + std::string(authority);
}

Outcome failure(ErrorKind kind, std::string message) {
  return Outcome{Ending::kError, kind, std::move(message)};
}

Outcome failure_of(CURLcode code, std::string_view reason, std::string_view url, bool connected) {
  const ErrorKind kind = kind_of(code, connected);
  if (reason.empty()) reason = curl_easy_strerror(code);
  const Sentence sentence = sentence_of(kind);
  std::string message(sentence.before);
  message.append(server_of(url)).append(sentence.after);
  message.append(" (").append(reason).append("); ").append(sentence.what_to_do);
  return failure(kind, std::move(message));
}

}  // namespace asmgr::http
