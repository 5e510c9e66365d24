#include "host/cli/recording.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "core/model/json.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {
namespace {

bool is_made_by_engine(EventType type) noexcept {
  switch (category_of(type)) {
    case EventCategory::session:
    case EventCategory::run:
    case EventCategory::workspace:
    case EventCategory::policy:
    case EventCategory::approval:
      return true;
    default:
      break;
  }
  return type == EventType::message_sent || type == EventType::step_reset || type == EventType::error_recovered;
}

std::string seconds_between(Timestamp from, Timestamp to) {
  const std::int64_t us = to.us > from.us ? to.us - from.us : 0;
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%lld.%06lld", static_cast<long long>(us / 1000000),
                static_cast<long long>(us % 1000000));
  return buffer;
}

std::string_view finish_status(RunStatus status) noexcept {
  if (status == RunStatus::completed) return "completed";
  return status == RunStatus::cancelled ? "cancelled" : "failed";
}

}  // namespace

Result<Recording> Recording::open(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool direct = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  std::string part = direct ? std::string() : path + ".part";
  std::FILE* file = std::fopen((direct ? path : part).c_str(), "we");
  if (file == nullptr) {
    return usage_error("--record: '" + (direct ? path : part) + "' cannot be written: " + std::strerror(errno));
  }
  return Recording(path, std::move(part), file);
}

Recording::Recording(Recording&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      file_(std::exchange(other.file_, nullptr)),
      start_(other.start_),
      last_(other.last_),
      failed_(other.failed_) {}

Recording::~Recording() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::error_code ignored;
  if (!part_.empty()) std::filesystem::remove(part_, ignored);
}

void Recording::write_line(const std::string& line) {
  if (failed_ != 0) return;
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) failed_ = errno != 0 ? errno : EIO;
}

void Recording::begin(const ProviderInfo* provider) {
  boost::json::object header;
  header["replay"] = 1;
  header["grade"] = provider == nullptr ? std::string_view("intercept") : grade_name(provider->grade);
  boost::json::array capabilities;
  boost::json::array models;
  if (provider != nullptr) {
    for (const auto& capability : provider->capabilities) capabilities.push_back(to_json(capability));
    for (const auto& model : provider->models) models.push_back(boost::json::string(model));
  }
  header["capabilities"] = std::move(capabilities);
  header["models"] = std::move(models);
  write_line(to_text(header) + "\n");
}

void Recording::add(const EventView& event) {
  if (!start_.is_set()) start_ = event.timestamp;
  last_ = event.timestamp;
  // An event of a type this version does not know can only come from the provider.
  if (is_made_by_engine(event.type) || event.pruned) return;
  const bool started = event.type == EventType::provider_started;
  std::string line = "{\"t\":" + seconds_between(start_, event.timestamp) + ",\"type\":";
  append_json_string(line, started ? type_name(EventType::run_started) : event.type_name);
  line.append(",\"data\":").append(event.data.empty() ? "{}" : event.data).append("}\n");
  write_line(line);
}

Result<void> Recording::finish(const RunResult& result) {
  boost::json::object finish;
  finish["status"] = finish_status(result.status);
  finish["output"] = result.output ? boost::json::value(*result.output) : boost::json::value(boost::json::object{});
  finish["token_usage"] = to_json(result.token_usage);
  finish["error"] = result.error ? boost::json::value(result.error->to_json()) : boost::json::value(nullptr);
  write_line("{\"t\":" + seconds_between(start_, last_) + ",\"finish\":" + to_text(finish) + "}\n");
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0 && failed_ == 0) failed_ = errno;
  std::error_code renamed;
  if (failed_ == 0 && !part_.empty()) std::filesystem::rename(part_, path_, renamed);
  if (failed_ == 0 && !renamed) return {};
  const std::string why = failed_ != 0 ? std::strerror(failed_) : renamed.message();
  std::error_code ignored;
  if (!part_.empty()) std::filesystem::remove(part_, ignored);
  return Error(ErrorCode::storage_write_failed,
               "the recording '" + path_ + "' could not be written: " + why + "; the run itself is in the store");
}

}  // namespace asmgr::cli
