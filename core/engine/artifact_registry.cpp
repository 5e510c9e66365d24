#include "core/engine/artifact_registry.hpp"

#include <algorithm>
#include <array>

#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "core/model/sha256.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kMarkRecord = "mark";
constexpr std::size_t kMarkLength = 16;
constexpr std::uint32_t kArtifactPage = 1000;
constexpr char kBeforeSession = '@';  // in no key and in no session's id

// Without the time, which the first half of an id says.
std::string random_mark(Timestamp now) {
  return new_id("", now).substr(32 - kMarkLength);
}

Result<Artifact> artifact_of(const Record& record) {
  auto body = parse_json(record.body, "artifact record " + record.id);
  if (!body) return body.error();
  return artifact_from_json(*body);
}

Error other_bytes(const Artifact& artifact, std::uint64_t bytes, const Hash& digest) {
  boost::json::object details;
  details["key"] = artifact.key;
  details["expected_sha256"] = to_hex(artifact.sha256);
  details["found_sha256"] = to_hex(digest);
  return Error(ErrorCode::storage_error,
               "artifact '" + artifact.key + "' is not what was kept: " + std::to_string(artifact.bytes) +
                   " bytes with SHA-256 " + to_hex(artifact.sha256) + " are on record, " + std::to_string(bytes) +
                   " bytes with " + to_hex(digest) + " are there; restore it from a backup of the artifacts",
               std::move(details));
}

}  // namespace

// -- keys -----------------------------------------------------------------------------------------------------------

Result<std::string> find_artifact_mark(Store& store) {
  auto record = store.get_record({}, record_kind::kArtifactMark, kMarkRecord);
  if (record) return record->body;
  if (record.error().category() == ErrorCategory::resource) return std::string();
  return record.error();
}

Result<std::string> make_artifact_mark(Store& store) {
  auto known = find_artifact_mark(store);
  if (!known || !known->empty()) return known;
  CommitUnit unit;
  RecordWrite& write = unit.records.emplace_back();
  write.expected_version = kVersionAbsent;
  write.record.kind = record_kind::kArtifactMark;
  write.record.id = kMarkRecord;
  write.record.version = 1;
  write.record.status = "kept";
  write.record.body = random_mark(system_clock().now());
  const CommitUnit* units = &unit;
  UnitResult result;
  const CommitStatus status = store.commit({&units, 1}, {&result, 1}, kWaitStoreLimit);
  if (status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok) return write.record.body;
  // Somebody else made it at the same moment, or nobody knows.
  auto made = find_artifact_mark(store);
  if (!made || !made->empty()) return made;
  const Error failed =
      status.error ? *status.error : result.error.value_or(Error(ErrorCode::storage_write_failed, "the store is busy"));
  return Error(failed).with_context("the mark of store '" + store.info().name + "' cannot be written");
}

std::string new_artifact_key(std::string_view mark, std::string_view kind, Timestamp now) {
  std::string key(kArtifactKeyBegin);
  key.append(mark).append("/").append(kind).append("_");
  return new_id(key, now);
}

// -- records --------------------------------------------------------------------------------------------------------

RecordWrite register_artifact(const Artifact& artifact, const std::string& tenant) {
  Record record;
  record.kind = record_kind::kArtifact;
  record.id = artifact.key + kBeforeSession + artifact.session_id;
  record.tenant = tenant;
  record.session_id = artifact.session_id;
  record.version = 1;
  record.status = "kept";
  record.value = static_cast<std::int64_t>(artifact.bytes);
  record.body = to_text(to_json(artifact));
  return RecordWrite{std::move(record), kVersionAny, RecordWrite::Kind::put, 0, 0};
}

Result<Artifact> find_artifact(Store& store, const std::string& tenant, const std::string& key) {
  RecordQuery query;
  query.tenant = tenant;
  query.kind = record_kind::kArtifact;
  query.after_id = key + kBeforeSession;
  query.limit = 1;
  auto records = store.list_records(query);
  if (!records) return records.error();
  if (!records->empty() && records->front().id.starts_with(query.after_id)) return artifact_of(records->front());
  return Error(ErrorCode::not_found, "there is no artifact '" + key + "' in store '" + store.info().name +
                                         "'; `asmgr session artifacts SESSION` lists those of a session");
}

Result<std::vector<Artifact>> list_artifacts(Store& store, const std::string& tenant, const std::string& session_id) {
  std::vector<Artifact> artifacts;
  RecordQuery query;
  query.tenant = tenant;
  query.kind = record_kind::kArtifact;
  query.session_id = session_id;
  query.limit = kArtifactPage;
  while (true) {
    auto page = store.list_records(query);
    if (!page) return page.error();
    for (const Record& record : *page) {
      query.after_id = record.id;
      auto artifact = artifact_of(record);
      if (!artifact) return artifact.error();
      artifacts.push_back(std::move(*artifact));
    }
    if (page->size() < kArtifactPage) break;
  }
  std::stable_sort(artifacts.begin(), artifacts.end(),
                   [](const Artifact& a, const Artifact& b) { return a.created_at < b.created_at; });
  return artifacts;
}

// -- bytes ----------------------------------------------------------------------------------------------------------

Result<void> read_artifact(ArtifactStore& artifacts, const Artifact& artifact, const ArtifactWriter& write) {
  Sha256 sha256;
  std::uint64_t bytes = 0;
  std::string held;
  Result<void> written;
  auto read = artifacts.get(artifact.key, [&](std::string_view piece) {
    if (!held.empty()) written = write(held);
    if (!written) return false;
    sha256.add(piece);
    bytes += piece.size();
    held = piece;
    return true;
  });
  if (!written) return written;
  if (!read) return std::move(read).error().with_context("artifact '" + artifact.key + "' cannot be read");
  const Hash digest = sha256.finish();
  if (digest != artifact.sha256 || bytes != artifact.bytes) return other_bytes(artifact, bytes, digest);
  return held.empty() ? written : write(held);
}

}  // namespace asmgr
