// Life, hosts and changes of the memory store.
#include "memory_store.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace asmgr::memory_store {
namespace {

constexpr std::size_t kChangesKept = 65536;
constexpr std::int64_t kDeadHostsKeptUs = 3'600'000'000;
// How often a waiter looks at its cancel token, which cannot wake a condition variable.
constexpr std::chrono::milliseconds kCancelLook{20};

}  // namespace

MemoryStore::MemoryStore(sdk::Host host) : host_(host) {}

MemoryStore::~MemoryStore() {
  std::unique_lock lock(wait_mutex_);
  ending_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return waiting_ == 0; });
}

std::string MemoryStore::describe() {
  return R"({"durable":false,"multi_process":false,"fast_commit":true,"readers":2,"limits":{}})";
}

bool MemoryStore::alive(std::string_view host_id) const {
  const auto row = tables_.hosts.find(host_id);
  return row != tables_.hosts.end() && row->second > mono_us();
}

std::int64_t MemoryStore::host_renew(std::string_view host_id, std::uint64_t ttl_ms) {
  if (host_id.empty()) throw sdk::StatusError(ASMGR_E_INVALID_INPUT, "a host row needs an id, the one given is empty");
  const std::int64_t now = mono_us();
  const std::unique_lock lock(tables_mutex_);
  for (auto row = tables_.hosts.begin(); row != tables_.hosts.end();)
    row = row->second < now - kDeadHostsKeptUs ? tables_.hosts.erase(row) : std::next(row);
  if (ttl_ms == 0) {
    if (const auto row = tables_.hosts.find(host_id); row != tables_.hosts.end()) tables_.hosts.erase(row);
    return now;
  }
  constexpr std::uint64_t kLongestMs = std::numeric_limits<std::int64_t>::max() / 4000;
  const std::int64_t expires = now + static_cast<std::int64_t>(std::min(ttl_ms, kLongestMs)) * 1000;
  tables_.hosts[std::string(host_id)] = expires;
  return expires;
}

void MemoryStore::hosts(sdk::ItemSink<asmgr_host_row>& rows) {
  const std::int64_t now = mono_us();
  const std::shared_lock lock(tables_mutex_);
  for (const auto& [id, expires] : tables_.hosts) {
    auto row = sdk::make<asmgr_host_row>();
    row.id = sdk::to_abi(id);
    row.expires_us = expires;
    row.alive = expires > now ? 1 : 0;
    if (!rows.push(row)) return;
  }
}

void MemoryStore::note_change(std::string_view session_id, std::uint64_t last_seq, std::uint32_t kinds) {
  changes_.push_back(Change{++latest_change_, last_seq, kinds, std::string(session_id)});
  if (changes_.size() > kChangesKept) changes_.pop_front();
}

void MemoryStore::announce() {
  const std::uint64_t latest_number = latest();
  const std::lock_guard lock(wait_mutex_);
  announced_ = std::max(announced_, latest_number);
  if (waiting_ != 0) changed_.notify_all();
}

std::uint64_t MemoryStore::latest() {
  const std::shared_lock lock(tables_mutex_);
  return latest_change_;
}

void MemoryStore::read(std::uint64_t after, std::uint32_t limit, sdk::ItemSink<asmgr_change>& changes) {
  const std::shared_lock lock(tables_mutex_);
  if (after >= latest_change_) return;
  const std::uint64_t oldest = changes_.front().number;
  if (after + 1 < oldest)
    throw sdk::StatusError(ASMGR_E_CURSOR_EXPIRED, "changes up to " + std::to_string(oldest - 1) +
                                                       " have been forgotten, the reader is at " +
                                                       std::to_string(after) + "; read everything again from latest()");
  std::uint32_t left = limit == 0 ? 1000 : limit;
  for (auto at = changes_.begin() + static_cast<std::ptrdiff_t>(after + 1 - oldest); at != changes_.end() && left != 0;
       ++at, --left) {
    auto change = sdk::make<asmgr_change>();
    change.change = at->number;
    change.kinds = at->kinds;
    change.last_seq = at->last_seq;
    change.session_id = sdk::to_abi(at->session_id);
    if (!changes.push(change)) return;
  }
}

void MemoryStore::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  const auto start = std::chrono::steady_clock::now();
  const auto longest = std::chrono::milliseconds(std::min<std::uint64_t>(timeout_ms, 86'400'000));
  std::unique_lock lock(wait_mutex_);
  ++waiting_;
  while (announced_ <= after && !ending_ && !cancel.cancelled()) {
    const auto left = longest - (std::chrono::steady_clock::now() - start);
    if (left <= std::chrono::nanoseconds::zero()) break;
    if (cancel.token() == nullptr)
      changed_.wait_for(lock, left);
    else
      changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(left, kCancelLook));
  }
  --waiting_;
  if (ending_) changed_.notify_all();
}

}  // namespace asmgr::memory_store
