#include "core/render/renderer.hpp"

#include <algorithm>
#include <array>

#include "core/render/styles.hpp"

namespace asmgr {
namespace {

constexpr std::array<std::string_view, 4> kStyleNames{"compact", "verbose", "studio", "passthrough"};
constexpr std::array<std::string_view, 3> kToolOutputNames{"summary", "preview", "full"};

class PassthroughRenderer final : public Renderer {
 public:
  std::string render(const EventView&) override { return {}; }
  std::string finish() override { return {}; }
  void resize(std::size_t) override {}
};

template <typename Enum, std::size_t N>
Result<Enum> one_of_names(const std::array<std::string_view, N>& names, std::string_view name, std::string_view what) {
  const auto at = std::ranges::find(names, name);
  if (at != names.end()) return static_cast<Enum>(at - names.begin());
  std::string list;
  for (const std::string_view known : names) list.append(list.empty() ? "" : ", ").append(known);
  return Error(ErrorCode::validation_error,
               "'" + std::string(name) + "' is no " + std::string(what) + "; there are " + list);
}

}  // namespace

std::span<const std::string_view> render_style_names() noexcept {
  return kStyleNames;
}

std::string_view style_name(RenderStyle style) noexcept {
  return kStyleNames[static_cast<std::size_t>(style)];
}

Result<RenderStyle> parse_render_style(std::string_view name) {
  return one_of_names<RenderStyle>(kStyleNames, name, "style of rendering");
}

Result<ToolOutput> parse_tool_output(std::string_view name) {
  return one_of_names<ToolOutput>(kToolOutputNames, name, "amount of tool output");
}

std::unique_ptr<Renderer> make_renderer(RenderStyle style, const RenderOptions& options) {
  switch (style) {
    case RenderStyle::compact:
      return rendering::make_compact_renderer(options);
    case RenderStyle::verbose:
      return rendering::make_verbose_renderer(options);
    case RenderStyle::studio:
      return rendering::make_studio_renderer(options);
    case RenderStyle::passthrough:
      break;
  }
  return std::make_unique<PassthroughRenderer>();
}

}  // namespace asmgr
