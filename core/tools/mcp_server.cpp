#include "core/tools/mcp_server.hpp"

#include <utility>

#include "core/model/json.hpp"
#include "core/tools/end_elsewhere.hpp"
#include "core/tools/mcp_messages.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;

// A server may have to be fetched from a registry before it runs.
constexpr milliseconds kPatience{60'000};
constexpr std::size_t kMostTools = 10'000;

}  // namespace

McpServer::McpServer(std::string name, std::string program_version, McpConnect connect)
    : name_(std::move(name)), program_version_(std::move(program_version)), connect_(std::move(connect)) {}

Error McpServer::named(const Error& error) const {
  return Error(error).with_context("tool server '" + name_ + "' (mcp." + name_ + ")");
}

// -- what it has ----------------------------------------------------------------------------------------------------

void McpServer::list(std::function<void(const Result<Tools>&)> then) {
  std::unique_lock lock(mutex_);
  if (state_ == State::ready) {
    const Result<Tools> tools = tools_;
    lock.unlock();
    return then(tools);
  }
  lock.unlock();
  wait_for_tools(std::move(then));
}

// `waiter` is called once the server is ready, or cannot be.
void McpServer::wait_for_tools(Waiter waiter) {
  std::unique_lock lock(mutex_);
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
    if (auto self = weak.lock()) self->lost(life, why);
  };
  std::shared_ptr<McpConnection> connection = end_elsewhere(connect_(std::move(events)));
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
  if (!answer) return failed(life, answer.error());
  if (auto revision = read_mcp_initialize(*answer); !revision) return failed(life, revision.error());
  const auto connection = connection_of(life);
  if (connection == nullptr) return;
  connection->notify("notifications/initialized", {});
  ask_for_page(life, "");
}

void McpServer::ask_for_page(std::uint64_t life, const std::string& cursor) {
  const auto connection = connection_of(life);
  if (connection == nullptr) return;
  boost::json::object params;
  if (!cursor.empty()) params["cursor"] = cursor;
  connection->request("tools/list", std::move(params), kPatience,
                      [weak = weak_from_this(), life](const Result<boost::json::value>& page) {
                        if (auto self = weak.lock()) self->page_came(life, page);
                      });
}

void McpServer::page_came(std::uint64_t life, const Result<boost::json::value>& answer) {
  auto page = answer ? read_mcp_tools(*answer, name_) : Result<McpToolPage>(answer.error());
  std::unique_lock lock(mutex_);
  if (life_ != life) return;
  if (!page) {
    arriving_.clear();
    const bool refreshing = state_ == State::ready;  // the list we have will do
    lock.unlock();
    return refreshing ? void() : failed(life, page.error());
  }
  for (Tool& tool : page->tools) arriving_.push_back(std::move(tool));
  if (!page->next_cursor.empty() && arriving_.size() <= kMostTools) {
    lock.unlock();
    return ask_for_page(life, page->next_cursor);
  }
  tools_ = std::exchange(arriving_, {});
  state_ = State::ready;
  const auto waiters = std::exchange(waiters_, {});
  const Result<Tools> tools = tools_;
  lock.unlock();
  for (const Waiter& waiter : waiters) waiter(tools);
}

void McpServer::failed(std::uint64_t life, const Error& error) {
  std::unique_lock lock(mutex_);
  if (life_ != life || state_ == State::idle) return;
  state_ = State::idle;
  ++life_;
  arriving_.clear();
  const auto ending = std::exchange(connection_, nullptr);
  const auto waiters = std::exchange(waiters_, {});
  lock.unlock();
  const Result<Tools> refused = named(error);
  for (const Waiter& waiter : waiters) waiter(refused);
}

void McpServer::lost(std::uint64_t life, const std::string& why) {
  failed(life, Error(ErrorCode::provider_unavailable, why));
}

void McpServer::notified(std::uint64_t life, std::string_view method) {
  if (method != "notifications/tools/list_changed") return;
  {
    const std::lock_guard lock(mutex_);
    if (life_ != life || state_ != State::ready) return;
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
  std::unique_lock lock(mutex_);
  const std::uint64_t number = ++last_call_;
  calls_.emplace(number, Running());
  const bool ready = state_ == State::ready;
  lock.unlock();
  if (ready) {
    send_call(number, own_name, std::move(input), timeout, std::move(then));
    return number;
  }
  wait_for_tools([self = shared_from_this(), number, own_name, input = std::move(input), timeout,
                  then = std::move(then)](const Result<Tools>& tools) {
    if (tools) return self->send_call(number, own_name, input, timeout, then);
    self->forget(number);
    then({true, boost::json::string(tools.error().message())});
  });
  return number;
}

void McpServer::send_call(std::uint64_t number, const std::string& own_name, boost::json::object input,
                          milliseconds timeout, std::function<void(ToolOutcome)> then) {
  std::unique_lock lock(mutex_);
  const auto connection = connection_;
  const std::uint64_t life = life_;
  lock.unlock();
  if (connection == nullptr) {
    forget(number);
    return then({true, boost::json::string("tool server '" + name_ + "' is gone")});
  }
  boost::json::object params;
  params["name"] = own_name;
  params["arguments"] = std::move(input);
  const std::uint64_t request = connection->request(
      "tools/call", std::move(params), timeout,
      [self = shared_from_this(), number, then = std::move(then)](const Result<boost::json::value>& answer) {
        self->forget(number);
        if (answer) return then(read_mcp_result(*answer));
        then({true, boost::json::string(self->named(answer.error()).message())});
      });
  lock.lock();
  const auto at = calls_.find(number);
  if (at != calls_.end()) at->second = {life, request};
}

void McpServer::cancel(std::uint64_t call) noexcept {
  std::unique_lock lock(mutex_);
  const auto at = calls_.find(call);
  if (at == calls_.end() || at->second.request == 0 || at->second.life != life_ || connection_ == nullptr) return;
  const std::uint64_t request = at->second.request;
  const auto connection = connection_;
  lock.unlock();
  connection->cancel(request);
}

void McpServer::forget(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  calls_.erase(number);
}

}  // namespace asmgr
