// verbose: a line in brackets for each event with what it holds, and the text in between as it is said.
#include <initializer_list>

#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "core/render/page.hpp"
#include "core/render/styles.hpp"

namespace asmgr::rendering {
namespace {

constexpr std::size_t kMaxInput = 120;
constexpr std::size_t kMaxOutput = 2000;
constexpr std::size_t kMaxContent = 2000;
constexpr std::string_view kContinued = "  ";

class VerboseRenderer final : public Renderer {
 public:
  explicit VerboseRenderer(const RenderOptions& options) : page_(options) {}

  std::string render(const EventView& event) override {
    ++events_;
    if (event.type == EventType::tool_call_started) ++tools_;
    show(event);
    return page_.take();
  }
  std::string finish() override {
    page_.end_line();
    page_.cut(Line().add(Ink::dim, "--- " + counted(events_, "event") + ", " + counted(tools_, "tool") + " ---"));
    return page_.take();
  }
  void resize(std::size_t width) override { page_.resize(width); }

 private:
  using Data = boost::json::object;

  void show(const EventView& event);
  void show_streamed(EventType type, std::string_view text);
  void show_message(const Data& data);
  void show_fields(const EventView& event, const Data& data);

  Page page_;
  std::uint64_t events_ = 0;
  std::uint64_t tools_ = 0;
  EventType flow_ = EventType::unknown;  // what is being streamed
  bool said_ = false;                    // the present message was streamed
};

// Names of members that the type says already are shown short.
std::string_view shown_key(std::string_view key) noexcept {
  if (key == "tool_name") return "name";
  if (key == "tool_call_id") return "id";
  return key == "policy_name" ? "policy" : key;
}

// "[label] key=value key=value".
class Bracket {
 public:
  Bracket(Ink ink, std::string_view label) { line_.add(ink, between('[', label, ']')); }
  Bracket& field(std::string_view key, std::string_view value) {
    if (!value.empty()) line_.add(Ink::dim, between(' ', key, '=')).add(Ink::plain, value);
    return *this;
  }
  Bracket& fields(const boost::json::object& data, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) field(shown_key(key), text_of(data, key));
    return *this;
  }
  [[nodiscard]] const Line& line() const noexcept { return line_; }

 private:
  static std::string between(char before, std::string_view text, char after) {
    std::string joined(1, before);
    joined.append(text).push_back(after);
    return joined;
  }

