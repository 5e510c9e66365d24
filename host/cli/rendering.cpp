#include "host/cli/rendering.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "host/cli/command.hpp"

namespace asmgr::cli {
namespace {

constexpr std::size_t kUsualColumns = 80;

bool is_dumb_terminal() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::strcmp(term, "dumb") == 0;
}

// KIND and PATH.
std::pair<std::string, std::string> parts_of(const std::string& sink) {
  const auto equals = sink.find('=');
  if (equals == std::string::npos) return {sink, {}};
  return {sink.substr(0, equals), sink.substr(equals + 1)};
}

// The style that is shown on standard output; empty = none.
std::optional<RenderStyle> style_on_screen(const Console& console, const RenderFlags& flags, Unsaid unsaid) {
  if (!console.is_text()) return std::nullopt;
  if (!flags.style.empty()) {
    const auto style = parse_render_style(flags.style);
    return style.has_value() ? std::optional(*style) : std::nullopt;
  }
  if (unsaid == Unsaid::not_rendered || console.quiet() || !console.out_is_terminal()) return std::nullopt;
  return console.verbose() ? RenderStyle::verbose : RenderStyle::studio;
}

}  // namespace

void add_render_options(CLI::App& app, RenderFlags& flags) {
  app.add_option("--render", flags.style, "Show events to people: one style for terminals, pipes and --sink file=")
      ->check(one_of({"compact", "verbose", "studio", "passthrough"}))
      ->type_name("compact|verbose|studio|passthrough");
  app.add_option("--tool-output", flags.tool_output,
                 "How much of what tools answer studio shows: its size (default), its last lines, all")
      ->check(one_of({"summary", "preview", "full"}))
      ->type_name("summary|preview|full");
  app.add_option("--sink", flags.sinks,
                 "Also write to a file: file=PATH what is rendered, without colour; jsonl=PATH or jsonl-compact=PATH "
                 "the events. May be repeated")
      ->type_name("KIND=PATH")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
}

std::size_t terminal_columns(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return ::isatty(descriptor) == 1 ? kUsualColumns : 0;
  return size.ws_col == 0 ? kUsualColumns : size.ws_col;
}

Result<void> Rendering::check(const Console& console, const RenderFlags& flags) {
  if (!flags.style.empty() && !console.is_text()) {
    return usage_error(
        "--render shows events to people and --output json|jsonl to programs: give one of them; --sink file=PATH "
        "writes "
        "what is rendered beside JSON");
  }
  for (const std::string& sink : flags.sinks) {
    const auto [kind, path] = parts_of(sink);
    if ((kind != "file" && kind != "jsonl" && kind != "jsonl-compact") || path.empty()) {
      return usage_error("--sink: '" + sink + "' is none; write file=PATH, jsonl=PATH or jsonl-compact=PATH");
    }
  }
  return {};
}

std::unique_ptr<Rendering> Rendering::open(Console& console, const RenderFlags& flags, Unsaid unsaid) {
  const auto shown = style_on_screen(console, flags, unsaid);
  std::unique_ptr<Rendering> rendering(new Rendering(console));
  if (!shown && flags.sinks.empty()) return rendering;
  RenderOptions options;
  if (const auto amount = parse_tool_output(flags.tool_output); amount.has_value()) options.tool_output = *amount;
  rendering->on_screen_ = shown.has_value();
  if (shown && console.out_is_terminal()) {
    rendering->rewrites_ = !is_dumb_terminal();
    rendering->columns_ = terminal_columns(STDOUT_FILENO);
    options.is_terminal = rendering->rewrites_;
    options.color = console.colors_out();
    options.width = rendering->columns_;
  }
  rendering->pipeline_ = std::make_unique<RenderPipeline>(
      make_renderer(shown.value_or(RenderStyle::studio), options),
      [&console](const std::string& sentence) { console.complain("warning: " + sentence, Style::bad); });
  if (shown) {
    const auto write = [made = rendering.get()](const EventView*, std::string_view text) { return made->write(text); };
    rendering->pipeline_->add("standard output", callback_sink(write));
  }
  rendering->add_sinks(flags.sinks);
  return rendering;
}

void Rendering::add_sinks(const std::vector<std::string>& sinks) {
  for (const std::string& sink : sinks) {
    const auto [kind, path] = parts_of(sink);
    pipeline_->add(sink, kind == "file" ? file_sink(path)
                                        : jsonl_sink(path, kind == "jsonl" ? JsonlForm::full : JsonlForm::compact));
  }
}

// A standard output that takes no more is the console's to report, as everywhere.
Result<void> Rendering::write(std::string_view text) {
  if (text.empty()) return {};
  const auto put = [&] {
    console_.write(text);
    console_.flush();
  };
  if (status_ == nullptr) {
    put();
  } else {
    status_->write(text, put);
  }
  return {};
}

void Rendering::show(const EventView& event) {
  if (!pipeline_) return;
  if (columns_ != 0) {
    const std::size_t columns = terminal_columns(STDOUT_FILENO);
    if (columns != columns_) pipeline_->resize(columns);
    columns_ = columns;
  }
  if (status_ != nullptr) status_->observe(event);
  pipeline_->show(event);
}

void Rendering::hold_status() {
  if (status_ != nullptr) status_->hold();
}

void Rendering::show_status() {
  if (status_ != nullptr) status_->go_on();
}

void Rendering::finish() {
  if (pipeline_) pipeline_->finish();
  if (status_ != nullptr) status_->end();
}

}  // namespace asmgr::cli
