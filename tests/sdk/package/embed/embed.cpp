#include <asmgr/plugin.h>

#include <asmgr/rendering.hpp>
#include <asmgr/workflow.hpp>
#include <cstdio>

#include "core/model/error.hpp"

int main() {
  const asmgr::Error error(asmgr::code_of_abi_status(ASMGR_E_RUN_NOT_FOUND), "no run here");
  const std::string action(asmgr::action_name(asmgr::classify_error(error).action));
  std::printf("%s: %s\n", error.to_string().c_str(), action.c_str());
  std::fflush(stdout);
  asmgr::RenderPipeline pipeline(asmgr::make_renderer(asmgr::RenderStyle::studio, {}), nullptr);
  pipeline.add("standard output", asmgr::terminal_sink(1));
  asmgr::EventView event;
  event.type = asmgr::EventType::session_started;
  pipeline.show(event);
}
