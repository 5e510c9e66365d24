#include "tests/simulation/witness.hpp"

namespace asmgr::simulation {
namespace {

std::string bytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace

Eyes::Eyes(Store& store, std::string name, std::string session_id, std::string run_id) : store_(store) {
  watcher_.name = std::move(name);
  watcher_.session_id = std::move(session_id);
  watcher_.run_id = std::move(run_id);
}

void Eyes::see(const EventView& event) {
  const auto head = store_.head(event.session_id);
  Sighting seen;
  seen.number = event.sequence_number;
  seen.id = event.id;
  seen.type = event.type_name;
  seen.data = event.data;
  seen.hash = bytes(event.hash);
  seen.stored_then = head && head->last_sequence >= event.sequence_number;
  const std::lock_guard lock(mutex_);
  watcher_.seen.push_back(std::move(seen));
}

void Eyes::told(const Result<RunResult>& result, bool can_read) {
  const std::lock_guard lock(mutex_);
  if (result) {
    watcher_.saw_the_end = can_read;
  } else if (!watcher_.seen.empty()) {
    watcher_.after = watcher_.seen.front().number - 1;
  }
}

Watcher Eyes::watcher() const {
  const std::lock_guard lock(mutex_);
  return watcher_;
}

std::shared_ptr<Eyes> Witness::watch(std::string name, std::string session_id, std::string run_id) {
  auto eyes = std::make_shared<Eyes>(store_, std::move(name), std::move(session_id), std::move(run_id));
  const std::lock_guard lock(mutex_);
  eyes_.push_back(eyes);
  return eyes;
}

void Witness::result(const std::string& who, const Result<RunResult>& told) {
  if (!told) return;
  const std::lock_guard lock(mutex_);
  results_.push_back({who, told->run_id, std::string(status_name(told->status)), told->first_sequence,
                      told->last_sequence, bytes(told->last_hash)});
}

void Witness::promise(Promise::Kind kind, std::string who, std::string id, std::string status) {
  const std::lock_guard lock(mutex_);
  promises_.push_back({kind, std::move(who), std::move(id), std::move(status)});
}

Testimony Witness::testimony() const {
  const std::lock_guard lock(mutex_);
  Testimony all;
  for (const auto& eyes : eyes_) all.watchers.push_back(eyes->watcher());
  all.results = results_;
  all.promises = promises_;
  return all;
}

}  // namespace asmgr::simulation
