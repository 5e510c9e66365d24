#include <algorithm>
#include <asmgr/toolkit/config.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <asmgr/toolkit/model_api.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <mutex>
#include <random>
#include <unordered_map>
#include <utility>

#include "call.hpp"
#include "failures.hpp"

namespace asmgr::model_api {
namespace {

namespace json = boost::json;

constexpr std::size_t kRememberedBytes = std::size_t{64} << 20;

json::array capabilities_json(const std::vector<Capability>& capabilities) {
  json::array list;
  for (const Capability& capability : capabilities) {
    json::object item;
    item["name"] = sdk::as_json(capability.name);
    item["type"] = sdk::as_json(capability.type);
    item["enabled"] = true;
    item["description"] = sdk::as_json(capability.description);
    list.push_back(std::move(item));
  }
  return list;
}

std::optional<std::int64_t> most_output_tokens(const Description& description, const Settings& settings) {
  return settings.max_output_tokens ? settings.max_output_tokens : description.max_output_tokens;
}

// A server of one's own (http://) may need no key, and a gateway may take it in a header of its own.
bool lacks_key(const Settings& settings) {
  return settings.api_key.empty() && settings.headers.empty() && settings.base_url.starts_with("https://");
}

json::array needs_json(const Settings& settings) {
  json::array needs;
  json::object address;
  address["address"] = settings.proxy.empty() ? settings.base_url : settings.proxy;
  address["todo"] = settings.proxy.empty() ? "start the server there, or correct base_url"
                                           : "correct the provider's proxy, or take it out";
  needs.push_back(std::move(address));
  if (!lacks_key(settings)) return needs;
  json::object key;
  key["setting"] = "api_key";
  key["todo"] = "give the provider its key, best from the environment: api_key: \"${env:NAME}\"";
  needs.push_back(std::move(key));
  return needs;
}

std::string description_json(const Description& description, const Settings& settings) {
  json::array models;
  if (!settings.model.empty()) models.emplace_back(settings.model);
  for (const std::string& model : description.models) {
    if (model != settings.model) models.emplace_back(model);
  }
  json::object all;
  all["vendor"] = description.vendor;
  all["capabilities"] = capabilities_json(description.capabilities);
  all["models"] = std::move(models);
  if (const auto most = most_output_tokens(description, settings)) all["max_output_tokens"] = *most;
  if (settings.max_turns > 0) all["max_turns"] = settings.max_turns;
  all["grade"] = "own";
  all["usage"] = "delta";
  all["heartbeat_ms"] = 0;
  all["hints"] = json::array();
  all["resumes"] = description.resumes;
  all["needs"] = needs_json(settings);
  return json::serialize(all);
}

void put_header(http::Headers& headers, const http::Header& header) {
  const std::string* const known = http::find_header(headers, header.name);
  if (known == nullptr) return headers.push_back(header);
  std::find_if(headers.begin(), headers.end(), [&](const http::Header& one) { return &one.value == known; })->value =
      header.value;
}

std::unique_ptr<Dialect> checked(std::unique_ptr<Dialect> dialect) {
  if (dialect == nullptr) throw sdk::StatusError(ASMGR_E_INTERNAL, "the provider has no dialect");
  return dialect;
}

}  // namespace

class ModelProvider::Calls {
 public:
  Calls(const sdk::Create& create, const MakeDialect& make_dialect)
      : Calls(create, sdk::parse_config(create.config), make_dialect) {}

  ~Calls() {
    client_->post([this] { cancel_all(); });
    client_.reset();
  }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  [[nodiscard]] std::string describe() const { return description_json(shared_.description, shared_.settings); }

  void start(sdk::Run& run) {
    const sdk::RunContext context = run.context();
    const std::string run_id(sdk::view(context.run().id));
    require_turn(context.turn());
    Prompt prompt = read_prompt(context, shared_.settings, memory_.of(run_id));
    if (prompt.model.empty() && !shared_.description.models.empty()) prompt.model = shared_.description.models.front();
    // What is declared holds for every run: budgets are reckoned by it.
    const auto most = most_output_tokens(shared_.description, shared_.settings);
    if (most && prompt.max_output_tokens) prompt.max_output_tokens = std::min(*most, *prompt.max_output_tokens);
    http::Request request = request_of(prompt);
    const std::uint64_t start = context.start();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      calls_[start] = std::make_unique<Call>(shared_, std::move(run), std::move(prompt), std::move(request));
    }
    client_->post([this, start] { with(start, [](Call& call) { call.next_try(); }); });
  }

