// The sizes of a store's sessions, page by page, in order of id.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/ports/store_maintenance.hpp"

namespace asmgr {

class SessionSizes {
 public:
  explicit SessionSizes(StoreMaintenance& store) : store_(store) {}

  // Empty after the last.
  [[nodiscard]] Result<std::optional<SessionSize>> next() {
    if (at_ == page_.size()) {
      if (last_page_) return std::optional<SessionSize>();
      auto page = store_.sizes(page_.empty() ? std::string() : page_.back().session_id, kPageOfSizes);
      if (!page) return page.error();
      last_page_ = page->size() < kPageOfSizes;
      page_ = std::move(*page);
      at_ = 0;
      if (page_.empty()) return std::optional<SessionSize>();
    }
    return std::optional<SessionSize>(page_[at_++]);
  }

  // The events of a session that have their text, asked in order of id; 0 for one that is not there.
  [[nodiscard]] Result<std::uint64_t> texts_of(std::string_view session_id) {
    while (!ahead_ || ahead_->session_id < session_id) {
      auto read = next();
      if (!read) return read.error();
      if (!*read) return std::uint64_t{0};
      ahead_ = std::move(*read);
    }
    return ahead_->session_id == session_id ? ahead_->events : 0;
  }

 private:
  static constexpr std::uint32_t kPageOfSizes = 500;
  StoreMaintenance& store_;
  std::vector<SessionSize> page_;
  std::size_t at_ = 0;
  bool last_page_ = false;
  std::optional<SessionSize> ahead_;
};

}  // namespace asmgr
