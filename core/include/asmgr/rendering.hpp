// Events as people read them: a renderer makes text of them, sinks take it to terminals, files and functions.
//
//   asmgr::RenderPipeline pipeline(asmgr::make_renderer(asmgr::RenderStyle::studio, {.width = 80}),
//                                  [](const std::string& sentence) { log(sentence); });
//   pipeline.add("terminal", asmgr::terminal_sink(STDOUT_FILENO));
//   options.execution.event_callback = [&](const asmgr::EventView& event) { pipeline.show(event); };
#pragma once

#include "core/render/pipeline.hpp"
#include "core/render/renderer.hpp"
#include "core/render/sink.hpp"
