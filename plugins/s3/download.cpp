#include "download.hpp"

#include <utility>

#include "object_name.hpp"

namespace asmgr::s3_store {
namespace {

constexpr std::size_t kMostHeld = std::size_t{256} * 1024;  // a piece more may come
constexpr std::size_t kMostOfAnError = std::size_t{64} * 1024;
constexpr int kMostResumptions = 50;

bool is_good(int status) {
  return status == 200 || status == 206;
}

}  // namespace

// Between the I/O thread, which fills it, and the caller's, which empties it.
class Download::Stream {
 public:
  void take_head(int status, const http::Headers& headers) {
    const std::lock_guard lock(mutex_);
    head_.status = status;
    head_.headers = headers;
    has_head_ = true;
    changed_.notify_all();
  }

  http::Flow take_bytes(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (!is_good(head_.status)) {
      if (head_.body.size() < kMostOfAnError) head_.body += bytes;
      return http::Flow::kGoOn;
    }
    held_ += bytes;
    changed_.notify_all();
    paused_ = held_.size() >= kMostHeld;
    return paused_ ? http::Flow::kPause : http::Flow::kGoOn;
  }

  void end(const http::Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    changed_.notify_all();
  }

  // The head; none when the exchange ended without.
  std::optional<Answer> wait_head() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_head_ || outcome_; });
    if (!has_head_) return std::nullopt;
    return head_;
  }

  // Bytes, or none at the end; `resume` is called when it stood still.
  template <typename Resume>
  std::string wait_bytes(Resume resume) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_.empty() || outcome_; });
    std::string bytes = std::exchange(held_, {});
    if (std::exchange(paused_, false)) resume();
    return bytes;
  }

  Try wait_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outcome_.has_value(); });
    return {*outcome_, head_};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Answer head_;  // with the body, when it is an error
  bool has_head_ = false;
  std::string held_;
  bool paused_ = false;
  std::optional<http::Outcome> outcome_;
};

Download::Download(Wire& wire, const std::string& name, std::string_view key, const Task& task)
    : wire_(wire), name_(name), key_(key), task_(task), patience_(wire.settings().timeout) {
  open();
}

Download::~Download() {
  wire_.client().cancel(exchange_);
}

void Download::open() {
  // As long as nothing was given, it may begin with another object.
  if (offset_ == 0) {
    entry_.reset();
    etag_.clear();
  }
  Call call{"GET", name_, {}, {}, {}};
  if (offset_ != 0) call.headers.push_back({"range", "bytes=" + std::to_string(offset_) + "-"});
  if (!etag_.empty()) call.headers.push_back({"if-match", etag_});
  http::Request request = wire_.signed_request(call);
  const std::chrono::milliseconds limit = patience_.left(wire_.try_limit());
  request.timeouts.connect = std::min(kConnectLimit, limit);
  request.timeouts.first_byte = limit;
  request.timeouts.idle = limit;
  stream_ = std::make_shared<Stream>();
  head_taken_ = false;
  http::Handlers handlers;
  handlers.on_head = [stream = stream_](int status, const http::Headers& headers) {
    stream->take_head(status, headers);
  };
  handlers.on_bytes = [stream = stream_](std::string_view bytes) { return stream->take_bytes(bytes); };
  handlers.on_end = [stream = stream_](const http::Outcome& outcome) { stream->end(outcome); };
  exchange_ = wire_.client().send(std::move(request), std::move(handlers));
}

const Entry& Download::entry() {
  while (!head_taken_) take_head();
  return *entry_;
}

void Download::take_head() {
  const std::optional<Answer> head = stream_->wait_head();
  if (!head || !is_good(head->status)) return repeat(stream_->wait_end());
  if (entry_) {
    check_next_head(*head);
  } else {
    take_first_head(*head);
  }
  head_taken_ = true;
}

void Download::take_first_head(const Answer& head) {
  entry_ = entry_of_headers(head.headers, key_);
  if (!entry_)
    throw sdk::StatusError(ASMGR_E_STORAGE, task_.what + ": the object " + shown(name_) + " in the bucket '" +
                                                wire_.settings().bucket +
                                                "' has no metadata of asmgr; store it again or remove it");
  if (const std::string* const etag = http::find_header(head.headers, "etag")) etag_ = *etag;
}

// That it goes on with the same object, where it broke off.
void Download::check_next_head(const Answer& head) {
  const std::string* const range = http::find_header(head.headers, "content-range");
  const std::string expected = "bytes " + std::to_string(offset_) + "-";
  const bool right_place = head.status == 206 && range != nullptr && range->starts_with(expected);
  if (right_place && entry_of_headers(head.headers, key_) == entry_) return;
  throw sdk::StatusError(ASMGR_E_STORAGE_READ, task_.what + " in the bucket '" + wire_.settings().bucket +
                                                   "': it was replaced while it was read; read it again")
      .with_retryable(true);
}

// After a failure: the next try, or what to say.
void Download::repeat(const Try& tried) {
  if (tried.answered() && tried.answer.status == 412) check_next_head(tried.answer);
  if (tried.answered() && is_missing(tried.answer))
    throw sdk::StatusError(ASMGR_E_NOT_FOUND, "there is no artifact " + shown(key_));
  const bool again = is_worth_repeating(tried) && resumptions_++ < kMostResumptions;
  if (!again || !patience_.wait(retry_after(tried.answer)))
    throw failed_try(task_, wire_.settings(), tried, wire_.now_us());
  open();
}

std::string Download::next() {
  for (;;) {
    static_cast<void>(entry());
    std::string bytes = stream_->wait_bytes([this] { wire_.client().resume(exchange_); });
    offset_ += bytes.size();
    if (!bytes.empty()) {
      patience_.renew();
      return bytes;
    }
    const Try tried = stream_->wait_end();
    if (tried.answered() || offset_ >= entry_->bytes) return {};
    repeat(tried);
  }
}

}  // namespace asmgr::s3_store
