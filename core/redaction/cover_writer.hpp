// Writes a text with a placeholder for each covered part. Parts that overlap are one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/redaction/cover_finder.hpp"
#include "core/redaction/rule_set.hpp"

namespace asmgr::redaction {

class CoverWriter {
 public:
  // Borrows the rules. What is longer than `longest_cover` takes the rest of the text with it.
  CoverWriter(const RuleSet& rules, Position longest_cover) : rules_(&rules), longest_cover_(longest_cover) {}

  // Appends what is known of the text up to `settled`. `text` begins at `base` and holds everything from written() on;
  // `covers` are sorted here.
  void write(std::string& out, std::string_view text, Position base, std::vector<Cover>& covers, Position settled);
  void finish();

  // Everything before it has gone out, or will not.
  [[nodiscard]] Position written() const noexcept { return written_; }
  // The rest of the text will not go out.
  [[nodiscard]] bool is_flooded() const noexcept { return flooded_; }
  // How many parts were replaced so far, those not counted that were the placeholder already.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  void begin_region(std::string& out, const Cover& cover);
  void end_region();
  void pass(std::string& out, std::string_view text, Position base, Position until);
  void swallow(std::string_view text);
  [[nodiscard]] bool floods(std::string& out, Position settled);

  const RuleSet* rules_;
  Position longest_cover_;
  Position written_ = 0;
  Position region_begin_ = 0;
  Position region_end_ = 0;
  bool in_region_ = false;
  bool flooded_ = false;
  std::string_view placeholder_;  // of the region
  std::size_t unchanged_ = 0;     // bytes of the region that were the placeholder's
  bool differs_ = false;
  std::size_t count_ = 0;
};

}  // namespace asmgr::redaction
