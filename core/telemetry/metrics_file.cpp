#include "core/telemetry/metrics_file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace asmgr {
namespace {

Error write_error(const std::string& path) {
  return Error(ErrorCode::invalid_input, "the metrics could not be written to " + path + ": " +
                                             std::generic_category().message(errno) +
                                             "; name a file in a folder that exists and is writable");
}

}  // namespace

MetricsFile::MetricsFile(std::string path, std::function<std::string()> text, EngineLog log)
    : path_(std::move(path)), text_(std::move(text)), log_(std::move(log)) {}

Result<std::unique_ptr<MetricsFile>> MetricsFile::open(std::string path, std::chrono::milliseconds pace,
                                                       std::function<std::string()> text, EngineLog log) {
  std::unique_ptr<MetricsFile> file(new MetricsFile(std::move(path), std::move(text), std::move(log)));
  if (auto written = file->write(); !written) return written.error();
  file->thread_ = std::thread([self = file.get(), pace] { self->keep_writing(pace); });
  return file;
}

MetricsFile::~MetricsFile() {
  if (!thread_.joinable()) return;  // the first write failed
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Result<void> MetricsFile::write() const {
  const std::string text = text_();
  const std::string temporary = path_ + ".tmp";
  std::FILE* file = std::fopen(temporary.c_str(), "we");
  if (file == nullptr) return write_error(temporary);
  const bool whole = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!whole || !closed || std::rename(temporary.c_str(), path_.c_str()) != 0) {
    const Error error = write_error(path_);
    std::remove(temporary.c_str());
    return error;
  }
  return {};
}

void MetricsFile::keep_writing(std::chrono::milliseconds pace) {
  bool failing = false;
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    last = wake_.wait_for(lock, pace, [this] { return stopping_; });
    lock.unlock();
    const Result<void> written = write();
    if (!written && !failing) log_({.level = ASMGR_LOG_WARN, .message = written.error().message()});
    failing = !written;
    lock.lock();
  }
}

}  // namespace asmgr
