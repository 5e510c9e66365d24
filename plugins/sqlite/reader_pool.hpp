// Read-only connections: as many reads run at once as there are connections, none of them ever waits for a writer.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "database.hpp"

namespace asmgr::sqlite_store {

// Any thread. Connections are opened when first needed.
class ReaderPool {
 public:
  ReaderPool(std::string path, std::size_t size, int lock_wait_ms)
      : path_(std::move(path)), size_(size), lock_wait_ms_(lock_wait_ms) {}

  // A connection for the time this lives; waits for a free one.
  class Lease {
   public:
    explicit Lease(ReaderPool& pool) : pool_(pool), connection_(pool.take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Connection* operator->() const noexcept { return connection_.get(); }
    Connection& operator*() const noexcept { return *connection_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<Connection> connection_;
  };

 private:
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  const std::string path_;
  const std::size_t size_;
  const int lock_wait_ms_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t opened_ = 0;  // guarded by mutex_, as is what follows
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace asmgr::sqlite_store