  Line line_;
};

Ink ink_of(EventType type) noexcept {
  switch (type) {
    case EventType::run_failed:
    case EventType::run_cancelled:
    case EventType::run_timeout:
    case EventType::session_failed:
    case EventType::session_cancelled:
    case EventType::tool_call_failed:
    case EventType::error_occurred:
    case EventType::policy_violation:
    case EventType::tool_approval_denied:
      return Ink::red;
    case EventType::run_completed:
    case EventType::session_completed:
    case EventType::tool_call_completed:
    case EventType::error_recovered:
    case EventType::tool_approval_granted:
      return Ink::green;
    case EventType::tool_call_started:
    case EventType::tool_approval_requested:
    case EventType::step_reset:
      return Ink::yellow;
    default:
      return Ink::cyan;
  }
}

std::string_view label_of(const EventView& event) {
  switch (event.type) {
    case EventType::error_occurred:
      return "error";
    case EventType::token_usage_updated:
      return "token_usage";
    case EventType::unknown:
      return "event";
    default:
      return type_name(event.type);
  }
}

void add_cost(Bracket& bracket, const boost::json::object& data) {
  if (const auto cost = cost_of(data)) bracket.field("cost", dollars(*cost, 6));
}

void add_usage(Bracket& bracket, const boost::json::object& data) {
  const TokenUsage usage = usage_of(data);
  if (usage.empty()) return;
  const TokenFlow tokens = flow_of(usage);
  bracket.field("tokens", std::to_string(tokens.in) + "/" + std::to_string(tokens.out));
}

// Those of the types that are shown member by member; all of the data for the rest.
void add_plain_fields(Bracket& bracket, const EventView& event, const boost::json::object& data) {
  switch (event.type) {
    case EventType::session_created:
      bracket.fields(data, {"provider", "forked_from", "at"});
      return;
    case EventType::run_started:
    case EventType::provider_started:
      bracket.fields(data, {"provider", "attempt", "model", "configured_model", "session_id", "thread_id", "cwd"});
      return;
    case EventType::run_failed:
    case EventType::run_timeout:
    case EventType::session_failed:
    case EventType::error_occurred:
      bracket.fields(data, {"attempt", "error_code", "error_message", "will_retry"});
      return;
    case EventType::run_cancelled:
      bracket.fields(data, {"reason"});
      return;
    case EventType::error_recovered:
    case EventType::step_reset:
      bracket.fields(data, {"attempt", "reason", "routed_provider", "failover_from", "error_code"});
      return;
    case EventType::step_started:
      bracket.fields(data, {"turn"});
      return;
    case EventType::policy_violation:
      bracket.fields(data, {"policy", "rule", "kind", "action", "message"});
      return;
    case EventType::tool_approval_granted:
    case EventType::tool_approval_denied:
      bracket.fields(data, {"tool_name", "approval_id", "decided_by", "reason", "edited", "scope"});
      return;
    case EventType::workspace_snapshot_taken:
      bracket.fields(data, {"label", "backend", "ref"});
      return;
    case EventType::workspace_diff_computed:
      bracket.fields(data, {"files_changed", "insertions", "deletions", "has_patch"});
      if (find_bool(data, "rolled_back").value_or(false)) bracket.field("rolled_back", "true");
      return;
    default:
      if (event.type == EventType::unknown) bracket.field("type", event.type_name);
      if (!data.empty()) bracket.field("data", preview(event.data, kMaxContent));
  }
}

std::string input_of(const boost::json::object& data) {
  return preview(text_of(data, "tool_input"), kMaxInput);
}

void VerboseRenderer::show(const EventView& event) {
  if (event.pruned) {
    page_.wrap(Bracket(Ink::dim, shown_type(event)).field("pruned", "true").line(), kContinued);
    return;
  }
  const Data data = data_of(event);
  switch (event.type) {
    case EventType::message_streamed:
      said_ = true;
      return show_streamed(event.type, streamed_text(data));
    case EventType::reasoning_streamed:
    case EventType::tool_input_streamed:
      return show_streamed(event.type, streamed_text(data));
    case EventType::message_received:
      return show_message(data);
    default:
      break;
  }
  flow_ = EventType::unknown;
  if (category_of(event.type) == EventCategory::tool || event.type == EventType::step_reset) said_ = false;
  show_fields(event, data);
}

// Text stands for itself; what else is streamed is named once.
void VerboseRenderer::show_streamed(EventType type, std::string_view text) {
  const bool is_text = type == EventType::message_streamed;
  if (flow_ != type) {
    page_.end_line();
    if (!is_text) page_.stream(Ink::cyan, "[" + std::string(type_name(type)) + "] ");
  }
  flow_ = type;
  page_.stream(is_text ? Ink::plain : Ink::dim, text);
}

void VerboseRenderer::show_message(const Data& data) {
  const std::string content = message_text(data);
  if (!said_ && !content.empty()) show_streamed(EventType::message_streamed, content);
  said_ = false;
  flow_ = EventType::unknown;
  Bracket bracket(Ink::cyan, "message_received");
  bracket.fields(data, {"role"}).field("content", preview(content, kMaxInput));
  page_.wrap(bracket.line(), kContinued);
}

void VerboseRenderer::show_fields(const EventView& event, const Data& data) {
  Bracket bracket(ink_of(event.type), label_of(event));
  switch (event.type) {
    case EventType::message_sent:
      bracket.fields(data, {"role"}).field("content", preview(message_text(data), kMaxContent));
      break;
    case EventType::run_completed:
      bracket.fields(data, {"stop_reason"});
      add_usage(bracket, data);
      add_cost(bracket, data);
      bracket.fields(data, {"num_turns", "duration_ms"});
      break;
    case EventType::tool_call_started:
      bracket.fields(data, {"tool_name", "tool_call_id"}).field("input", input_of(data));
      break;
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      bracket.fields(data, {"tool_name"});
      if (const auto code = exit_code(data)) bracket.field("exit", std::to_string(*code));
      bracket.field("output", preview(tool_output_text(data), kMaxOutput));
      break;
    case EventType::tool_approval_requested:
      bracket.fields(data, {"tool_name", "approval_id", "policy_name"}).field("input", input_of(data));
      break;
    case EventType::token_usage_updated: {
      const TokenFlow tokens = flow_of(usage_of(data));
      bracket.field("input", std::to_string(tokens.in)).field("output", std::to_string(tokens.out));
      add_cost(bracket, data);
      break;
    }
    default:
      add_plain_fields(bracket, event, data);
  }
  page_.wrap(bracket.line(), kContinued);
}

}  // namespace

std::unique_ptr<Renderer> make_verbose_renderer(const RenderOptions& options) {
  return std::make_unique<VerboseRenderer>(options);
}

}  // namespace asmgr::rendering
