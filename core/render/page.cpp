#include "core/render/page.hpp"

#include <algorithm>

#include "core/render/harmless.hpp"
#include "core/render/text_width.hpp"

namespace asmgr::rendering {
namespace {

constexpr std::size_t kTabStop = 8;
constexpr std::size_t kMaxHeldBytes = 256;
constexpr std::size_t kLeastElastic = 8;
constexpr std::string_view kCutMark = "\xe2\x80\xa6";  // …

std::string_view code_of(Ink ink) noexcept {
  switch (ink) {
    case Ink::dim:
      return "\x1b[2m";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::green:
      return "\x1b[32m";
    case Ink::red:
      return "\x1b[31m";
    case Ink::yellow:
      return "\x1b[33m";
    case Ink::cyan:
      return "\x1b[36m";
    case Ink::plain:
      break;
  }
  return {};
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

bool closes_a_phrase(std::string_view grapheme) noexcept {
  constexpr std::string_view kClosing = ".,;:!?)]}\"'";
  if (grapheme.size() == 1) return kClosing.find(grapheme[0]) != std::string_view::npos;
  for (const std::string_view wide : {"\xe3\x80\x81", "\xe3\x80\x82", "\xe3\x80\x8d", "\xe3\x80\x8f", "\xef\xbc\x89",
                                      "\xef\xbc\x8c", "\xef\xbc\x81", "\xef\xbc\x9f"}) {  // 、。」』），！？
    if (grapheme == wide) return true;
  }
  return false;
}

std::size_t checked_width(std::size_t width) noexcept {
  return width == 0 ? 0 : std::max(width, kMinRenderWidth);
}

}  // namespace

Line& Line::add(Ink ink, std::string_view text) {
  if (!text.empty()) pieces_.push_back({ink, harmless(text, LineBreaks::escape), false});
  return *this;
}

Line& Line::add_elastic(Ink ink, std::string_view text) {
  if (!text.empty()) pieces_.push_back({ink, harmless(text, LineBreaks::escape), true});
  return *this;
}

Page::Page(const RenderOptions& options)
    : color_(options.color), rewrites_(options.is_terminal), width_(checked_width(options.width)) {}

void Page::resize(std::size_t width) noexcept {
  width_ = checked_width(width);
}

std::string Page::take() {
  return std::exchange(out_, {});
}

// ---- streamed text

// A wide character is a word of its own: scripts that have them break lines anywhere.
Page::Unit Page::first_unit(std::string_view text) noexcept {
  if (text[0] == '\n') return {1, 0};
  Unit unit;
  if (is_blank(text[0])) {
    while (unit.bytes < text.size() && is_blank(text[unit.bytes])) ++unit.bytes;
    return unit;
  }
  while (unit.bytes < text.size() && text[unit.bytes] != '\n' && !is_blank(text[unit.bytes])) {
    const Grapheme grapheme = first_grapheme(text.substr(unit.bytes));
    if (grapheme.columns > 1 && unit.bytes > 0) break;
    unit.bytes += grapheme.bytes;
    unit.columns += grapheme.columns;
    if (grapheme.columns > 1) break;
  }
  if (unit.columns < 2) return unit;
  // What closes a phrase does not begin a line.
  for (std::string_view rest = text.substr(unit.bytes); !rest.empty(); rest = text.substr(unit.bytes)) {
    const Grapheme grapheme = first_grapheme(rest);
    if (!closes_a_phrase(rest.substr(0, grapheme.bytes))) break;
    unit.bytes += grapheme.bytes;
    unit.columns += grapheme.columns;
  }
  return unit;
}

void Page::stream(Ink ink, std::string_view text) {
  if (text.empty()) return;
  end_tentative();
  if (ink != held_ink_) settle();
  held_ink_ = ink;
  if (width_ == 0) {
    const std::string shown = harmless(text, LineBreaks::keep);
    append_inked(ink, shown);
    column_ = shown.back() == '\n' ? 0 : 1;
    return;
  }
  held_ += harmless(text, LineBreaks::keep);
  held_.erase(0, put(ink, held_, {}, true));
  if (held_.size() > kMaxHeldBytes) settle_most();
}

// All but the last character, which may not be complete yet, unless that is absurdly long.
void Page::settle_most() {
  std::size_t last = 0;
  for (std::size_t at = 0; at < held_.size(); at += first_grapheme(std::string_view(held_).substr(at)).bytes) last = at;
  if (last == 0) return settle();
  put(held_ink_, std::string_view(held_).substr(0, last), {}, false);
  held_.erase(0, last);
}

void Page::settle() {
  if (held_.empty()) return;
  put(held_ink_, held_, {}, false);
  held_.clear();
}

std::size_t Page::put(Ink ink, std::string_view text, std::string_view hang, bool hold_last) {
  const std::string_view code = color_ ? code_of(ink) : std::string_view();
  const std::size_t begin = out_.size();
  out_ += code;
  std::size_t done = 0;
  while (done < text.size()) {
    const std::string_view rest = text.substr(done);
    const Unit unit = first_unit(rest);
    const std::string_view piece = rest.substr(0, unit.bytes);
    const bool is_word = piece[0] != '\n' && !is_blank(piece[0]);
    if (is_word && hold_last && unit.bytes == rest.size()) break;
    if (is_word) {
      put_word(piece, unit.columns, unit.bytes == rest.size() ? follows_ : 0, hang);
    } else if (piece[0] == '\n') {
      break_line(hang);
    } else {
      put_blanks(piece);
    }
    done += unit.bytes;
  }
  if (out_.size() == begin + code.size()) {
    out_.resize(begin);
  } else if (!code.empty()) {
    out_ += "\x1b[0m";
  }
  return done;
}

void Page::put_blanks(std::string_view blanks) noexcept {
  for (const char c : blanks) {
    const std::size_t at = column_ + blanks_;
    blanks_ += c == '\t' ? kTabStop - at % kTabStop : 1;
  }
}

void Page::break_line(std::string_view hang) {
  out_ += '\n';
  out_ += hang;
  column_ = text_width(hang);
  blanks_ = 0;
}

void Page::put_pending_blanks() {
  out_.append(blanks_, ' ');
  column_ += std::exchange(blanks_, 0);
}

void Page::put_word(std::string_view word, std::size_t columns, std::size_t follows, std::string_view hang) {
  if (width_ == 0) {
    put_pending_blanks();
    out_ += word;
    column_ += columns;
    return;
  }
  const std::size_t start = text_width(hang);
  const bool fits_on_a_line = start + columns <= width_;
  if (start + columns + follows > width_) follows = 0;
  if (column_ + blanks_ + columns + follows > width_) {
    // What a line begins with is its indentation, which is kept as far as it can be.
    if (column_ <= start) {
      blanks_ = std::min(blanks_, fits_on_a_line ? width_ - column_ - columns : width_ / 2);
    } else if (fits_on_a_line || column_ + blanks_ >= width_) {
      break_line(hang);
    }
  }
  put_pending_blanks();
  if (column_ + columns <= width_) {
    out_ += word;
    column_ += columns;
    return;
  }
  while (!word.empty()) {
    const Grapheme grapheme = first_grapheme(word);
    if (column_ + grapheme.columns > width_) break_line(hang);
    out_ += word.substr(0, grapheme.bytes);
    column_ += grapheme.columns;
    word.remove_prefix(grapheme.bytes);
  }
}

void Page::end_line() {
  settle();
  blanks_ = 0;
  tentative_ = false;
  if (column_ == 0) return;
  out_ += '\n';
  column_ = 0;
}

// ---- whole lines

void Page::append_inked(Ink ink, std::string_view text) {
  const std::string_view code = color_ ? code_of(ink) : std::string_view();
  out_.append(code).append(text);
  if (!code.empty()) out_ += "\x1b[0m";
}

std::vector<Line::Piece> Page::fitted(const Line& line) const {
  std::vector<Line::Piece> pieces = line.pieces_;
  if (width_ == 0) return pieces;
  std::size_t total = 0;
  for (const auto& piece : pieces) total += text_width(piece.text);
  for (auto& piece : pieces) {
    if (!piece.elastic || total <= width_) continue;
    const std::size_t columns = text_width(piece.text);
    const std::size_t over = total - width_;
    piece.text = cut_to_width(piece.text, std::max(kLeastElastic, columns > over ? columns - over : 0), kCutMark);
    total = total - columns + text_width(piece.text);
  }
  if (total <= width_) return pieces;
  std::vector<Line::Piece> kept;
  std::size_t left = width_ - text_width(kCutMark);
  for (const auto& piece : pieces) {
    const std::string_view prefix = fitting_prefix(piece.text, left);
    left -= text_width(prefix);
    kept.push_back({piece.ink, std::string(prefix), false});
    if (prefix.size() < piece.text.size()) break;
  }
  kept.back().text += kCutMark;
  return kept;
}

void Page::append_fitted(const Line& line) {
  for (const auto& piece : fitted(line)) {
    append_inked(piece.ink, piece.text);
    column_ += text_width(piece.text);
  }
}

void Page::cut(const Line& line) {
  end_line();
  append_fitted(line);
  out_ += '\n';
  column_ = 0;
}

void Page::wrap(const Line& line, std::string_view hang) {
  end_line();
  const auto& pieces = line.pieces_;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool glued = i + 1 < pieces.size() && !is_blank(pieces[i].text.back()) && !is_blank(pieces[i + 1].text[0]);
    follows_ = glued ? first_unit(pieces[i + 1].text).columns : 0;
    put(pieces[i].ink, pieces[i].text, hang, false);
  }
  follows_ = 0;
  blanks_ = 0;
  out_ += '\n';
  column_ = 0;
}

void Page::token(const Line& line) {
  settle();
  std::size_t columns = 0;
  for (const auto& piece : line.pieces_) columns += text_width(piece.text);
  blanks_ = 0;
  if (width_ != 0 && column_ != 0 && column_ + 1 + columns > width_) end_line();
  if (column_ != 0) {
    out_ += ' ';
    ++column_;
  }
  append_fitted(line);
}

void Page::tentative(const Line& line) {
  end_line();
  append_fitted(line);
  if (rewrites_) {
    tentative_ = true;
    return;
  }
  out_ += '\n';
  column_ = 0;
}

void Page::replace(const Line& line) {
  drop_tentative();
  cut(line);
}

void Page::drop_tentative() {
  if (!std::exchange(tentative_, false)) return;
  if (color_) {
    out_ += "\r\x1b[2K";
  } else {
    // No escape characters without colour.
    out_ += '\r';
    out_.append(column_, ' ');
    out_ += '\r';
  }
  column_ = 0;
}

void Page::end_tentative() {
  if (tentative_) end_line();
}

}  // namespace asmgr::rendering
