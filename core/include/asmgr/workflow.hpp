// Runs as the steps of a workflow that somebody else drives: parameters and results as JSON, what to do about an error,
// a session for several steps.
//
//   auto step = asmgr::execute_step(manager, std::move(params));
//   if (step && step->retryable()) try_again(step->classification->action);
#pragma once

#include "core/workflow/error_class.hpp"
#include "core/workflow/step.hpp"
