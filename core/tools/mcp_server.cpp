#include "core/tools/mcp_server.hpp"

#include <utility>

#include "core/model/json.hpp"
#include "core/tools/mcp_messages.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

// A server may have to be fetched from a registry before it runs.
constexpr milliseconds kPatience{60'000};
constexpr std::size_t kMostTools = 10'000;
constexpr std::size_t kMostPages = 1'000;

// What went wrong with the first words to a server, for who wrote its entry.
Error about_begin(const Error& error) {
  const std::string check = "; check that its command or url is that of an MCP server";
  if (error.code() == ErrorCode::timeout) return Error(error).with_context("it does not answer 'initialize'" + check);
  if (!error.details().contains("rpc_code")) return error;
  return Error(error).with_context("it refused 'initialize'" + check);
}

}  // namespace

McpServer::McpServer(std::string name, std::string program_version, McpConnect connect,
                     std::shared_ptr<Endings> endings)
    : name_(std::move(name)),
      program_version_(std::move(program_version)),
      connect_(std::move(connect)),
      endings_(std::move(endings)) {}

Error McpServer::named(const Error& error) const {
  return Error(error).with_context("tool server '" + name_ + "' (mcp." + name_ + ")");
}

// -- what it has ----------------------------------------------------------------------------------------------------

void McpServer::list(std::function<void(const Result<Tools>&)> then) {
  when_ready([self = shared_from_this(), then = std::move(then)](const Result<void>& ready) {
    if (!ready) return then(ready.error());
    std::unique_lock lock(self->mutex_);
    const Result<Tools> tools = self->tools_;
    lock.unlock();
    then(tools);
  });
}

// `waiter` is called once the server is ready, or cannot be.
void McpServer::when_ready(Waiter waiter) {
  std::unique_lock lock(mutex_);
  if (state_ == State::ready) {
    lock.unlock();
    return waiter({});
  }
  waiters_.push_back(std::move(waiter));
  if (state_ == State::beginning) return;
  state_ = State::beginning;
  const std::uint64_t life = ++life_;
  lock.unlock();
  begin(life);
}

void McpServer::begin(std::uint64_t life) {
  McpEvents events;
  events.on_notification = [weak = weak_from_this(), life](std::string_view method) {
    if (auto self = weak.lock()) self->notified(life, method);
  };
  events.on_lost = [weak = weak_from_this(), life](const std::string& why) {
    if (auto self = weak.lock()) self->failed(life, Error(ErrorCode::provider_unavailable, why));
  };
  std::shared_ptr<McpConnection> connection;
  try {
    connection = end_elsewhere(connect_(std::move(events)), endings_);
  } catch (const std::exception& error) {  // no thread, descriptor or memory to be had
    return failed(life,
                  Error(ErrorCode::provider_unavailable, std::string("no connection can be made: ") + error.what()));
  }
  {
    const std::lock_guard lock(mutex_);
    if (life_ != life) return;  // lost already, and begun again
    connection_ = connection;
  }
  connection->request("initialize", mcp_initialize_params(program_version_), kPatience,
                      [weak = weak_from_this(), life](const Result<boost::json::value>& answer) {
                        if (auto self = weak.lock()) self->initialized(life, answer);
                      });
}

void McpServer::initialized(std::uint64_t life, const Result<boost::json::value>& answer) {
  if (!answer) return failed(life, about_begin(answer.error()));
  if (auto revision = read_mcp_initialize(*answer); !revision) return failed(life, revision.error());
  const auto connection = connection_of(life);
  if (connection == nullptr) return;
  connection->notify("notifications/initialized", {});
  ask_for_page(life, "");
}

void McpServer::ask_for_page(std::uint64_t life, const std::string& cursor) {
  std::shared_ptr<McpConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (life_ != life) return;
    connection = connection_;
    listing_ = true;
    if (cursor.empty()) pages_ = 0;
    ++pages_;
  }
  boost::json::object params;
  if (!cursor.empty()) params["cursor"] = cursor;
  connection->request("tools/list", std::move(params), kPatience,
                      [weak = weak_from_this(), life](const Result<boost::json::value>& page) {
                        if (auto self = weak.lock()) self->page_came(life, page);
                      });
}

void McpServer::page_came(std::uint64_t life, const Result<boost::json::value>& answer) {
  auto page = answer ? read_mcp_tools(*answer, name_)
                     : Result<McpToolPage>(Error(answer.error()).with_context("it did not say which tools it has"));
  std::unique_lock lock(mutex_);
  if (life_ != life) return;
  if (page) {
    for (Tool& tool : page->tools) arriving_.push_back(std::move(tool));
    if (!page->next_cursor.empty() && arriving_.size() <= kMostTools && pages_ < kMostPages) {
      lock.unlock();
      return ask_for_page(life, page->next_cursor);
    }
    if (!page->next_cursor.empty()) {
      page = Error(ErrorCode::provider_error, "its list of tools does not end: there are more than " +
                                                  std::to_string(arriving_.size()) + " on " + std::to_string(pages_) +
                                                  " pages");
    }
  }
  Tools arrived = std::exchange(arriving_, {});
  listing_ = false;
  const bool was_ready = state_ == State::ready;
  if (!page && !was_ready) {
    lock.unlock();
    return failed(life, page.error());
  }
  if (page) tools_ = std::move(arrived);  // else what we have will do
  state_ = State::ready;
  const bool again = std::exchange(list_again_, false);
  const auto waiters = std::exchange(waiters_, {});
  lock.unlock();
  for (const Waiter& waiter : waiters) waiter({});
  if (again) ask_for_page(life, "");
}

