// The same work on many things by several threads, ended by the first error.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/model/error.hpp"

namespace asmgr::workspace {

[[nodiscard]] inline unsigned worker_threads() noexcept {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
}

// `make_worker()` is called on each thread and gives it a Result<F>; F(index) -> Result<void> is called for every index
// below `count` once, a few at a time so that neighbours stay together. A short list is done on the calling thread.
template <typename MakeWorker>
[[nodiscard]] Result<void> for_each_index(std::size_t count, MakeWorker make_worker) {
  constexpr std::size_t kStride = 32;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::optional<Error> error;
  const auto fail = [&](const Error& why) {
    const std::lock_guard lock(mutex);
    if (!error) error = why;
    failed = true;
  };
  const auto work = [&] {
    auto worker = make_worker();
    if (!worker) return fail(worker.error());
    while (!failed) {
      const std::size_t begin = next.fetch_add(kStride);
      if (begin >= count) return;
      for (std::size_t i = begin; i < std::min(count, begin + kStride); ++i) {
        if (auto done = (*worker)(i); !done) return fail(done.error());
      }
    }
  };
  if (count == 0) return {};
  const std::size_t useful = std::min<std::size_t>(worker_threads(), (count + kStride - 1) / kStride);
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < useful; ++i) others.emplace_back(work);
  work();
  others.clear();
  if (error) return *error;
  return {};
}

}  // namespace asmgr::workspace
