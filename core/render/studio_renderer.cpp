// studio: what is said, and a line for each tool, which on a terminal is written over by how it ended.
#include <map>
#include <vector>

#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "core/render/page.hpp"
#include "core/render/styles.hpp"
#include "core/render/tool_summary.hpp"

namespace asmgr::rendering {
namespace {

constexpr std::string_view kInfo = "\xe2\x97\x8f ";     // ●
constexpr std::string_view kRunning = "\xe2\x97\x90 ";  // ◐
constexpr std::string_view kDone = "\xe2\x9c\x93 ";     // ✓
constexpr std::string_view kFailed = "\xe2\x9c\x97 ";   // ✗
constexpr std::string_view kAsked = "\xe2\x80\xba ";    // ›
constexpr std::string_view kSmall = "\xc2\xb7 ";        // ·
constexpr std::string_view kHang = "  ";
constexpr std::string_view kPreviewBar = "  \xe2\x94\x82 ";  // │
constexpr std::string_view kFullBar = "  \xe2\x94\x8a ";     // ┊
constexpr std::size_t kPreviewLines = 3;
constexpr std::size_t kMaxPrompt = 400;
constexpr std::size_t kMaxOpenCalls = 1000;

class StudioRenderer final : public Renderer {
 public:
  explicit StudioRenderer(const RenderOptions& options) : page_(options), tool_output_(options.tool_output) {}

  std::string render(const EventView& event) override {
    show(event);
    return page_.take();
  }
  std::string finish() override {
    page_.end_line();
    return page_.take();
  }
  void resize(std::size_t width) override { page_.resize(width); }

 private:
  using Data = boost::json::object;
  struct OpenCall {
    std::string name;
    Data input;
    Timestamp started;
  };

  void show(const EventView& event);
  void show_said(const EventView& event, const Data& data);
  void show_of_session(const EventView& event, const Data& data);
  void show_of_run(const EventView& event, const Data& data);
  void show_run_end(const Data& data);
  void show_of_tool(const EventView& event, const Data& data);
  void show_tool_start(const EventView& event, const Data& data);
  void show_tool_end(const EventView& event, const Data& data);
  void show_output(std::string_view output, bool failed);
  void show_of_provider(const EventView& event, const Data& data);
  void show_trouble(const EventView& event, const Data& data);
  void show_approval(const EventView& event, const Data& data);
  void show_workspace(const EventView& event, const Data& data);

  void info(std::string_view text) { page_.wrap(Line().add(Ink::cyan, kInfo).add(Ink::plain, text), kHang); }
  void small(std::string_view text) {
    page_.wrap(Line().add(Ink::dim, std::string(kSmall) + std::string(text)), kHang);
  }
  void good(std::string_view text) { page_.wrap(Line().add(Ink::green, kDone).add(Ink::plain, text), kHang); }
  void bad(std::string_view text) { page_.wrap(Line().add(Ink::red, kFailed).add(Ink::plain, text), kHang); }
  void waiting(std::string_view text) { page_.wrap(Line().add(Ink::yellow, kRunning).add(Ink::bold, text), kHang); }

