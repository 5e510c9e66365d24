// A file that always has the latest metrics in it, for collectors that read files (node_exporter's textfile collector).
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/engine/log_line.hpp"
#include "core/model/error.hpp"

namespace asmgr {

class MetricsFile {
 public:
  // Writes at once, then every `pace`, and once more at its end, on a thread of its own; a reader sees a whole file or
  // the one before (FILE.tmp is renamed). `text` is called on that thread; it and `log` live as long as this object.
  // Errors: invalid_input when the first write fails. Later failures are logged once until a write succeeds again.
  [[nodiscard]] static Result<std::unique_ptr<MetricsFile>> open(std::string path, std::chrono::milliseconds pace,
                                                                 std::function<std::string()> text, EngineLog log);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

 private:
  MetricsFile(std::string path, std::function<std::string()> text, EngineLog log);
  [[nodiscard]] Result<void> write() const;
  void keep_writing(std::chrono::milliseconds pace);

  std::string path_;
  std::function<std::string()> text_;
  EngineLog log_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace asmgr