void McpServer::failed(std::uint64_t life, const Error& error) {
  std::unique_lock lock(mutex_);
  if (life_ != life || state_ == State::idle) return;
  state_ = State::idle;
  ++life_;
  arriving_.clear();
  listing_ = list_again_ = false;
  const auto ending = std::exchange(connection_, nullptr);
  const auto waiters = std::exchange(waiters_, {});
  lock.unlock();
  const Result<void> refused = named(error);
  for (const Waiter& waiter : waiters) waiter(refused);
}

void McpServer::notified(std::uint64_t life, std::string_view method) {
  if (method != "notifications/tools/list_changed") return;
  {
    const std::lock_guard lock(mutex_);
    if (life_ != life) return;
    if (listing_) list_again_ = true;
    if (listing_ || state_ != State::ready) return;
    listing_ = true;
  }
  ask_for_page(life, "");  // runs that have begun keep what they were offered
}

std::shared_ptr<McpConnection> McpServer::connection_of(std::uint64_t life) {
  const std::lock_guard lock(mutex_);
  return life_ == life ? connection_ : nullptr;
}

// -- calls ----------------------------------------------------------------------------------------------------------

std::uint64_t McpServer::call(const std::string& own_name, boost::json::object input, milliseconds timeout,
                              std::function<void(ToolOutcome)> then) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++last_call_;
    Call call;
    call.own_name = own_name;
    call.input = std::move(input);
    call.timeout = timeout;
    call.then = std::move(then);
    calls_.emplace(number, std::move(call));
  }
  send_call(number);
  return number;
}

void McpServer::send_call(std::uint64_t number) {
  when_ready([self = shared_from_this(), number](const Result<void>& ready) {
    if (ready) return self->send_to_ready(number);
    self->end_call(number, {true, boost::json::string(ready.error().message())});
  });
}

void McpServer::send_to_ready(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  const auto at = calls_.find(number);
  if (at == calls_.end()) return;
  const bool cancelled = at->second.cancelled;
  const auto connection = connection_;
  if (cancelled || connection == nullptr) {
    lock.unlock();
    const std::string why = cancelled ? "the call was cancelled before it was sent" : "it was lost just now";
    const Error error(ErrorCode::provider_unavailable, why);
    return end_call(number, {true, boost::json::string(named(error).message())});
  }
  boost::json::object params;
  params["name"] = at->second.own_name;
  params["arguments"] = at->second.input;
  const milliseconds timeout = at->second.timeout;
  at->second.connection = connection;
  at->second.request = 0;
  lock.unlock();
  const std::uint64_t request =
      connection->request("tools/call", std::move(params), timeout,
                          [self = shared_from_this(), number](const auto& answer) { self->answered(number, answer); });
  lock.lock();
  const auto still = calls_.find(number);
  if (still == calls_.end() || still->second.connection != connection) return;
  still->second.request = request;
  const bool too_late = still->second.cancelled;  // the order to stop came before there was something to stop
  lock.unlock();
  if (too_late) connection->cancel(request);
}

void McpServer::answered(std::uint64_t number, const Result<boost::json::value>& answer) {
  if (answer) return end_call(number, read_mcp_result(*answer));
  const Error error = answer.error();
  if (find_bool(error.details(), kNotRun).value_or(false)) {
    std::unique_lock lock(mutex_);
    const auto at = calls_.find(number);
    if (at == calls_.end()) return;
    if (!at->second.cancelled && !std::exchange(at->second.sent_again, true)) {
      const auto before = std::exchange(at->second.connection, nullptr);
      lock.unlock();
      return send_call(number);
    }
  }
  end_call(number, {true, boost::json::string(named(error).message())});
}

void McpServer::end_call(std::uint64_t number, ToolOutcome result) {
  std::unique_lock lock(mutex_);
  auto ended = calls_.extract(number);
  lock.unlock();
  if (!ended.empty()) ended.mapped().then(std::move(result));
}

void McpServer::cancel(std::uint64_t call) noexcept {
  std::unique_lock lock(mutex_);
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  at->second.cancelled = true;
  const std::uint64_t request = at->second.request;
  const auto connection = at->second.connection;
  lock.unlock();
  if (connection != nullptr && request != 0) connection->cancel(request);
}

}  // namespace asmgr
