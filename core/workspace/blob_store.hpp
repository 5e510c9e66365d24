// Contents of the hash backend: a file each under the folder `objects`, named by its SHA-256, whole or not there.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "core/workspace/contents.hpp"

namespace asmgr::workspace {

// `folder` exists. A content that is there already is not written again; two writers of one content do no harm.
[[nodiscard]] std::unique_ptr<Contents> open_blob_store(std::string folder);

// Removes every content that is not in `kept`. Nobody may be adding meanwhile.
[[nodiscard]] Result<void> sweep_blob_store(const std::string& folder, const std::set<ContentId>& kept);

}  // namespace asmgr::workspace
