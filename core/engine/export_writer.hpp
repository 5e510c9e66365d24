// The lines of an exported session: a header, the events as they are stored, the runs that have ended, what is known of
// the artifacts where that is asked for, a last line. A file with artifacts has version 2.
//
//   {"format":"asmgr-session","version":1,"session":{...},"head":"SEQ:HASH","sha256":"..."}
//   {"id":...,"type":...,...}                                     one per event, in the shape users see
//   {"run":{...},"sha256":"..."}                                  one per run, in order of id
//   {"artifact":{...},"sha256":"..."}                             one per artifact, in order of key; version 2
//   {"end":{"events":N,"runs":N,"head":"SEQ:HASH"},"sha256":"..."}          with "artifacts":N in version 2
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/engine/export_seal.hpp"
#include "core/model/artifact.hpp"
#include "core/model/log_position.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"

namespace asmgr {

inline constexpr std::string_view kExportFormat = "asmgr-session";
inline constexpr std::int64_t kExportVersion = 1;
inline constexpr std::int64_t kExportWithArtifacts = 2;

// Each call appends one whole line to `out`; in the order header, events, runs, artifacts, end.
class ExportWriter {
 public:
  explicit ExportWriter(LogPosition head) : ExportWriter(head, kExportVersion) {}
  // `version`: kExportVersion, or kExportWithArtifacts.
  ExportWriter(LogPosition head, std::int64_t version) : head_(head), version_(version) {}
  void header(std::string& out, const Session& session);
  void event(std::string& out, const EventView& event);
  void run(std::string& out, const Run& run);
  void artifact(std::string& out, const Artifact& artifact);
  void end(std::string& out);

 private:
  void sealed(std::string& out, std::string line);

  ExportSeal seal_;
  LogPosition head_;
  std::int64_t version_;
  std::uint64_t events_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t artifacts_ = 0;
};

}  // namespace asmgr
