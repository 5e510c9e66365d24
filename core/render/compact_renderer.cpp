// compact: tokens on as few lines as possible, for who watches many runs at once.
#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "core/render/page.hpp"
#include "core/render/styles.hpp"

namespace asmgr::rendering {
namespace {

constexpr std::size_t kMessagePreview = 120;
constexpr std::size_t kPromptPreview = 60;
constexpr std::size_t kMaxToolOutput = 2000;

std::string short_reason(std::string_view reason) {
  if (reason == "tool_use") return "tool";
  if (reason == "end_turn") return "end";
  return std::string(reason);
}

class CompactRenderer final : public Renderer {
 public:
  explicit CompactRenderer(const RenderOptions& options) : page_(options) {}

  std::string render(const EventView& event) override {
    ++events_;
    show(event);
    return page_.take();
  }
  std::string finish() override {
    page_.end_line();
    page_.cut(Line().add(Ink::dim, counted(events_, "event") + ", " + counted(tools_, "tool")));
    return page_.take();
  }
  void resize(std::size_t width) override { page_.resize(width); }

 private:
  using Data = boost::json::object;

  void show(const EventView& event);
  bool show_of_session(EventType type, const Data& data);
  bool show_of_run(EventType type, const Data& data);
  bool show_of_tools(EventType type, const Data& data);
  bool show_of_decisions(EventType type, const Data& data);
  void show_rest(const EventView& event, const Data& data);
  void show_text(const Data& data, Ink ink);
  void show_message(const Data& data);
  void show_tool_end(const Data& data, bool failed);

  void token(Ink ink, std::string_view head, std::string_view rest = {});
  void trouble(std::string_view text);
  // What was streamed is over: the next token begins a line.
  void end_text();

