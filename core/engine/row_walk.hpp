// Two stores' rows of one kind, in order, side by side: what only one has, and what both have.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports/store.hpp"

namespace asmgr {

// Where a row stands among its like. Records of two tenants may have one id.
[[nodiscard]] inline std::pair<std::string_view, std::string_view> place_of(const Session& session) noexcept {
  return {session.id, {}};
}
[[nodiscard]] inline std::pair<std::string_view, std::string_view> place_of(const Run& run) noexcept {
  return {run.id, {}};
}
[[nodiscard]] inline std::pair<std::string_view, std::string_view> place_of(const Record& record) noexcept {
  return {record.id, record.tenant};
}

// A list that a store answers page by page; one page is in memory.
template <typename Row>
class RowCursor {
 public:
  // Rows after the id, in order; fewer than `limit` are the last ones.
  using ReadPage = std::function<Result<std::vector<Row>>(const std::string& after_id, std::uint32_t limit)>;
  RowCursor(ReadPage read, std::uint32_t limit) : read_(std::move(read)), limit_(limit) {}

  // The next row, null at the end; it lives until the next call of peek after a pop.
  [[nodiscard]] Result<const Row*> peek() {
    if (at_ < page_.size()) return &page_[at_];
    if (ended_) return nullptr;
    auto page = read_(page_.empty() ? std::string() : page_.back().id, limit_);
    if (!page) return page.error();
    page_ = std::move(*page);
    at_ = 0;
    ended_ = page_.size() < limit_;
    return page_.empty() ? nullptr : page_.data();
  }
  void pop() noexcept { ++at_; }

 private:
  ReadPage read_;
  std::uint32_t limit_;
  std::vector<Row> page_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

// Calls `visit(from, to)` for every row of either, null where that side has none of this place. An error of it ends the
// walk.
template <typename Row, typename Visit>
[[nodiscard]] Result<void> walk_side_by_side(RowCursor<Row>& from, RowCursor<Row>& to, Visit visit) {
  while (true) {
    auto left = from.peek();
    if (!left) return left.error();
    auto right = to.peek();
    if (!right) return right.error();
    const Row* a = *left;
    const Row* b = *right;
    if (a == nullptr && b == nullptr) return {};
    if (a != nullptr && b != nullptr && place_of(*a) != place_of(*b)) {
      (place_of(*a) < place_of(*b) ? b : a) = nullptr;
    }
    if (Result<void> visited = visit(a, b); !visited) return visited;
    if (a != nullptr) from.pop();
    if (b != nullptr) to.pop();
  }
}

// All of a store, or of one session. Few at a time: a row may be large.
[[nodiscard]] RowCursor<Session> all_sessions(Store& store);
[[nodiscard]] RowCursor<Run> runs_of(Store& store, const std::string& session_id);  // empty = of all
[[nodiscard]] RowCursor<Record> records_of_kind(Store& store, std::string_view kind, const std::string& session_id);
// A list without rows.
template <typename Row>
[[nodiscard]] RowCursor<Row> no_rows() {
  return RowCursor<Row>([](const std::string&, std::uint32_t) { return Result<std::vector<Row>>(std::vector<Row>()); },
                        1);
}

}  // namespace asmgr
