// The connections that reads share. They are made when they are first needed, and again when they were lost.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "connection.hpp"

namespace asmgr::postgres_store {

// Any thread.
class ReaderPool {
 public:
  explicit ReaderPool(const Settings& settings) : settings_(settings) {}
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // One statement that may be repeated: over another connection, and as long as the server is gone but no longer than
  // reconnect_timeout, until it is answered. Throws DatabaseError.
  Result query(const Request& request);

 private:
  class Lease;
  std::unique_ptr<Connection> take(const Deadline& deadline);
  // The others have most likely been lost with it.
  void forget_waiting() noexcept;
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  const Settings& settings_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t taken_ = 0;                             // guarded by mutex_, as is what follows
  std::vector<std::unique_ptr<Connection>> waiting_;  // of those not taken, those that exist
};

}  // namespace asmgr::postgres_store
