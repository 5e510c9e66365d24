// Random trees and random edits of them.
#pragma once

#include <random>

#include "tests/core/workspace/scratch_folder.hpp"

namespace asmgr::workspace::test {

// Makes, changes, removes and moves files, links and folders below the workspace, by the system's calls alone.
void edit_at_random(const ScratchFolder& folder, std::mt19937& random, int edits);

}  // namespace asmgr::workspace::test