  Page page_;
  ToolOutput tool_output_;
  std::map<std::string, OpenCall, std::less<>> open_;  // by the call's id
  std::string tentative_call_;                         // whose line is written over, when it still is the last one
  EventType flow_ = EventType::unknown;                // what is being streamed
  bool said_ = false;                                  // the present message was streamed
  std::uint64_t tools_ = 0;                            // of the present run
};

// " (a, b)" of those that are not empty.
std::string bracketed(const std::vector<std::string>& facts) {
  std::string text;
  for (const std::string& fact : facts) {
    if (!fact.empty()) text.append(text.empty() ? " (" : ", ").append(fact);
  }
  return text.empty() ? text : text + ")";
}

std::string after_colon(std::string text) {
  return text.empty() ? text : ": " + std::move(text);
}

void StudioRenderer::show(const EventView& event) {
  if (event.pruned) return small(std::string(shown_type(event)) + " (pruned)");
  const Data data = data_of(event);
  if (category_of(event.type) == EventCategory::message) return show_said(event, data);
  if (event.type == EventType::token_usage_updated) return;  // told at the end of the run
  if (event.type != EventType::tool_input_streamed) flow_ = EventType::unknown;
  switch (category_of(event.type)) {
    case EventCategory::session:
      return show_of_session(event, data);
    case EventCategory::run:
      return show_of_run(event, data);
    case EventCategory::tool:
      return show_of_tool(event, data);
    case EventCategory::error:
    case EventCategory::policy:
      return show_trouble(event, data);
    case EventCategory::approval:
      return show_approval(event, data);
    case EventCategory::workspace:
      return show_workspace(event, data);
    case EventCategory::provider:
      return show_of_provider(event, data);
    case EventCategory::usage:
      return small("turn completed");
    default:
      return small(std::string(shown_type(event)) + (data.empty() ? "" : " " + preview(event.data, kMaxPrompt)));
  }
}

void StudioRenderer::show_said(const EventView& event, const Data& data) {
  if (event.type == EventType::message_sent) {
    flow_ = EventType::unknown;
    said_ = false;
    const std::string role = text_of(data, "role");
    const std::string who = role.empty() || role == "user" ? "" : role + ": ";
    page_.wrap(Line().add(Ink::cyan, kAsked).add(Ink::bold, who + preview(message_text(data), kMaxPrompt)), kHang);
    return;
  }
  const bool whole = event.type == EventType::message_received;
  if (whole && std::exchange(said_, false)) {
    flow_ = EventType::unknown;
    return page_.end_line();
  }
  const EventType flow = event.type == EventType::reasoning_streamed ? event.type : EventType::message_streamed;
  const std::string text = whole ? message_text(data) : streamed_text(data);
  if (text.empty()) return;
  if (flow_ != flow) {
    page_.end_line();
    if (flow == EventType::reasoning_streamed) page_.stream(Ink::dim, kSmall);
  }
  flow_ = flow;
  page_.stream(flow == EventType::reasoning_streamed ? Ink::dim : Ink::plain, text);
  if (event.type == EventType::message_streamed) said_ = true;
  if (whole) {
    page_.end_line();
    flow_ = EventType::unknown;
  }
}

void StudioRenderer::show_of_session(const EventView& event, const Data& data) {
  switch (event.type) {
    case EventType::session_created: {
      const std::string from = text_of(data, "forked_from");
      return small("session created" + bracketed({text_of(data, "provider"), from.empty() ? "" : "fork of " + from}));
    }
    case EventType::session_started:
      return info("Session started");
    case EventType::session_paused:
      return info("Session paused");
    case EventType::session_resumed:
      return info("Session resumed");
    case EventType::session_completed:
      return good("Session completed");
    case EventType::session_cancelled:
      return bad("Session cancelled");
    default:
      return bad("Session failed" + after_colon(error_text_of(data)));
  }
}

void StudioRenderer::show_of_run(const EventView& event, const Data& data) {
  switch (event.type) {
    case EventType::run_started:
      tools_ = 0;
      said_ = false;
      return info("Run started" + bracketed({text_of(data, "provider"), text_of(data, "model")}));
    case EventType::run_completed:
      return show_run_end(data);
    case EventType::run_cancelled:
      return bad("Run cancelled" + after_colon(text_of(data, "reason")));
    case EventType::run_timeout:
      return bad("Run out of time" + after_colon(error_text_of(data)));
    default:
      return bad("Run failed" + after_colon(error_text_of(data)));
  }
}

void StudioRenderer::show_run_end(const Data& data) {
  const TokenUsage usage = usage_of(data);
  const TokenFlow tokens = flow_of(usage);
  const auto cost = cost_of(data);
  const auto duration = find_int(data, "duration_ms");
  const std::string used =
      usage.empty() ? std::string() : std::to_string(tokens.in) + " tokens in, " + std::to_string(tokens.out) + " out";
  good("Run completed" +
       bracketed({text_of(data, "stop_reason"), used, cost ? dollars(*cost, 4) : "",
                  tools_ == 0 ? "" : counted(tools_, "tool"), duration ? duration_text(*duration) : ""}));
}

// ---- tools

void StudioRenderer::show_of_tool(const EventView& event, const Data& data) {
  if (event.type == EventType::tool_call_started) return show_tool_start(event, data);
  if (event.type != EventType::tool_input_streamed) return show_tool_end(event, data);
  if (flow_ == event.type) return;
  flow_ = event.type;
  tentative_call_ = text_of(data, "tool_call_id");
  page_.tentative(Line().add(Ink::yellow, kRunning).add(Ink::dim, "Preparing a tool call"));
}

void StudioRenderer::show_tool_start(const EventView& event, const Data& data) {
  ++tools_;
  said_ = false;
  OpenCall call{text_of(data, "tool_name"), {}, event.timestamp};
  if (const auto* input = find_object(data, "tool_input")) call.input = *input;
  const ToolSummary summary = summary_of_start(call.name, call.input);
  const std::string id = text_of(data, "tool_call_id");
  if (tentative_call_ == id) page_.drop_tentative();
  page_.tentative(
      Line().add(Ink::yellow, kRunning).add(Ink::plain, summary.verb).add_elastic(Ink::plain, summary.subject));
  tentative_call_ = id;
  if (open_.size() >= kMaxOpenCalls) open_.clear();
  open_.insert_or_assign(id, std::move(call));
}

void StudioRenderer::show_tool_end(const EventView& event, const Data& data) {
  said_ = false;
  const std::string id = text_of(data, "tool_call_id");
  OpenCall call{text_of(data, "tool_name"), {}, {}};
  if (const auto open = open_.find(id); open != open_.end()) {
    call = std::move(open->second);
    open_.erase(open);
  }
  if (const auto* input = find_object(data, "tool_input"); input != nullptr && !input->empty()) call.input = *input;
  ToolEnd end;
  end.output = tool_output_text(data);
  end.exit_code = exit_code(data);
  end.duration_ms = find_int(data, "duration_ms").value_or(0);
  if (end.duration_ms == 0 && call.started.is_set()) end.duration_ms = (event.timestamp.us - call.started.us) / 1000;
  end.failed = event.type == EventType::tool_call_failed || text_of(data, "status") == "failed" ||
               (end.exit_code && *end.exit_code != 0);
  const ToolSummary summary = summary_of_end(call.name, call.input, end);
  Line line;
  line.add(end.failed ? Ink::red : Ink::green, end.failed ? kFailed : kDone);
  line.add(Ink::plain, summary.verb).add_elastic(Ink::plain, summary.subject).add(Ink::dim, summary.outcome);
  if (tentative_call_ == id) {
    page_.replace(line);
  } else {
    page_.cut(line);
  }
  tentative_call_.clear();
  show_output(end.output, end.failed);
}

// Why a tool failed is shown in any case, as far as its last lines say.
void StudioRenderer::show_output(std::string_view output, bool failed) {
  if (tool_output_ == ToolOutput::summary && !failed) return;
  const bool all = tool_output_ == ToolOutput::full;
  std::vector<std::string_view> lines;
  while (!output.empty()) {
    const auto end = std::min(output.find('\n'), output.size());
    const std::string_view line = output.substr(0, end);
    if (all || line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  const std::size_t skipped = all || lines.size() <= kPreviewLines ? 0 : lines.size() - kPreviewLines;
  for (std::size_t i = skipped; i < lines.size(); ++i) {
    const std::string_view bar = all ? kFullBar : kPreviewBar;
    Line line;
    line.add(Ink::dim, bar).add(failed ? Ink::red : Ink::dim, lines[i]);
    if (all) {
      page_.wrap(line, bar);
    } else {
      page_.cut(line);
    }
  }
}

// ---- the rest

void StudioRenderer::show_of_provider(const EventView& event, const Data& data) {
  switch (event.type) {
    case EventType::provider_started: {
      const std::string model = text_of(data, "model");
      return small("provider started" + bracketed({model, text_of(data, "cwd")}));
    }
    case EventType::step_started:
      return small("step " + text_of(data, "turn"));
    default:
      break;
  }
  said_ = false;
  const std::string attempt = text_of(data, "attempt");
  if (text_of(data, "reason") == "continued") return info("Goes on" + bracketed({"attempt " + attempt}));
  const std::string target = text_of(data, "routed_provider");
  info("Tried again" + bracketed({"attempt " + attempt, target.empty() ? "" : "with " + target}) +
       ": what was said since the last attempt began does not count");
}

void StudioRenderer::show_trouble(const EventView& event, const Data& data) {
  if (event.type == EventType::error_recovered) {
    return good("Recovered" + bracketed({"attempt " + text_of(data, "attempt"), text_of(data, "routed_provider")}));
  }
  if (event.type == EventType::error_occurred) {
    const bool again = find_bool(data, "will_retry").value_or(false);
    return bad("Error" + after_colon(error_text_of(data)) + (again ? " (is tried again)" : ""));
  }
  const std::string action = text_of(data, "action");
  const std::string text =
      "Policy " + text_of(data, "policy") + (action == "warn" ? " warns" : "") + after_colon(violation_text(data));
  if (action == "warn" || action == "request_approval") {
    page_.wrap(Line().add(Ink::yellow, kInfo).add(Ink::plain, text), kHang);
  } else {
    bad(text);
  }
}

void StudioRenderer::show_approval(const EventView& event, const Data& data) {
  const std::string tool = text_of(data, "tool_name");
  if (event.type == EventType::tool_approval_requested) {
    const auto* input = find_object(data, "tool_input");
    const ToolSummary call = summary_of_start(tool, input == nullptr ? Data() : *input);
    return waiting("Waits for approval: " + tool + " " + call.subject);
  }
  const std::string by = text_of(data, "decided_by");
  const bool edited = find_bool(data, "edited").value_or(false);
  const std::string how = bracketed({by.empty() ? "" : "by " + by, edited ? "with another input" : "",
                                     text_of(data, "scope").empty() ? "" : "for this " + text_of(data, "scope")});
  if (event.type == EventType::tool_approval_granted) {
    return good("Approved: " + tool + how + after_colon(text_of(data, "reason")));
  }
  bad("Not approved: " + tool + how + after_colon(text_of(data, "reason")));
}

void StudioRenderer::show_workspace(const EventView& event, const Data& data) {
  if (event.type == EventType::workspace_snapshot_taken) {
    const std::string label = text_of(data, "label");
    const std::string ref = text_of(data, "ref").substr(0, 12);
    return small("workspace snapshot" + (label.empty() ? "" : " " + label) +
                 bracketed({text_of(data, "backend"), ref}));
  }
  const auto files = static_cast<std::uint64_t>(std::max<std::int64_t>(0, find_int(data, "files_changed").value_or(0)));
  info("Workspace: " + counted(files, "file") + " changed, +" + text_of(data, "insertions") + " -" +
       text_of(data, "deletions") + (find_bool(data, "rolled_back").value_or(false) ? "; rolled back" : ""));
}

}  // namespace

std::unique_ptr<Renderer> make_studio_renderer(const RenderOptions& options) {
  return std::make_unique<StudioRenderer>(options);
}

}  // namespace asmgr::rendering
