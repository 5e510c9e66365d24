// What artifacts there are, in the order of their keys. A listing of S3 tells only names, so each object is asked for
// its metadata, several at a time.
#pragma once

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "entry.hpp"
#include "requests.hpp"

namespace asmgr::s3_store {

struct KeyRange {
  std::string_view prefix;  // keys that begin with it
  std::string_view after;   // and come after this one
  std::uint64_t limit = 0;  // at most so many
};

// Returns false to stop.
using EntryVisitor = std::function<bool(const Entry&)>;

// Skips what is removed meanwhile and, with a warning, what has no metadata of asmgr. Throws StatusError.
void list_entries(Wire& wire, const sdk::Logger& log, const KeyRange& range, const EntryVisitor& visit);

}  // namespace asmgr::s3_store
