#include "loop.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace asmgr::http {
namespace {

constexpr int kMaxEvents = 256;
// Idle connections that are kept for later exchanges.
constexpr long kKeptConnections = 64;

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

CURLM* new_multi() {
  // Counted by curl and safe from any thread; not undone, since other users of the library may be at work.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  return multi;
}

std::thread thread_without_signals(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the program's signals are the program's
  try {
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Client::Loop::Loop()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1 for an HTTP client")),
      wake_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd for an HTTP client")),
      multi_(new_multi()) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.get();
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event), "epoll_ctl for an HTTP client");
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Loop::watch);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Loop::set_curl_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kKeptConnections);
  // A paused stream stops the reading of its connection, so streams do not share one.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  thread_ = thread_without_signals([this] { run(); });
}

Client::Loop::~Loop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  wake();
  thread_.join();
}

ExchangeId Client::Loop::send(Request request, Handlers handlers) {
  const ExchangeId id = ++last_id_;
  order(std::make_unique<Exchange>(id, std::move(request), std::move(handlers)));
  return id;
}

void Client::Loop::post_after(std::chrono::milliseconds delay, std::function<void()> task) {
  const auto at = Clock::now() + delay;
  post([this, at, task = std::move(task)]() mutable { timers_.emplace(at, std::move(task)); });
}

void Client::Loop::order(Order order) {
  bool first = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    first = orders_.empty();
    orders_.push_back(std::move(order));
  }
  if (first) wake();
}

void Client::Loop::wake() noexcept {
  eventfd_write(wake_.get(), 1);
}

void Client::Loop::run() {
  while (!is_closing()) {
    run_orders();
    run_timers();
    wait_for_news();
    run_curl_timer();
    collect_ended();
  }
  end_all();
}

void Client::Loop::wait_for_news() {
  epoll_event events[kMaxEvents];
  const int count = epoll_wait(epoll_.get(), events, kMaxEvents, wait_ms());
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[i];
    if (event.data.fd == wake_.get()) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.get(), &ignored);
      continue;
    }
    int what = 0;
    if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    int running = 0;
    curl_multi_socket_action(multi_.get(), event.data.fd, what, &running);
  }
}

// Rounded up: a wait that ends early would only turn the loop once more.
int Client::Loop::wait_ms() const {
  std::optional<Clock::time_point> next = curl_at_;
  if (!timers_.empty()) next = next ? std::min(*next, timers_.begin()->first) : timers_.begin()->first;
  if (!next) return -1;
  constexpr std::chrono::milliseconds kLongest{60'000};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
}

void Client::Loop::run_curl_timer() {
  if (!curl_at_ || *curl_at_ > Clock::now()) return;
  curl_at_.reset();
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

void Client::Loop::run_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::function<void()> task = std::move(timers_.extract(timers_.begin()).mapped());
    task();
  }
}

bool Client::Loop::is_closing() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return closing_;
}

bool Client::Loop::run_orders() {
  std::vector<Order> orders;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    orders.swap(orders_);
  }
  for (Order& order : orders) {
    if (auto* exchange = std::get_if<std::unique_ptr<Exchange>>(&order)) begin(std::move(*exchange));
    if (const auto* cancel = std::get_if<Cancel>(&order)) cancel_now(cancel->id);
    if (const auto* resume = std::get_if<Resume>(&order)) resume_now(resume->id);
    if (const auto* task = std::get_if<Task>(&order)) task->run();
  }
  return !orders.empty();
}

void Client::Loop::end_all() {
  while (run_orders() || !exchanges_.empty()) {
    while (!exchanges_.empty()) cancel_now(exchanges_.begin()->first);
  }
  timers_.clear();
}

void Client::Loop::begin(std::unique_ptr<Exchange> exchange) {
  const ExchangeId id = exchange->id();
  CURL* const handle = exchange->prepare();
  Live& live = exchanges_.emplace(id, Live{std::move(exchange), std::nullopt}).first->second;
  if (handle == nullptr) return end(id, live.exchange->outcome(CURLE_OK));
  if (curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
    return end(id, live.exchange->outcome(CURLE_OUT_OF_MEMORY));
  }
  set_clock(live);
}

void Client::Loop::cancel_now(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found != exchanges_.end()) end(id, found->second.exchange->cancelled());
}

void Client::Loop::resume_now(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  Exchange& exchange = *found->second.exchange;
  if (!exchange.resume()) return end(id, exchange.outcome(CURLE_WRITE_ERROR));
  set_clock(found->second);
}

void Client::Loop::set_clock(Live& live) {
  if (live.timer) timers_.erase(*live.timer);
  live.timer.reset();
  const ExchangeId id = live.exchange->id();
  if (const auto at = live.exchange->next_look(Clock::now())) {
    live.timer = timers_.emplace(*at, [this, id] { check_clock(id); });
  }
}

// The timer that has fired is out of the map already.
void Client::Loop::check_clock(ExchangeId id) {
  Live& live = exchanges_.at(id);
  live.timer.reset();
  if (const auto late = live.exchange->overdue(Clock::now())) return end(id, *late);
  set_clock(live);
}

void Client::Loop::collect_ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const Exchange& exchange = *Exchange::of(message->easy_handle);
    end(exchange.id(), exchange.outcome(message->data.result));
  }
}

void Client::Loop::end(ExchangeId id, const Outcome& outcome) {
  const auto node = exchanges_.extract(id);
  Live& live = node.mapped();
  if (live.timer) timers_.erase(*live.timer);
  if (CURL* const handle = live.exchange->handle()) {
    // curl keeps the connection of an HTTP/2 stream that was given up, and its server does not hear of it.
    if (outcome.ending != Ending::kEnded) curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
    curl_multi_remove_handle(multi_.get(), handle);
  }
  live.exchange->end(outcome);
}

int Client::Loop::watch(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  Loop& loop = *static_cast<Loop*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  // Whether the number is new to epoll only the kernel knows: a socket that was closed has left it by itself.
  if (epoll_ctl(loop.epoll_.get(), EPOLL_CTL_MOD, socket, &event) == 0) return 0;
  return epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0 ? 0 : -1;
}

int Client::Loop::set_curl_timer(CURLM*, long ms, void* self) noexcept {
  Loop& loop = *static_cast<Loop*>(self);
  if (ms < 0) {
    loop.curl_at_.reset();
  } else {
    loop.curl_at_ = Clock::now() + std::chrono::milliseconds(ms);
  }
  return 0;
}

}  // namespace asmgr::http
