// Renderers: what a person reads of a session's events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

enum class RenderStyle : std::uint8_t {
  compact,      // tokens on as few lines as possible
  verbose,      // a line for each event with what it holds
  studio,       // what is said, and a line for each tool with how it ended
  passthrough,  // nothing: for sinks that take the events themselves
};

[[nodiscard]] std::span<const std::string_view> render_style_names() noexcept;  // in the order of the enumeration
[[nodiscard]] std::string_view style_name(RenderStyle style) noexcept;
// Errors: validation_error.
[[nodiscard]] Result<RenderStyle> parse_render_style(std::string_view name);

// How much of what a tool answered `studio` shows.
enum class ToolOutput : std::uint8_t {
  summary,  // its size
  preview,  // and its last lines
  full,
};
// Errors: validation_error.
[[nodiscard]] Result<ToolOutput> parse_tool_output(std::string_view name);

inline constexpr std::size_t kMinRenderWidth = 16;

struct RenderOptions {
  bool color = false;        // without it no text has an escape character
  bool is_terminal = false;  // a line may be rewritten (carriage return; with colour also "erase line")
  std::size_t width = 0;     // columns that no line exceeds, at least kMinRenderWidth; 0 = unlimited, as for pipes
  ToolOutput tool_output = ToolOutput::summary;
};

// Takes events in the order of their log. What the events say is made harmless: only a renderer's own colour codes and
// carriage returns ever reach a terminal. Data that is no JSON object counts as empty, a type it does not know is shown
// under its own name. Serial use. The cost of an event does not depend on those before it.
class Renderer {
 public:
  virtual ~Renderer() = default;
  // What the event adds; may be empty, and may end in the middle of a line. A word that is streamed is held until it is
  // whole where lines have a width.
  [[nodiscard]] virtual std::string render(const EventView& event) = 0;
  // What is still held, the end of the last line, and a summary where the style has one. Once, after the last event.
  [[nodiscard]] virtual std::string finish() = 0;
  // From the next event on.
  virtual void resize(std::size_t width) = 0;
};

[[nodiscard]] std::unique_ptr<Renderer> make_renderer(RenderStyle style, const RenderOptions& options);

}  // namespace asmgr