  void cancel(std::uint64_t start) {
    client_->post([this, start] { with(start, [](Call& call) { call.cancel(); }); });
  }

  // Runs after what the I/O thread is doing now, so a PAUSE that is just being answered comes before it.
  void resume(std::uint64_t start) {
    client_->post([this, start] { with(start, [](Call& call) { call.resume(); }); });
  }

 private:
  Calls(const sdk::Create& create, const json::object& config, const MakeDialect& make_dialect)
      : memory_(kRememberedBytes),
        back_off_(std::random_device{}()),
        client_(std::make_unique<http::Client>()),
        shared_{create.host, read_settings(config), {}, nullptr, &memory_, &back_off_, client_.get(), {}, {}},
        dialect_(checked(make_dialect(shared_.settings, config))) {
    shared_.dialect = dialect_.get();
    shared_.description = dialect_->describe();
    shared_.handlers = [this](std::uint64_t start, std::uint32_t attempt) { return handlers(start, attempt); };
    shared_.try_later = [this](std::uint64_t start, std::chrono::milliseconds delay) {
      client_->post_after(delay, [this, start] { with(start, [](Call& call) { call.next_try(); }); });
    };
  }

  void require_turn(std::uint32_t turn) const {
    const std::uint32_t most = shared_.settings.max_turns;
    if (most == 0 || turn <= most) return;
    throw sdk::StatusError(ASMGR_E_LIMIT_EXCEEDED,
                           "the run needs more than the " + std::to_string(most) +
                               " model calls that max_turns of the provider allows; allow more");
  }

  [[nodiscard]] http::Request request_of(const Prompt& prompt) const {
    http::Request request = dialect_->request(prompt);
    for (const http::Header& header : shared_.settings.headers) put_header(request.headers, header);
    request.proxy = shared_.settings.proxy;
    request.ca_file = shared_.settings.ca_file;
    request.timeouts = shared_.settings.timeouts;
    return request;
  }

  [[nodiscard]] http::Handlers handlers(std::uint64_t start, std::uint32_t attempt) {
    http::Handlers handlers;
    handlers.on_head = [this, start, attempt](int status, const http::Headers& headers) {
      with(start, [&](Call& call) { call.on_head(attempt, status, headers); });
    };
    handlers.on_bytes = [this, start, attempt](std::string_view bytes) {
      http::Flow flow = http::Flow::kGoOn;
      with(start, [&](Call& call) { flow = call.on_bytes(attempt, bytes); });
      return flow;
    };
    handlers.on_end = [this, start, attempt](const http::Outcome& outcome) {
      with(start, [&](Call& call) { call.on_end(attempt, outcome); });
    };
    return handlers;
  }

  // I/O thread, where alone calls are removed: so a call that was found stays while it is used.
  template <typename Body>
  void with(std::uint64_t start, const Body& body) {
    Call* const call = find(start);
    if (call == nullptr) return;
    try {
      body(*call);
    } catch (const std::exception& thrown) {
      call->give_up(thrown);
    }
    if (call->over()) remove(start);
  }

  [[nodiscard]] Call* find(std::uint64_t start) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = calls_.find(start);
    return found == calls_.end() ? nullptr : found->second.get();
  }

  void remove(std::uint64_t start) {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.erase(start);
  }

  void cancel_all() {
    std::vector<std::uint64_t> starts;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [start, call] : calls_) starts.push_back(start);
    }
    for (const std::uint64_t start : starts) with(start, [](Call& call) { call.cancel(); });
  }

  TurnMemory memory_;
  BackOff back_off_;
  std::unique_ptr<http::Client> client_;  // the destructor ends it first
  CallHost shared_;
  std::unique_ptr<Dialect> dialect_;
  std::mutex mutex_;                                                // never held while the host or a dialect is called
  std::unordered_map<std::uint64_t, std::unique_ptr<Call>> calls_;  // by start
};

ModelProvider::ModelProvider(const sdk::Create& create, const MakeDialect& make_dialect)
    : calls_(std::make_unique<Calls>(create, make_dialect)) {}

ModelProvider::~ModelProvider() = default;

std::string ModelProvider::describe() {
  return calls_->describe();
}

void ModelProvider::start(sdk::Run& run) {
  calls_->start(run);
}

void ModelProvider::cancel(std::uint64_t start) {
  calls_->cancel(start);
}

void ModelProvider::resume(std::uint64_t start) {
  calls_->resume(start);
}

}  // namespace asmgr::model_api
