// A small host for provider plugins: loads the file, makes an instance, starts runs through the C tables and collects
// what comes back.
#ifndef ASMGR_TESTS_FAKE_RUN_HPP_
#define ASMGR_TESTS_FAKE_RUN_HPP_

#include <asmgr/plugin.h>
#include <dlfcn.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/plugins/support/event_names.hpp"
#include "tests/plugins/support/fake_host.hpp"

namespace asmgr_test {

struct SeenEvent {
  std::uint32_t type = 0;
  std::string type_name;
  std::string text;         // of the data, as it came
  boost::json::value data;  // null when it does not parse
};

// The plugin's own name for a type that has no number.
inline std::string event_name(const SeenEvent& event) {
  return event.type_name.empty() ? event_name(event.type) : event.type_name;
}

struct SeenFinish {
  std::uint32_t status = 0;
  boost::json::value result;

  [[nodiscard]] std::string error_code() const {
    const auto* error = result.as_object().if_contains("error");
    return error == nullptr ? "" : std::string(error->at("code").as_string());
  }
  [[nodiscard]] std::string error_message() const { return std::string(result.at("error").at("message").as_string()); }
  [[nodiscard]] const boost::json::object& output() const { return result.at("output").as_object(); }
  // What the run used differs from run to run: the result without it, in the same order.
  [[nodiscard]] boost::json::object result_without_resources() const {
    boost::json::object kept;
    for (const auto& [key, value] : result.as_object()) {
      if (key != "provider_metadata") kept[key] = value;
    }
    return kept;
  }
  // Null where the result does not say.
  [[nodiscard]] const boost::json::value* resources() const {
    boost::system::error_code missing;
    return result.find_pointer("/provider_metadata/resources", missing);
  }
};

class ProviderUnderTest;

// One start, seen from the host. Destroyed unfinished (a test gave up), it cancels the run and waits for its end.
class FakeRun {
 public:
  struct Answer {
    std::uint32_t verdict = ASMGR_VERDICT_ALLOW;
    std::string note;
    std::string edited_input;
    bool silent = false;  // leaves the question open
  };

  explicit FakeRun(const boost::json::value& input);
  FakeRun(const FakeRun&) = delete;
  FakeRun& operator=(const FakeRun&) = delete;
  ~FakeRun() {
    if (provider_ == nullptr || !finishes().empty()) return;
    cancel();
    static_cast<void>(wait_finished());
  }

  // Before the start.
  Answer answer;
  void set_turn(std::uint32_t turn) { context_.turn = turn; }
  void set_options(const boost::json::value& given) { options = boost::json::serialize(given); }
  void set_transcript(const boost::json::value& messages) { transcript = boost::json::serialize(messages); }
  void set_tools(const boost::json::value& tools) { context_.tools = keep(tools); }
  void set_time_left(std::chrono::nanoseconds left) {
    context_.deadline_mono_ns = (std::chrono::steady_clock::now().time_since_epoch() + left).count();
  }
  std::function<std::uint32_t(const SeenEvent&)> on_emit;  // what emit answers; empty = GO_ON
  std::string options = "{}";
  std::string transcript;
  std::string resume_token;

  void cancel();  // as the host does: first the token, then the table function

  // At most 10 s each.
  [[nodiscard]] bool wait_finished(std::size_t times = 1);
  [[nodiscard]] bool wait_events(std::size_t count);
  [[nodiscard]] bool wait_streamed(const std::string& text);  // until all that was streamed has it
  [[nodiscard]] bool wait_asked(std::size_t count = 1);

  [[nodiscard]] std::vector<SeenEvent> events();
  [[nodiscard]] std::vector<std::string> event_types();
  [[nodiscard]] std::vector<SeenEvent> events_of(std::uint32_t type);
  [[nodiscard]] std::vector<boost::json::value> asked();
  [[nodiscard]] std::vector<SeenFinish> finishes();
  [[nodiscard]] SeenFinish finish();  // the first

  [[nodiscard]] std::uint64_t start() const { return context_.start; }

 private:
  friend class ProviderUnderTest;
  static std::uint32_t emit(void* ctx, const asmgr_array* events, std::uint32_t flags) noexcept;
  static void ask(void* ctx, std::uint64_t ticket, asmgr_str tool_call) noexcept;
  static void finish_called(void* ctx, std::uint32_t status, asmgr_str result) noexcept;
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }

  asmgr_str keep(const boost::json::value& value) {
    return abi_text(kept_.emplace_back(boost::json::serialize(value)));
  }

  std::string doc_;
  std::list<std::string> kept_;
  asmgr_session session_{};
  asmgr_run run_{};
  asmgr_cancel cancel_;
  asmgr_run_ctx context_{};
  ProviderUnderTest* provider_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenEvent> events_;
  std::vector<boost::json::value> asked_;
  std::vector<SeenFinish> finishes_;
};

