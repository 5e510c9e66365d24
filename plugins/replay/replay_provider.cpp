#include "replay_provider.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <system_error>

namespace asmgr::replay {
namespace {

namespace json = boost::json;

Fault::Kind kind_of(std::string_view name) {
  if (name == "disconnect") return Fault::Kind::kDisconnect;
  if (name == "hang") return Fault::Kind::kHang;
  if (name == "error") return Fault::Kind::kError;
  if (name == "duplicate_finish") return Fault::Kind::kDuplicateFinish;
  if (name == "garbage") return Fault::Kind::kGarbage;
  throw sdk::StatusError(ASMGR_E_CONFIG_INVALID,
                         "faults: '" + std::string(name) +
                             "' is no kind of fault; there are disconnect, hang, error, duplicate_finish and garbage");
}

std::uint64_t count_of(const json::object& fault, std::string_view key) {
  const json::value* value = fault.if_contains(sdk::as_json(key));
  if (value == nullptr) return 0;
  boost::system::error_code error;
  const auto count = value->to_number<std::uint64_t>(error);
  if (error) {
    throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "faults: '" + std::string(key) + "' must be a positive integer");
  }
  return count;
}

}  // namespace

ReplayProvider::ReplayProvider(const sdk::Create& create) {
  read_config(create.config);
}

void ReplayProvider::read_config(std::string_view text) {
  const json::value parsed = json::parse(sdk::as_json(text));
  const json::object* config = parsed.if_object();
  const json::value* file = config == nullptr ? nullptr : config->if_contains("file");
  if (file == nullptr || !file->is_string()) {
    throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "file: name the recording to play");
  }
  if (const json::value* speed = config->if_contains("speed")) {
    boost::system::error_code error;
    speed_ = speed->to_number<double>(error);
    if (error || !(speed_ >= 0))
      throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "speed: must be a number of at least 0");
  }
  if (const json::value* faults = config->if_contains("faults"); faults != nullptr && faults->is_array()) {
    for (const json::value& item : faults->get_array()) {
      const json::object& object = item.as_object();
      PlannedFault planned{{count_of(object, "at"), kind_of(object.at("kind").as_string()), "provider_error"},
                           count_of(object, "start")};
      if (const json::value* code = object.if_contains("code")) planned.fault.code = code->as_string();
      faults_.push_back(std::move(planned));
    }
  }
  recording_ = load_recording(std::string(file->get_string()));
}

std::string ReplayProvider::describe() {
  return "{\"vendor\":" + sdk::json_quote(recording_.vendor) + ",\"capabilities\":" + recording_.capabilities +
         ",\"models\":" + recording_.models + ",\"grade\":" + sdk::json_quote(recording_.grade) +
         ",\"usage\":" + sdk::json_quote(recording_.usage) +
         ",\"max_output_tokens\":" + std::to_string(recording_.max_output_tokens) +
         ",\"heartbeat_ms\":0,\"hints\":[]}";
}

void ReplayProvider::start(sdk::Run& run) {
  const std::list<Playback> joined_without_the_lock = take_done();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (next_ == recording_.starts.size()) {
    throw sdk::StatusError(ASMGR_E_PROVIDER,
                           "the recording is exhausted: all " + std::to_string(next_) + " runs of '" + recording_.path +
                               "' have been played; record more, or make a new instance to begin again");
  }
  try {
    playbacks_.emplace_back(
        Play{&recording_.starts[next_], recording_.asks_before_tools(), speed_, faults_of(next_ + 1)}, run);
  } catch (const std::system_error& error) {
    throw sdk::StatusError(ASMGR_E_PROVIDER_UNAVAILABLE,
                           std::string("cannot start a thread for the run: ") + error.what());
  }
  ++next_;
}

void ReplayProvider::cancel(std::uint64_t start) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Playback* playback = find(start)) playback->cancel();
}

void ReplayProvider::resolve(std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict, std::string_view note,
                             std::string_view edited_input_json) {
  sdk::Verdict answer{verdict == ASMGR_VERDICT_ALLOW, false, std::string(note), std::string(edited_input_json)};
  const std::lock_guard<std::mutex> lock(mutex_);
  if (Playback* playback = find(start)) playback->resolve(ticket, std::move(answer));
}

std::vector<Fault> ReplayProvider::faults_of(std::uint64_t start) const {
  std::vector<Fault> result;
  for (const PlannedFault& planned : faults_) {
    if (planned.start == 0 || planned.start == start) result.push_back(planned.fault);
  }
  return result;
}

std::list<Playback> ReplayProvider::take_done() {
  std::list<Playback> done;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto at = playbacks_.begin(); at != playbacks_.end();) {
    const auto here = at++;
    if (here->done()) done.splice(done.end(), playbacks_, here);
  }
  return done;
}

Playback* ReplayProvider::find(std::uint64_t start) {
  for (Playback& playback : playbacks_) {
    if (playback.start() == start) return &playback;
  }
  return nullptr;
}

}  // namespace asmgr::replay
