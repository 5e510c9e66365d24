#include "exchange.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "failure.hpp"

namespace asmgr::http {
namespace {

// A name that could end the line, or a value that could begin another one.
bool is_sendable(const Header& header) {
  const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !header.name.empty() && header.name.find_first_of(": \t") == std::string::npos &&
         std::none_of(header.name.begin(), header.name.end(), breaks) &&
         std::none_of(header.value.begin(), header.value.end(), breaks);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

// "HTTP/1.1 200 OK" -> 200; 0 for any other line.
int status_of(std::string_view line) {
  if (line.substr(0, 5) != "HTTP/") return 0;
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  int status = 0;
  const std::string_view digits = line.substr(blank + 1, 3);
  std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return status;
}

std::string in_words(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

constexpr std::size_t kLongestHead = std::size_t{256} << 10;

bool is_set(std::chrono::milliseconds time) {
  return time.count() > 0;
}

}  // namespace

CURL* Exchange::prepare() {
  began_ = Clock::now();
  last_byte_ = began_;
  easy_.reset(curl_easy_init());
  const bool ready =
      easy_ ? set_headers() && set_request() && set_options() && set_callbacks() : refuse("out of memory");
  if (!ready) easy_.reset();
  return easy_.get();
}

Exchange* Exchange::of(CURL* handle) noexcept {
  char* exchange = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &exchange);
  return static_cast<Exchange*>(static_cast<void*>(exchange));
}

bool Exchange::refuse(std::string why) {
  if (refusal_.empty()) refusal_ = std::move(why);
  return false;
}

bool Exchange::set_headers() {
  // Without it curl waits up to a second for a "100 Continue" before it sends a body of more than 1 MB.
  header_list_.reset(curl_slist_append(nullptr, "Expect:"));
  for (const Header& header : request_.headers) {
    if (!is_sendable(header)) return refuse("the header '" + header.name + "' has a line break or a blank in it");
    const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    curl_slist* const longer = curl_slist_append(header_list_.get(), line.c_str());
    if (longer == nullptr) return refuse("out of memory");
    static_cast<void>(header_list_.release());
    header_list_.reset(longer);
  }
  return curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, header_list_.get()) == CURLE_OK || refuse("out of memory");
}

bool Exchange::set_request() {
  CURL* const easy = easy_.get();
  if (curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str()) != CURLE_OK) return refuse("the URL cannot be used");
  if (curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK) return refuse("curl has no http");
  const bool has_body = !request_.body.empty() || request_.method == "POST";
  if (has_body) {
    // Not copied: the request lives as long as the handle.
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request_.method == (has_body ? "POST" : "GET")) return true;
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str()) == CURLE_OK || refuse("out of memory");
}

bool Exchange::set_options() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // A thread that still asks for an address must not hold up the end of its exchange.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timeouts.connect.count()));
  if (!request_.proxy.empty() && curl_easy_setopt(easy, CURLOPT_PROXY, request_.proxy.c_str()) != CURLE_OK) {
    return refuse("the proxy cannot be used");
  }
  if (!request_.ca_file.empty() && curl_easy_setopt(easy, CURLOPT_CAINFO, request_.ca_file.c_str()) != CURLE_OK) {
    return refuse("the ca_file cannot be used");
  }
  return true;
}

bool Exchange::set_callbacks() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::header_came);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::bytes_came);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
  return true;
}

