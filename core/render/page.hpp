// Lines as they are written to a screen of some width.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/render/renderer.hpp"

namespace asmgr::rendering {

enum class Ink : std::uint8_t { plain, dim, bold, green, red, yellow, cyan };

// Pieces of one line; line breaks and control characters in them are shown, not obeyed.
class Line {
 public:
  Line& add(Ink ink, std::string_view text);
  // The piece that is shortened first when the line is too long; one a line.
  Line& add_elastic(Ink ink, std::string_view text);

 private:
  friend class Page;
  struct Piece {
    Ink ink = Ink::plain;
    std::string text;  // harmless
    bool elastic = false;
  };
  std::vector<Piece> pieces_;
};

// Text is added at its end and taken away piece by piece. Without a width nothing is cut or broken.
class Page {
 public:
  explicit Page(const RenderOptions& options);
  void resize(std::size_t width) noexcept;

  // Text of others that comes in pieces, broken between words. The last word is held until something follows it.
  void stream(Ink ink, std::string_view text);
  // Ends the line that was begun, after what is held of it.
  void end_line();
  [[nodiscard]] bool in_line() const noexcept { return column_ != 0 || !held_.empty(); }

  // A line of its own, cut where it is too long.
  void cut(const Line& line);
  // Broken into as many lines as it takes; those after the first begin with `hang`.
  void wrap(const Line& line, std::string_view hang);
  // One of several pieces on a line, a blank between them; begins another line where it does not fit.
  void token(const Line& line);
  // A line that the next call may replace: unfinished on a terminal, an ordinary line elsewhere.
  void tentative(const Line& line);
  // Instead of the tentative line when nothing came after it on a terminal; else a line of its own. Cut.
  void replace(const Line& line);
  // Takes the tentative line back where it can be.
  void drop_tentative();

  // All that was added since the last time.
  [[nodiscard]] std::string take();

 private:
  // A word with its columns, blanks, a line feed; what a line may be broken around.
  struct Unit {
    std::size_t bytes = 0;
    std::size_t columns = 0;
  };
  [[nodiscard]] static Unit first_unit(std::string_view text) noexcept;
  // Words of harmless text; with `hold_last` without the last one. Returns how many bytes were put.
  std::size_t put(Ink ink, std::string_view text, std::string_view hang, bool hold_last);
  // `follows`: the columns of what belongs to the word and is put next.
  void put_word(std::string_view word, std::size_t columns, std::size_t follows, std::string_view hang);
  void put_blanks(std::string_view blanks) noexcept;
  void break_line(std::string_view hang);
  void put_pending_blanks();
  void settle();
  void settle_most();
  void append_inked(Ink ink, std::string_view text);
  void append_fitted(const Line& line);
  void end_tentative();
  [[nodiscard]] std::vector<Line::Piece> fitted(const Line& line) const;

  bool color_;
  bool rewrites_;
  std::size_t width_ = 0;
  std::string out_;
  std::size_t column_ = 0;  // of the line that was begun, without the blanks below; without a width 0 or 1
  std::size_t blanks_ = 0;  // seen, and written only when something follows on the line
  std::string held_;        // harmless
  Ink held_ink_ = Ink::plain;
  bool tentative_ = false;
  std::size_t follows_ = 0;  // columns of the piece after this one, when no blank is between them
};

}  // namespace asmgr::rendering
