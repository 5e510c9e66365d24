// The artifacts of a store's sessions: each is a record that is written with the event that names it, after its bytes
// are where they belong. What a crash leaves between the two is an orphan: bytes that no record names.
//
// Everything here reads or writes stores on the calling thread and may block: for callers' threads, readers and
// helpers, never for the engine's. Errors, where nothing else is said: those of the stores.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/wiring.hpp"
#include "core/model/artifact.hpp"
#include "core/ports/artifacts.hpp"
#include "core/ports/cancel.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// -- keys -------------------------------------------------------------------------------------------------------------

// Every key of ours is "asmgr-MARK/KIND_ID": MARK stands for the store whose records name it, KIND for what it is, ID
// is never used twice. So a key is put once, and several stores can keep their bytes in one artifact store without
// taking those of another for orphans.
inline constexpr std::string_view kArtifactKeyBegin = "asmgr-";

// The mark of a store, a record of its own: 16 random hexadecimal digits, made by whoever needs them first.
[[nodiscard]] Result<std::string> make_artifact_mark(Store& store);
// Empty where nobody has needed one: then the store names no artifacts.
[[nodiscard]] Result<std::string> find_artifact_mark(Store& store);

// `kind`: "patch", "event".
[[nodiscard]] std::string new_artifact_key(std::string_view mark, std::string_view kind, Timestamp now);

// -- records ----------------------------------------------------------------------------------------------------------

// For the unit that writes the event which names the key. A session that is copied names the same bytes by a record of
// its own; so does one that is imported after the first was deleted.
[[nodiscard]] RecordWrite register_artifact(const Artifact& artifact, const std::string& tenant);

// Any of the records that name the key. Errors: not_found.
[[nodiscard]] Result<Artifact> find_artifact(Store& store, const std::string& tenant, const std::string& key);
// In the order in which they were made. A session that nobody knows has none.
[[nodiscard]] Result<std::vector<Artifact>> list_artifacts(Store& store, const std::string& tenant,
                                                           const std::string& session_id);

// -- bytes ------------------------------------------------------------------------------------------------------------

// Takes the next piece of an artifact. An error ends the reading with that error.
using ArtifactWriter = std::function<Result<void>(std::string_view piece)>;

// All of it, the last piece only when size and digest are those on record. Errors: storage_error naming the key and
// both digests when they are not; not_found, and the artifact store's.
[[nodiscard]] Result<void> read_artifact(ArtifactStore& artifacts, const Artifact& artifact,
                                         const ArtifactWriter& write);

// Those of the pipelines, each once; one of the name `first` before the others.
[[nodiscard]] std::vector<std::shared_ptr<ArtifactStore>> artifact_stores(const Wiring& wiring,
                                                                          const std::string& first);

// -- orphans ----------------------------------------------------------------------------------------------------------

// Who else keeps bytes in the artifact store.
enum class ArtifactsSharing : std::uint8_t {
  shared,     // perhaps other stores of asmgr: only what has this store's mark is looked at
  exclusive,  // nobody: every key that begins as ours do and is not named is an orphan, whatever its mark
};

struct OrphanSearch {
  Timestamp now;
  // Younger bytes are left alone: the unit that names them may be on its way.
  std::chrono::milliseconds grace = std::chrono::hours(1);
  ArtifactsSharing sharing = ArtifactsSharing::shared;
};

// An artifact whose session is gone, by the record that says so.
struct LostRecord {
  Record record;
  std::string key;
};
struct OrphanedArtifacts {
  std::vector<ArtifactInfo> blobs;  // in order of key
  std::vector<LostRecord> records;
};

// What collect_orphaned_artifacts would remove. Bytes that only lost records name are among the blobs.
[[nodiscard]] Result<OrphanedArtifacts> orphaned_artifacts(Store& store, ArtifactStore& artifacts,
                                                           const OrphanSearch& search, const CancelToken& cancel);

enum class DryRun : std::uint8_t { no, yes };
struct CollectedArtifacts {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;            // of them
  std::uint64_t records = 0;          // whose sessions are gone
  std::vector<std::string> problems;  // what could not be removed, a sentence each; at most 20
};

// Removes orphaned bytes and the records of sessions that are gone; the records first, so that a crash in between
// leaves orphans for the next time. Never touches a key that does not begin as ours do. Cancelled: what was done stays
// done and is counted. May run while sessions go on, in any process.
[[nodiscard]] Result<CollectedArtifacts> collect_orphaned_artifacts(Store& store, ArtifactStore& artifacts,
                                                                    const OrphanSearch& search, DryRun dry_run,
                                                                    const CancelToken& cancel);

}  // namespace asmgr
