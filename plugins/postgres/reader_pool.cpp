#include "reader_pool.hpp"

namespace asmgr::postgres_store {

// A place among `pool` and, where there is one, its connection.
std::unique_ptr<Connection> ReaderPool::take(const Deadline& deadline) {
  std::unique_lock lock(mutex_);
  while (taken_ >= settings_.pool) {
    if (freed_.wait_until(lock, deadline.at()) == std::cv_status::timeout && taken_ >= settings_.pool)
      throw sdk::StatusError(ASMGR_E_BUSY, "all " + std::to_string(settings_.pool) +
                                               " connections for reads were in use all the time; raise `pool`");
  }
  ++taken_;
  if (waiting_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(waiting_.back());
  waiting_.pop_back();
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (connection != nullptr && connection->usable()) waiting_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

void ReaderPool::forget_waiting() noexcept {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
}

// Gives its place back whatever happens.
class ReaderPool::Lease {
 public:
  Lease(ReaderPool& pool, const Deadline& deadline) : pool_(pool), connection_(pool.take(deadline)) {}
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { pool_.give_back(std::move(connection_)); }

  Result execute(const Request& request) {
    if (connection_ == nullptr) connection_ = std::make_unique<Connection>(pool_.settings_);
    return std::move(connection_->exchange({request}).front());
  }

 private:
  ReaderPool& pool_;
  std::unique_ptr<Connection> connection_;
};

Result ReaderPool::query(const Request& request) {
  const Deadline for_a_place(kExchangeTimeout);
  const Deadline deadline(settings_.reconnect_timeout);
  Backoff backoff;
  while (true) {
    try {
      return Lease(*this, for_a_place).execute(request);
    } catch (const DatabaseError& error) {
      if (error.lost()) forget_waiting();
      const bool again = error.lost() || error.overtaken();
      if (!again || !backoff.pause(deadline)) throw;
    }
  }
}

}  // namespace asmgr::postgres_store
