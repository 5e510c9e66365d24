// Orders of asmgr.store.maintenance/1 in a line, and everything a store answers as one text.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::contract {

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
std::string prune_order(const std::string& session, const Ranges& ranges, std::size_t batch_size = 1000);
std::string remove_order(const std::string& session, std::uint64_t epoch, std::size_t batch_size = 1000);

// The number under `key` in a flat JSON object; UINT64_MAX when there is none.
std::uint64_t number_in(const std::string& json, const std::string& key);

// Everything a caller may read of these sessions: what must not change when nothing was changed. A read that fails says
// so in the text, and is counted in `failed` where there is one.
std::string all_answers(const StoreClient& store, const std::vector<std::string>& sessions, int* failed = nullptr);

}  // namespace asmgr::contract
