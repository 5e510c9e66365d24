// Whether a file may become code of this process.
//
// The file and its folder must belong to root or to the user of this process, and nobody else may write to them (a
// sticky folder is fine: others cannot replace a file in it). When digests are pinned, nothing loads but what matches
// them; the matched bytes are copied to sealed memory and loaded from there, so that what was checked is what runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/model/error.hpp"
#include "core/plugin/load_error.hpp"

namespace asmgr {

struct TrustRules {
  std::map<std::string, std::string> sha256;  // file NAME -> hex digest; not empty = nothing else loads
};

// What tells one version of a file from another.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};

// A file that may be loaded.
struct TrustedFile {
  std::filesystem::path file;  // canonical
  FileIdentity identity;
  std::string bytes;   // the whole content, as read once
  std::string sha256;  // hex digest; empty when none was asked for
};

// Errors: plugin_load_failed in every case (unreadable, foreign owner, writable by others, pin mismatch, not pinned).
[[nodiscard]] Result<TrustedFile> read_trusted_file(const PluginSubject& subject, const TrustRules& rules);

// A copy of `bytes` in memory that nobody can change any more; returns its descriptor, to be kept open for ever: the
// loader knows a library by its path, so a reused descriptor number would silently give the old library.
[[nodiscard]] Result<int> seal_in_memory(const PluginSubject& subject, std::string_view bytes);

}  // namespace asmgr