// Closed in programs that the process starts, which curl's own sockets are not.
curl_socket_t Exchange::open_socket(void*, curlsocktype, curl_sockaddr* address) noexcept {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Exchange::header_came(char* line, std::size_t size, std::size_t count, void* self) noexcept {
  auto& exchange = *static_cast<Exchange*>(self);
  exchange.head_size_ += size * count;
  if (exchange.head_size_ > kLongestHead) return 0;
  try {
    exchange.take_header_line({line, size * count});
    return size * count;
  } catch (const std::exception& error) {
    exchange.thrown_ = error.what();
  } catch (...) {
    exchange.thrown_ = "something that is no std::exception";
  }
  return 0;
}

void Exchange::take_header_line(std::string_view line) {
  if (head_done_) return;  // a trailer
  line = trimmed(line);
  if (const int status = status_of(line)) {
    status_ = status;
    answer_headers_.clear();
    return;
  }
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    answer_headers_.push_back(
        {std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
    return;
  }
  if (status_ < 200) return;  // the final answer is still to come
  head_done_ = true;
  if (handlers_.on_head) handlers_.on_head(status_, answer_headers_);
}

std::size_t Exchange::bytes_came(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
  auto& exchange = *static_cast<Exchange*>(self);
  try {
    exchange.take_bytes({bytes, size * count});
    return size * count;
  } catch (const std::exception& error) {
    exchange.thrown_ = error.what();
  } catch (...) {
    exchange.thrown_ = "something that is no std::exception";
  }
  return CURL_WRITEFUNC_ERROR;
}

void Exchange::take_bytes(std::string_view bytes) {
  last_byte_ = Clock::now();
  first_byte_came_ = true;
  if (!handlers_.on_bytes || handlers_.on_bytes(bytes) == Flow::kGoOn) return;
  paused_ = true;
  // These bytes are taken; what curl has read beyond them it keeps until the pause is over.
  curl_easy_pause(easy_.get(), CURLPAUSE_RECV);
}

bool Exchange::resume() {
  if (!paused_) return true;
  paused_ = false;
  last_byte_ = Clock::now();
  return curl_easy_pause(easy_.get(), CURLPAUSE_CONT) == CURLE_OK;
}

std::optional<Clock::time_point> Exchange::next_look(Clock::time_point now) const {
  std::optional<Clock::time_point> next;
  const auto also = [&](Clock::time_point at) { next = next ? std::min(*next, at) : at; };
  const Timeouts& times = request_.timeouts;
  if (is_set(times.total)) also(began_ + times.total);
  if (is_set(times.first_byte) && !first_byte_came_) also(began_ + times.first_byte);
  // Before the first byte the idle clock does not run, but it may begin any moment.
  if (is_set(times.idle) && !paused_) also((first_byte_came_ ? last_byte_ : now) + times.idle);
  return next;
}

std::optional<Outcome> Exchange::overdue(Clock::time_point now) const {
  const Timeouts& times = request_.timeouts;
  const std::string server = server_of(request_.url);
  if (is_set(times.total) && now >= began_ + times.total) {
    return failure(ErrorKind::kTotalTimeout, "the answer of " + server + " was not complete within " +
                                                 in_words(times.total) + "; ask for less or allow more time");
  }
  if (is_set(times.first_byte) && !first_byte_came_ && now >= began_ + times.first_byte) {
    return failure(ErrorKind::kFirstByteTimeout, "no answer from " + server + " within " + in_words(times.first_byte) +
                                                     "; try again or allow more time");
  }
  if (is_set(times.idle) && first_byte_came_ && !paused_ && now >= last_byte_ + times.idle) {
    return failure(ErrorKind::kIdleTimeout, "nothing more from " + server + " for " + in_words(times.idle) +
                                                " in the middle of its answer; try again or allow more time");
  }
  return std::nullopt;
}

Outcome Exchange::outcome(CURLcode code) const {
  if (!thrown_.empty()) return failure(ErrorKind::kInternal, "a handler of the exchange threw: " + thrown_);
  if (!easy_) {
    return failure(ErrorKind::kInvalidRequest,
                   "the request cannot be sent to " + server_of(request_.url) + ": " + refusal_);
  }
  if (code == CURLE_OK && head_done_) return Outcome{};
  // A connection that ends in the middle of a head is a whole answer to curl.
  if (code == CURLE_OK) {
    return failure(ErrorKind::kCut,
                   "the connection to " + server_of(request_.url) + " ended in the head of the answer; try again");
  }
  if (head_size_ > kLongestHead) {
    return failure(ErrorKind::kProtocol, "the head of the answer of " + server_of(request_.url) + " is longer than " +
                                             std::to_string(kLongestHead) +
                                             " bytes; check that the address is the right one");
  }
  curl_off_t connected = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
  return failure_of(code, reason_, request_.url, connected > 0);
}

Outcome Exchange::cancelled() const {
  return Outcome{Ending::kCancelled, ErrorKind::kNone,
                 "the exchange with " + server_of(request_.url) + " was cancelled"};
}

void Exchange::end(const Outcome& outcome) {
  easy_.reset();
  if (!handlers_.on_end) return;
  try {
    handlers_.on_end(outcome);
  } catch (...) {
    // It was told, which is all that was promised; there is nobody left to tell of this.
  }
}

}  // namespace asmgr::http
