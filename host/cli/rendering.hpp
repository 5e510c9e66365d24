// `--render`, `--tool-output` and `--sink`: how a command shows events to people, and where else they go.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/render/pipeline.hpp"
#include "host/cli/console.hpp"
#include "host/cli/status_line.hpp"

namespace asmgr::cli {

struct RenderFlags {
  std::string style;  // empty = not said
  std::string tool_output = "summary";
  std::vector<std::string> sinks;  // KIND=PATH
};
void add_render_options(CLI::App& app, RenderFlags& flags);

// What a command does that was not told a style.
enum class Unsaid : std::uint8_t {
  not_rendered,          // it prints events in its own way
  rendered_on_terminal,  // on a terminal studio, with -v verbose; nothing with -q or in a pipe
};

// Columns of the terminal behind a descriptor; 80 where it does not say, 0 when it is none.
[[nodiscard]] std::size_t terminal_columns(int descriptor);

// The renderer and the sinks that were asked for. A sink that fails is complained about once. On the console's thread.
class Rendering {
 public:
  // Errors: usage (a style with a JSON format, a sink that is none).
  [[nodiscard]] static Result<void> check(const Console& console, const RenderFlags& flags);
  // After that; files are emptied.
  [[nodiscard]] static std::unique_ptr<Rendering> open(Console& console, const RenderFlags& flags, Unsaid unsaid);

  void show(const EventView& event);
  // Ends the last line, and the status line; sinks are flushed and closed.
  void finish();
  // Standard output is written here: nobody else prints events.
  [[nodiscard]] bool is_on_screen() const noexcept { return on_screen_; }
  // Output goes to a terminal that lines can be rewritten on.
  [[nodiscard]] bool can_have_status() const noexcept { return on_screen_ && rewrites_; }
  // A line below the output from now on; must outlive the rendering.
  void set_status(StatusLine& status) noexcept { status_ = &status; }
  // While a person is asked something there is no status line.
  void hold_status();
  void show_status();

 private:
  explicit Rendering(Console& console) : console_(console) {}
  void add_sinks(const std::vector<std::string>& sinks);
  [[nodiscard]] Result<void> write(std::string_view text);

  Console& console_;
  StatusLine* status_ = nullptr;
  bool on_screen_ = false;
  bool rewrites_ = false;
  std::size_t columns_ = 0;
  std::unique_ptr<RenderPipeline> pipeline_;  // last: it ends by writing
};

}  // namespace asmgr::cli
