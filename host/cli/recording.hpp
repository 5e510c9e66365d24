// Writes a run as a recording that the replay provider plays: a header, one provider event a line, last the finish.
//
// The events are taken from the durable log, so what redaction removed is not in the file either.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "core/engine/options.hpp"
#include "core/ports/provider.hpp"

namespace asmgr::cli {

class Recording {
 public:
  // The recording appears under `path` only when it is complete; a path that is no regular file is written directly.
  // Errors: usage, when it cannot be written there.
  [[nodiscard]] static Result<Recording> open(const std::string& path);
  Recording(Recording&& other) noexcept;
  Recording& operator=(Recording&&) = delete;
  ~Recording();

  // First. `provider` may be null: then the defaults of a recording are named.
  void begin(const ProviderInfo* provider);
  // What the engine made itself (its run and session events, policy and approval events, ...) is left out;
  // provider_started becomes the run_started that the provider had said.
  void add(const EventView& event);
  // Last. Errors: storage_write_failed.
  [[nodiscard]] Result<void> finish(const RunResult& result);

 private:
  Recording(std::string path, std::string part, std::FILE* file) noexcept
      : path_(std::move(path)), part_(std::move(part)), file_(file) {}
  void write_line(const std::string& line);

  std::string path_;
  std::string part_;  // written under this name first; empty = path_ itself is written
  std::FILE* file_;
  Timestamp start_;
  Timestamp last_;
  int failed_ = 0;  // errno
};

}  // namespace asmgr::cli
