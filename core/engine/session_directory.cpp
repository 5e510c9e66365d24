#include "core/engine/session_directory.hpp"

namespace asmgr {

std::shared_ptr<SessionRuntime> SessionDirectory::get(StoreHost& host, const std::string& session_id) {
  std::lock_guard lock(mutex_);
  auto& slot = sessions_[Key{&host, session_id}];
  if (slot == nullptr) slot = std::make_shared<SessionRuntime>(engine_, host, *this, session_id);
  return slot;
}

std::shared_ptr<SessionRuntime> SessionDirectory::find(StoreHost& host, const std::string& session_id) {
  std::lock_guard lock(mutex_);
  auto at = sessions_.find(Key{&host, session_id});
  return at == sessions_.end() ? nullptr : at->second;
}

void SessionDirectory::submit(StoreHost& host, const std::string& session_id, SessionOp::Ptr op) {
  if (engine_.stopping) {  // nobody would answer it any more
    if (op->done()) op->fail(Error(ErrorCode::invalid_operation, "this host is shutting down"));
    return;
  }
  get(host, session_id)->submit(std::move(op));
}

void SessionDirectory::remove(const SessionRuntime* runtime) {
  std::shared_ptr<SessionRuntime> last;  // let go of outside the lock
  std::lock_guard lock(mutex_);
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (at->second.get() != runtime) continue;
    last = std::move(at->second);
    std::erase_if(removed_, [](const auto& weak) { return weak.expired(); });
    removed_.push_back(last);
    sessions_.erase(at);
    return;
  }
}

void SessionDirectory::replace(const std::shared_ptr<SessionRuntime>& hung, RecoveryCause cause) {
  std::shared_ptr<SessionRuntime> next;
  {
    std::lock_guard lock(mutex_);
    auto& slot = sessions_[Key{&hung->host(), hung->id()}];
    if (slot != nullptr && slot != hung) return;
    next = std::make_shared<SessionRuntime>(engine_, hung->host(), *this, hung->id(), std::move(cause));
    slot = next;
  }
  // An op that does nothing makes the new runtime load, and so recover.
  auto wake = std::make_shared<SessionOp>();
  wake->act = [](SessionRuntime& runtime, const SessionOp::Ptr& op) { runtime.finish(op); };
  wake->fail = [](const Error&) {};
  next->submit(std::move(wake));
  for (const SessionOp::Ptr& op : hung->abandon()) next->submit(op);
}

std::vector<std::shared_ptr<SessionRuntime>> SessionDirectory::all() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<SessionRuntime>> runtimes;
  runtimes.reserve(sessions_.size());
  for (const auto& [key, runtime] : sessions_) runtimes.push_back(runtime);
  return runtimes;
}

std::vector<std::shared_ptr<SessionRuntime>> SessionDirectory::removed() {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<SessionRuntime>> runtimes;
  for (const auto& weak : removed_) {
    if (auto runtime = weak.lock()) runtimes.push_back(std::move(runtime));
  }
  return runtimes;
}

void SessionDirectory::run_lives(const std::string& run_id, const std::shared_ptr<SessionRuntime>& session) {
  std::lock_guard lock(mutex_);
  runs_[run_id] = session;
}

void SessionDirectory::run_ended(const std::string& run_id) {
  std::lock_guard lock(mutex_);
  runs_.erase(run_id);
}

std::vector<std::string> SessionDirectory::runs_of(const std::shared_ptr<SessionRuntime>& session) {
  std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, owner] : runs_) {
    if (!owner.owner_before(session) && !session.owner_before(owner)) ids.push_back(id);
  }
  return ids;
}

std::shared_ptr<SessionRuntime> SessionDirectory::session_of_run(const std::string& run_id) {
  std::lock_guard lock(mutex_);
  auto at = runs_.find(run_id);
  return at == runs_.end() ? nullptr : at->second.lock();
}

}  // namespace asmgr
