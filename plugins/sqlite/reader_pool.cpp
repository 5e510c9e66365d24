#include "reader_pool.hpp"

namespace asmgr::sqlite_store {

std::unique_ptr<Connection> ReaderPool::take() {
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty() || opened_ < size_; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++opened_;
  }
  try {
    auto connection = std::make_unique<Connection>(path_, Access::read_only);
    connection->wait_for_locks(lock_wait_ms_);
    return connection;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    --opened_;
    returned_.notify_one();
    throw;
  }
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
  connection->trim_statements();
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace asmgr::sqlite_store
