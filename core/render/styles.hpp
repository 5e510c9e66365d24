// The styles, each made in a file of its own.
#pragma once

#include <memory>

#include "core/render/renderer.hpp"

namespace asmgr::rendering {

[[nodiscard]] std::unique_ptr<Renderer> make_compact_renderer(const RenderOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_verbose_renderer(const RenderOptions& options);
[[nodiscard]] std::unique_ptr<Renderer> make_studio_renderer(const RenderOptions& options);

}  // namespace asmgr::rendering
