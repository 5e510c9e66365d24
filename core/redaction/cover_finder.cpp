#include "core/redaction/cover_finder.hpp"

#include <algorithm>

#include "core/model/utf8.hpp"

namespace asmgr::redaction {
namespace {

// A match that comes so near to the end of what an extra pattern was given may be longer: the last character may be
// cut.
constexpr std::size_t kCharacterBytes = 3;

std::size_t without_cut_character(std::string_view text) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(kCharacterBytes, text.size()); ++back) {
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if ((c & 0xC0) == 0x80) continue;
    const std::size_t wanted = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    return wanted > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

CoverFinder::CoverFinder(const RuleSet& rules)
    : rules_(&rules), extra_from_(rules.extras.size()), extra_waits_(rules.extras.size()) {}

void CoverFinder::look(std::string_view text, Position base, Extent extent) {
  text_ = text;
  base_ = base;
  final_ = extent == Extent::final;
  std::ranges::fill(extra_waits_, '\0');
  follow_open_runs();
  reconsider_pending();
  scan();
  settle();
}

void CoverFinder::scan() {
  if (final_ && base_ == 0 && cursor_ == 0) {
    // The whole text at once: one pass tells whether a pattern that may begin anywhere is in it at all.
    for (std::size_t i = 0; i < rules_->extras.size(); ++i) {
      if (rules_->extras[i].literal().empty() && !rules_->extras[i].is_in(text_)) extra_from_[i] = kNoPosition;
    }
  }
  while (cursor_ < end()) {
    const std::size_t index = rules_->places.find(text_, cursor_ - base_);
    if (index == std::string_view::npos) break;
    consider(index);
    cursor_ = base_ + index + 1;
  }
  if (text_.empty()) return;
  cursor_ = std::max(cursor_, end() - 1);
  // The last byte has no other beside it; only an extra pattern can be that short.
  if (final_ && cursor_ < end()) {
    consider(text_.size() - 1);
    cursor_ = end();
  }
}

void CoverFinder::consider(std::size_t index) {
  const char c = text_[index];
  const Position at = base_ + index;
  const std::string_view ahead = text_.substr(index, 3);
  if (c == ':' && (ahead.size() == 1 || ahead[1] == '/')) judge(kUserinfoRule, at);
  if ((c == ':' || c == '=') && may_follow_a_name(text_.substr(0, index))) judge(kKeyedRule, at);
  for (const Beginning& beginning : rules_->by_first_byte[static_cast<unsigned char>(c)]) {
    if (beginning.may_be_at(ahead)) judge(beginning.rule, at);
  }
}

void CoverFinder::judge(RuleIndex rule, Position at) {
  Pending pending{at, rule, at, kLookAhead};
  if (!decide(pending)) pending_.push_back(pending);
}

void CoverFinder::reconsider_pending() {
  auto kept = pending_.begin();
  for (Pending& pending : pending_) {
    if (!decide(pending)) *kept++ = pending;
  }
  pending_.erase(kept, pending_.end());
}

bool CoverFinder::decide(Pending& pending) {
  const Rule& rule = rules_->rules[pending.rule];
  if (rule.kind == RuleKind::extra) return decide_extra(pending, rule);
  const std::size_t index = pending.at - base_;
  Place place;
  const std::size_t behind = std::min(index, kLookBehind);
  place.behind = text_.substr(index - behind, behind);
  place.ahead = text_.substr(index, kLookAhead);
  place.complete = final_ || place.ahead.size() == kLookAhead;
  const Verdict verdict = evaluate(rule, place);
  if (verdict.kind == Verdict::Kind::undecided) {
    pending.hold = verdict.hold == kNowhere ? kNoPosition : pending.at + verdict.hold;
    return false;
  }
  if (verdict.kind == Verdict::Kind::found) take(verdict, pending.at);
  return true;
}

// RE2 does not say whether more text could change its answer. So a pattern is given 256 bytes, and twice as many as
// long as its match comes to their end.
bool CoverFinder::decide_extra(Pending& pending, const Rule& rule) {
  const std::size_t index = pending.at - base_;
  if (pending.at < extra_from_[rule.source]) return true;
  if (extra_waits_[rule.source] != 0) return false;
  if (!rule.literal.empty()) {
    const std::string_view beginning = text_.substr(index, rule.literal.size());
    if (!rule.literal.starts_with(beginning)) return true;
  }
  const std::size_t before = index > 0 ? 1 : 0;
  for (;; pending.window *= 2) {
    const std::string_view seen = text_.substr(index - before, before + pending.window);
    const std::size_t size = seen.size() - before;
    if (size < pending.window && !final_) break;
    const auto match = rules_->extras[rule.source].match_at(seen, before);
    if (!match) return true;
    const bool may_go_on = *match + kCharacterBytes >= pending.window;
    if (may_go_on && pending.window < kLongestSecret) continue;
    Run rest;
    if (may_go_on) rest.kind = RunKind::rest;
    extra_from_[rule.source] = may_go_on ? kNoPosition : pending.at + *match;
    take(found(0, *match, rest, rule.category), pending.at);
    return true;
  }
  extra_waits_[rule.source] = 1;
  return false;
}

void CoverFinder::take(const Verdict& verdict, Position at) {
  OpenRun open{at + verdict.begin, at + verdict.run_from, at + verdict.run_from, verdict.category, verdict.run};
  if (open.run.kind == RunKind::none) return add_cover({open.begin, open.from, open.category});
  for (OpenRun& other : open_) {
    if (!end_together(other.run, open.run) || open.from < other.from || open.from > other.at) continue;
    if (open.begin < other.begin || (open.begin == other.begin && open.category < other.category)) {
      other.begin = open.begin;
      other.category = open.category;
    }
    return;
  }
  for (const Reach& reach : reached_) {
    if (!end_together(reach.run, open.run) || open.from < reach.from || open.from >= reach.end) continue;
    return add_cover({open.begin, reach.end, open.category});
  }
  follow(open);
  if (open.run.kind != RunKind::none) open_.push_back(open);
}

// A run that has ended becomes a cover, and its kind none.
void CoverFinder::follow(OpenRun& open) {
  const RunStep step = advance(open.run, text_.substr(open.at - base_), rules_->known_secrets);
  open.at += step.taken;
  if (!step.ended && !final_) return;
  const Position run_end = step.ended ? open.at - open_tail(open.run) : open.at;
  add_cover({open.begin, run_end, open.category});
  const auto same =
      std::ranges::find_if(reached_, [&](const Reach& reach) { return end_together(reach.run, open.run); });
  if (same != reached_.end()) {
    *same = {open.run, open.from, run_end};
  } else if (open.run.kind != RunKind::secret) {
    reached_.push_back({open.run, open.from, run_end});
  }
  open.run.kind = RunKind::none;
}

void CoverFinder::follow_open_runs() {
  for (OpenRun& open : open_) follow(open);
  std::erase_if(open_, [](const OpenRun& open) { return open.run.kind == RunKind::none; });
}

void CoverFinder::add_cover(Cover cover) {
  if (cover.begin >= cover.end) return;
  if (!covers_.empty()) {
    const Cover& last = covers_.back();
    const bool names_it = cover.begin == last.begin && cover.category < last.category;
    if (last.begin <= cover.begin && cover.end <= last.end && !names_it) return;
  }
  covers_.push_back(cover);
}

void CoverFinder::settle() {
  settled_ = end();
  if (final_) return;
  settled_ = base_ + without_cut_character(text_);
  if (cursor_ < end() && rules_->holds[static_cast<unsigned char>(text_.back())])
    settled_ = std::min(settled_, end() - 1);
  for (const Pending& pending : pending_) settled_ = std::min(settled_, pending.hold);
  for (const OpenRun& open : open_) settled_ = std::min(settled_, open.at - open_tail(open.run));
}

void CoverFinder::append_covers(std::vector<Cover>& out) const {
  out.insert(out.end(), covers_.begin(), covers_.end());
  for (const OpenRun& open : open_) {
    const Position certain = open.at - open_tail(open.run);
    if (open.begin < certain) out.push_back({open.begin, certain, open.category});
  }
}

void CoverFinder::forget(Position position) {
  std::erase_if(covers_, [position](const Cover& cover) { return cover.end <= position; });
}

Position CoverFinder::needed_from() const noexcept {
  Position oldest = cursor_;
  for (const Pending& pending : pending_) oldest = std::min(oldest, pending.at);
  return oldest - std::min<Position>(oldest, kLookBehind);
}

}  // namespace asmgr::redaction
