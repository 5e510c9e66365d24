#include "core/redaction/cover_writer.hpp"

#include <algorithm>

namespace asmgr::redaction {

void CoverWriter::write(std::string& out, std::string_view text, Position base, std::vector<Cover>& covers,
                        Position settled) {
  if (flooded_) return;
  std::ranges::sort(covers, [](const Cover& a, const Cover& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.category < b.category;
  });
  for (const Cover& cover : covers) {
    if (cover.begin >= settled) break;
    if (in_region_ && cover.begin < region_end_) {
      region_end_ = std::max(region_end_, cover.end);
    } else if (cover.begin >= written_) {
      pass(out, text, base, cover.begin);
      begin_region(out, cover);
    }
    if (floods(out, settled)) return;
  }
  pass(out, text, base, settled);
}

void CoverWriter::finish() {
  if (in_region_) end_region();
}

void CoverWriter::begin_region(std::string& out, const Cover& cover) {
  if (in_region_) end_region();
  in_region_ = true;
  region_begin_ = cover.begin;
  region_end_ = cover.end;
  placeholder_ = rules_->placeholders[cover.category];
  unchanged_ = 0;
  differs_ = false;
  out += placeholder_;
}

void CoverWriter::end_region() {
  in_region_ = false;
  if (differs_ || unchanged_ != placeholder_.size()) ++count_;
}

// What is not covered goes out; what the region covers does not.
void CoverWriter::pass(std::string& out, std::string_view text, Position base, Position until) {
  if (in_region_ && written_ < region_end_) {
    const Position covered = std::min(region_end_, until);
    swallow(text.substr(written_ - base, covered - written_));
    written_ = covered;
  }
  if (written_ >= until) return;
  if (in_region_) end_region();
  out += text.substr(written_ - base, until - written_);
  written_ = until;
}

void CoverWriter::swallow(std::string_view text) {
  const std::string_view expected = placeholder_.substr(std::min(unchanged_, placeholder_.size()));
  if (differs_ || !expected.starts_with(text)) {
    differs_ = true;
  } else {
    unchanged_ += text.size();
  }
}

bool CoverWriter::floods(std::string& out, Position settled) {
  if (!in_region_ || std::min(region_end_, settled) - region_begin_ <= longest_cover_) return false;
  out += rules_->placeholders[static_cast<std::size_t>(Category::overlong)];
  flooded_ = true;
  in_region_ = false;
  count_ += 2;
  return true;
}

}  // namespace asmgr::redaction
