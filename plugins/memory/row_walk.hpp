// Walking all rows of a table without keeping commits waiting, and choosing the first few of them in another order.
#pragma once

#include <algorithm>
#include <asmgr/toolkit/store_query.hpp>
#include <cstddef>
#include <iterator>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "memory_store.hpp"

namespace asmgr::memory_store {

inline constexpr std::size_t kRowsPerLock = 512;

template <typename Rows, typename Visit>
void MemoryStore::walk_rows(const Rows& rows, Visit visit) const {
  std::optional<std::string> after;
  while (true) {
    const std::shared_lock lock(tables_mutex_);
    auto row = after ? rows.upper_bound(*after) : rows.begin();
    for (std::size_t walked = 0; row != rows.end() && walked < kRowsPerLock; ++row, ++walked) visit(row->second);
    if (row == rows.end()) return;
    after = std::prev(row)->first;
  }
}

// The first `limit` places of an order behind the one where the last page ended, and whether there are more.
class FirstPlaces {
 public:
  using Position = store_query::Position;

  FirstPlaces(std::size_t limit, bool descending, std::string_view cursor)
      : limit_(limit), descending_(descending), after_(Position::read(cursor)) {}

  void add(std::int64_t value, std::string_view id, std::uint64_t number = 0) {
    const Key key{value, id, number};
    if (after_ && !before(key_of(*after_), key)) return;
    if (places_.size() > limit_ && !before(key, key_of(places_.front()))) return;
    places_.push_back({value, number, std::string(id)});
    std::push_heap(places_.begin(), places_.end(), Before{this});
    if (places_.size() <= limit_ + 1) return;
    std::pop_heap(places_.begin(), places_.end(), Before{this});
    places_.pop_back();
  }

  // In order, at most `limit`. Once, at the end.
  [[nodiscard]] const std::vector<Position>& take() {
    std::sort_heap(places_.begin(), places_.end(), Before{this});
    more_ = places_.size() > limit_;
    if (more_) places_.pop_back();
    return places_;
  }
  // After take(): where the page ends when it is not the last.
  [[nodiscard]] std::optional<std::string> next_cursor() const {
    return more_ ? std::optional(places_.back().text()) : std::nullopt;
  }

 private:
  using Key = std::tuple<std::int64_t, std::string_view, std::uint64_t>;
  struct Before {
    const FirstPlaces* places;
    bool operator()(const Position& a, const Position& b) const { return places->before(key_of(a), key_of(b)); }
  };
  static Key key_of(const Position& place) { return {place.value, place.id, place.number}; }
  [[nodiscard]] bool before(const Key& a, const Key& b) const { return descending_ ? b < a : a < b; }

  std::size_t limit_;
  bool descending_;
  std::optional<Position> after_;
  std::vector<Position> places_;  // a heap whose front comes last; one more than the limit
  bool more_ = false;
};

}  // namespace asmgr::memory_store