  Page page_;
  std::uint64_t events_ = 0;
  std::uint64_t tools_ = 0;
  enum class Flow : std::uint8_t { none, text, thinking, input } flow_ = Flow::none;
  bool said_ = false;  // the present message was streamed
};

void CompactRenderer::token(Ink ink, std::string_view head, std::string_view rest) {
  end_text();
  page_.token(Line().add(ink, head).add_elastic(Ink::plain, rest));
}

void CompactRenderer::end_text() {
  if (flow_ == Flow::text) page_.end_line();
  flow_ = Flow::none;
}

void CompactRenderer::trouble(std::string_view text) {
  end_text();
  page_.wrap(Line().add(Ink::red, "! ").add(Ink::plain, text), "  ");
}

void CompactRenderer::show(const EventView& event) {
  if (event.pruned) return token(Ink::dim, "(pruned)", shown_type(event));
  const Data data = data_of(event);
  switch (category_of(event.type)) {
    case EventCategory::session:
      if (show_of_session(event.type, data)) return;
      break;
    case EventCategory::run:
      if (show_of_run(event.type, data)) return;
      break;
    case EventCategory::tool:
      if (show_of_tools(event.type, data)) return;
      break;
    case EventCategory::policy:
    case EventCategory::approval:
    case EventCategory::error:
      if (show_of_decisions(event.type, data)) return;
      break;
    default:
      break;
  }
  show_rest(event, data);
}

bool CompactRenderer::show_of_session(EventType type, const Data& data) {
  switch (type) {
    case EventType::session_created:
      token(Ink::cyan, "s*");
      return true;
    case EventType::session_started:
      token(Ink::cyan, "s+");
      return true;
    case EventType::session_paused:
      token(Ink::cyan, "s:paused");
      return true;
    case EventType::session_resumed:
      token(Ink::cyan, "s:resumed");
      return true;
    case EventType::session_completed:
      token(Ink::cyan, "s-");
      return true;
    case EventType::session_failed:
      trouble("session failed: " + error_text_of(data));
      return true;
    case EventType::session_cancelled:
      trouble("session cancelled");
      return true;
    default:
      return false;
  }
}

bool CompactRenderer::show_of_run(EventType type, const Data& data) {
  switch (type) {
    case EventType::run_started: {
      const std::string model = short_model(text_of(data, "model"));
      token(Ink::cyan, "r+", model.empty() ? text_of(data, "provider") : model);
      return true;
    }
    case EventType::run_completed: {
      const std::string reason = short_reason(text_of(data, "stop_reason"));
      const auto cost = cost_of(data);
      token(Ink::green, "r-", (reason.empty() ? "" : ":" + reason) + (cost ? " " + dollars(*cost, 4) : ""));
      return true;
    }
    case EventType::run_failed:
      trouble("failed: " + error_text_of(data));
      return true;
    case EventType::run_timeout:
      trouble("out of time: " + error_text_of(data));
      return true;
    case EventType::run_cancelled: {
      const std::string reason = text_of(data, "reason");
      trouble("cancelled" + (reason.empty() ? "" : ": " + reason));
      return true;
    }
    default:
      return false;
  }
}

bool CompactRenderer::show_of_tools(EventType type, const Data& data) {
  switch (type) {
    case EventType::tool_call_started:
      ++tools_;
      said_ = false;
      token(Ink::yellow, "t+", text_of(data, "tool_name"));
      return true;
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      show_tool_end(data, type == EventType::tool_call_failed);
      return true;
    case EventType::tool_input_streamed:
      if (flow_ == Flow::input) return true;
      token(Ink::dim, "ti");
      flow_ = Flow::input;
      return true;
    default:
      return false;
  }
}

void CompactRenderer::show_tool_end(const Data& data, bool failed) {
  end_text();
  const std::string output = preview(tool_output_text(data), kMaxToolOutput);
  const auto code = exit_code(data);
  const bool bad = failed || (code && *code != 0);
  Line line;
  line.add(bad ? Ink::red : Ink::green, bad ? "t!" : "t-").add(Ink::plain, text_of(data, "tool_name"));
  if (code && *code != 0) line.add(Ink::red, "=" + std::to_string(*code));
  if (!output.empty()) line.add(Ink::dim, " tr:").add_elastic(Ink::dim, output);
  page_.token(line);
}

bool CompactRenderer::show_of_decisions(EventType type, const Data& data) {
  switch (type) {
    case EventType::error_occurred:
      trouble(error_text_of(data) + (find_bool(data, "will_retry").value_or(false) ? " (is tried again)" : ""));
      return true;
    case EventType::error_recovered:
      token(Ink::green, "!-", text_of(data, "routed_provider"));
      return true;
    case EventType::policy_violation:
      trouble("policy " + text_of(data, "policy") + ": " + violation_text(data));
      return true;
    case EventType::tool_approval_requested:
      token(Ink::yellow, "a?", text_of(data, "tool_name"));
      return true;
    case EventType::tool_approval_granted:
      token(Ink::green, "a+", text_of(data, "tool_name"));
      return true;
    case EventType::tool_approval_denied: {
      const std::string reason = text_of(data, "reason");
      token(Ink::red, "a-", text_of(data, "tool_name") + (reason.empty() ? "" : ":" + reason));
      return true;
    }
    default:
      return false;
  }
}

void CompactRenderer::show_rest(const EventView& event, const Data& data) {
  switch (event.type) {
    case EventType::message_streamed:
      return show_text(data, Ink::plain);
    case EventType::message_received:
      return show_message(data);
    case EventType::message_sent:
      said_ = false;
      return token(Ink::dim, "in:", preview(message_text(data), kPromptPreview));
    case EventType::reasoning_streamed:
      if (flow_ == Flow::thinking) return;
      token(Ink::dim, "th");
      flow_ = Flow::thinking;
      return;
    case EventType::token_usage_updated: {
      const TokenFlow tokens = flow_of(usage_of(data));
      const auto cost = cost_of(data);
      return token(
          Ink::dim,
          "tk:", std::to_string(tokens.in) + "/" + std::to_string(tokens.out) + (cost ? " " + dollars(*cost, 4) : ""));
    }
    case EventType::turn_completed:
      return token(Ink::dim, "tn");
    case EventType::provider_started:
      return token(Ink::dim, "p+", short_model(text_of(data, "model")));
    case EventType::step_started:
      return token(Ink::dim, "st", text_of(data, "turn").empty() ? "" : ":" + text_of(data, "turn"));
    case EventType::step_reset:
      said_ = false;
      return token(Ink::yellow, "~", text_of(data, "attempt") + ":" + text_of(data, "reason"));
    case EventType::workspace_snapshot_taken:
      return token(Ink::dim, "ws:", text_of(data, "label"));
    case EventType::workspace_diff_computed:
      return token(Ink::dim, "wd:",
                   text_of(data, "files_changed") + " +" + text_of(data, "insertions") + " -" +
                       text_of(data, "deletions") + (find_bool(data, "rolled_back").value_or(false) ? " undone" : ""));
    default:
      return token(Ink::dim, "?:", shown_type(event));
  }
}

void CompactRenderer::show_text(const Data& data, Ink ink) {
  const std::string text = streamed_text(data);
  if (text.empty()) return;
  if (flow_ != Flow::text) {
    token(Ink::cyan, ">>");
    page_.stream(ink, " ");
    flow_ = Flow::text;
  }
  said_ = true;
  page_.stream(ink, text);
}

// A message that was not streamed is what there is to read: it comes whole.
void CompactRenderer::show_message(const Data& data) {
  if (!said_) show_text(data, Ink::plain);
  said_ = false;
  const std::string text = preview(message_text(data), kMessagePreview);
  token(Ink::dim, "msg", text.empty() ? "" : " " + text);
}

}  // namespace

std::unique_ptr<Renderer> make_compact_renderer(const RenderOptions& options) {
  return std::make_unique<CompactRenderer>(options);
}

}  // namespace asmgr::rendering