// A loaded plugin file's one component, and an instance of it. A plugin is one of this build by its name, or any by the
// path of its file.
class ProviderUnderTest {
 public:
  // Throws with the plugin's own message when create refuses.
  ProviderUnderTest(const std::string& plugin, const boost::json::value& config)
      : component_(component_of(plugin)), instance_(create(component_, config)) {
    table_ = static_cast<const asmgr_provider*>(component_.get_interface(ASMGR_IFACE_PROVIDER));
    approval_ = static_cast<const asmgr_provider_approval*>(component_.get_interface(ASMGR_IFACE_PROVIDER_APPROVAL));
    flow_ = static_cast<const asmgr_provider_flow*>(component_.get_interface(ASMGR_IFACE_PROVIDER_FLOW));
  }
  ProviderUnderTest(const ProviderUnderTest&) = delete;
  ProviderUnderTest& operator=(const ProviderUnderTest&) = delete;
  ~ProviderUnderTest() { destroy(); }

  void destroy() {
    if (instance_ != nullptr) component_.destroy(instance_);
    instance_ = nullptr;
  }

  void start(FakeRun& run) {
    run.provider_ = this;
    run.context_.options = abi_text(run.options);
    run.context_.transcript = abi_text(run.transcript);
    run.context_.resume_token = abi_text(run.resume_token);
    asmgr_error error;
    if (table_->start(instance_, &run.context_, &error) == ASMGR_OK) return;
    run.provider_ = nullptr;
    throw std::runtime_error("start: " + error.message);
  }
  // Starts and waits for the end.
  void run(FakeRun& run) {
    start(run);
    if (!run.wait_finished()) throw std::runtime_error("the run did not finish within 10 s");
  }
  void cancel(std::uint64_t start) { table_->cancel(instance_, start); }
  void resume(std::uint64_t start) { flow_->resume(instance_, start); }
  void resolve(std::uint64_t start, std::uint64_t ticket, const FakeRun::Answer& answer) {
    approval_->resolve(instance_, start, ticket, answer.verdict, abi_text(answer.note), abi_text(answer.edited_input),
                       nullptr);
  }
  // Empty when it was taken, else what went wrong.
  [[nodiscard]] std::string inject(std::uint64_t start, const std::string& message_json) {
    const auto* steer = static_cast<const asmgr_provider_steer*>(component_.get_interface(ASMGR_IFACE_PROVIDER_STEER));
    asmgr_error error;
    if (steer == nullptr) return "the provider cannot be steered";
    return steer->inject(instance_, start, abi_text(message_json), &error) == ASMGR_OK ? "" : error.message;
  }
  // Of the native session of a start; empty when there is none.
  [[nodiscard]] std::string token(std::uint64_t start) {
    const auto* table =
        static_cast<const asmgr_provider_resume*>(component_.get_interface(ASMGR_IFACE_PROVIDER_RESUME));
    Texts texts;
    if (table == nullptr || table->token(instance_, start, texts.sink(), nullptr) != ASMGR_OK) return {};
    return texts.texts.empty() ? "" : texts.texts.front();
  }
  [[nodiscard]] boost::json::value describe() {
    Texts texts;
    if (table_->describe(instance_, texts.sink(), nullptr) != ASMGR_OK) throw std::runtime_error("describe failed");
    return boost::json::parse(texts.texts.at(0));
  }

  [[nodiscard]] static const asmgr_component& component_of(const std::string& plugin) {
    const bool is_path = plugin.find('/') != std::string::npos;
    const std::string path = is_path ? plugin : std::string(ASMGR_PLUGIN_DIR) + "/" + plugin + ".asmgr.so";
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    const auto entry = reinterpret_cast<asmgr_plugin_entry_fn>(dlsym(library, ASMGR_ENTRY_SYMBOL));
    if (entry == nullptr) throw std::runtime_error(path + " has no entry");
    return *ASMGR_AT(asmgr_component, &entry()->components, 0);
  }
  // The problems that validate reports, "path: message" each.
  [[nodiscard]] static std::vector<std::string> validate(const std::string& plugin, const boost::json::value& config) {
    Texts texts;
    const std::string text = boost::json::serialize(config);
    asmgr_error error;
    if (component_of(plugin).validate(&fake_host(), abi_text(text), texts.sink(), &error) != ASMGR_OK) {
      throw std::runtime_error("validate: " + error.message);
    }
    std::vector<std::string> problems;
    for (const std::string& problem : texts.texts) {
      const boost::json::value parsed = boost::json::parse(problem);
      problems.push_back(std::string(parsed.at("path").as_string()) + ": " +
                         std::string(parsed.at("message").as_string()));
    }
    return problems;
  }

 private:
  static asmgr_instance* create(const asmgr_component& component, const boost::json::value& config) {
    const std::string text = boost::json::serialize(config);
    asmgr_create args{};
    args.size = sizeof args;
    args.host = &fake_host();
    args.instance_name = abi_text("under_test");
    args.config_json = abi_text(text);
    asmgr_instance* instance = nullptr;
    asmgr_error error;
    if (component.create(&args, &instance, &error) != ASMGR_OK) throw std::runtime_error(error.message);
    return instance;
  }

  const asmgr_component& component_;
  asmgr_instance* instance_;
  const asmgr_provider* table_ = nullptr;
  const asmgr_provider_approval* approval_ = nullptr;
  const asmgr_provider_flow* flow_ = nullptr;
};

inline FakeRun::FakeRun(const boost::json::value& input)
    : doc_(boost::json::serialize(boost::json::object{{"input", input}})) {
  static std::atomic<std::uint64_t> next{1};
  session_.size = sizeof session_;
  session_.id = abi_text("ses_test");
  run_.size = sizeof run_;
  run_.id = abi_text("run_test");
  run_.doc = abi_text(doc_);
  context_.size = sizeof context_;
  context_.turn = 1;
  context_.start = next++;
  context_.session = &session_;
  context_.run = &run_;
  context_.options = abi_text("{}");
  context_.cancel = &cancel_;
  context_.deadline_mono_ns = INT64_MAX;
  context_.ctx = this;
  context_.emit = &FakeRun::emit;
  context_.ask = &FakeRun::ask;
  context_.finish = &FakeRun::finish_called;
}

inline std::uint32_t FakeRun::emit(void* ctx, const asmgr_array* events, std::uint32_t) noexcept {
  auto& self = *static_cast<FakeRun*>(ctx);
  std::uint32_t verdict = ASMGR_GO_ON;
  for (std::uint32_t i = 0; i < events->count; ++i) {
    const asmgr_event& event = *ASMGR_AT(asmgr_event, events, i);
    SeenEvent seen{event.type, text_of(event.type_name), text_of(event.data), nullptr};
    boost::system::error_code error;
    seen.data = boost::json::parse(seen.text, error);
    if (self.on_emit) verdict = self.on_emit(seen);
    if (verdict == ASMGR_STOP) return verdict;
    const std::lock_guard<std::mutex> lock(self.mutex_);
    self.events_.push_back(std::move(seen));
    self.changed_.notify_all();
  }
  return verdict;
}

inline void FakeRun::ask(void* ctx, std::uint64_t ticket, asmgr_str tool_call) noexcept {
  auto& self = *static_cast<FakeRun*>(ctx);
  {
    const std::lock_guard<std::mutex> lock(self.mutex_);
    self.asked_.push_back(boost::json::parse(text_of(tool_call)));
    self.changed_.notify_all();
  }
  if (!self.answer.silent) self.provider_->resolve(self.context_.start, ticket, self.answer);
}

inline void FakeRun::finish_called(void* ctx, std::uint32_t status, asmgr_str result) noexcept {
  auto& self = *static_cast<FakeRun*>(ctx);
  boost::system::error_code error;
  SeenFinish seen{status, boost::json::parse(text_of(result), error)};
  const std::lock_guard<std::mutex> lock(self.mutex_);
  self.finishes_.push_back(std::move(seen));
  self.changed_.notify_all();
}

inline void FakeRun::cancel() {
  cancel_.cancel();
  provider_->cancel(context_.start);
}

inline bool FakeRun::wait_finished(std::size_t times) {
  return wait([&] { return finishes_.size() >= times; });
}
inline bool FakeRun::wait_events(std::size_t count) {
  return wait([&] { return events_.size() >= count; });
}
inline bool FakeRun::wait_streamed(const std::string& text) {
  return wait([&] {
    std::string streamed;
    for (const SeenEvent& event : events_) {
      if (event.type == ASMGR_EV_MESSAGE_STREAMED) streamed += event.data.at("delta").as_string();
    }
    return streamed.find(text) != std::string::npos;
  });
}
inline bool FakeRun::wait_asked(std::size_t count) {
  return wait([&] { return asked_.size() >= count; });
}

inline std::vector<SeenEvent> FakeRun::events() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return events_;
}
inline std::vector<boost::json::value> FakeRun::asked() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return asked_;
}
inline std::vector<SeenFinish> FakeRun::finishes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return finishes_;
}
inline SeenFinish FakeRun::finish() {
  return finishes().at(0);
}

inline std::vector<SeenEvent> FakeRun::events_of(std::uint32_t type) {
  std::vector<SeenEvent> found;
  for (SeenEvent& event : events()) {
    if (event.type == type) found.push_back(std::move(event));
  }
  return found;
}

inline std::vector<std::string> FakeRun::event_types() {
  std::vector<std::string> names;
  for (const SeenEvent& event : events()) names.push_back(event_name(event));
  return names;
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_FAKE_RUN_HPP_
