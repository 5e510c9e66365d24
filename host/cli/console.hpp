// The two streams of a command: answers on standard output, everything else on standard error.
//
// JSON and text never mix: with --output json or jsonl only JSON goes to standard output. One thread at a time.
#pragma once

#include <boost/json/value.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "host/cli/exit_codes.hpp"
#include "host/cli/global_options.hpp"

namespace asmgr::cli {

enum class Style : std::uint8_t { plain, dim, good, bad, strong };

struct Streams {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color = false;  // wanted at all
};
// Of this process: terminals as they are, colour unless NO_COLOR or TERM=dumb says otherwise.
[[nodiscard]] Streams process_streams();

class Console {
 public:
  Console(Streams streams, const GlobalOptions& options);

  [[nodiscard]] OutputFormat format() const noexcept { return format_; }
  [[nodiscard]] bool is_text() const noexcept { return format_ == OutputFormat::text; }
  [[nodiscard]] bool quiet() const noexcept { return quiet_; }
  [[nodiscard]] bool verbose() const noexcept { return verbose_; }
  [[nodiscard]] bool out_is_terminal() const noexcept { return streams_.out_is_terminal; }
  // Colour codes may go to standard output.
  [[nodiscard]] bool colors_out() const noexcept { return streams_.out_is_terminal && streams_.color; }

  // Standard output, as it is. Nothing is written any more once a write has failed.
  void write(std::string_view text);
  // Text of others for standard output: made harmless when that is a terminal.
  void write_foreign(std::string_view text);
  // One line of JSON.
  void write_json(const boost::json::value& value);
  void flush();
  // Standard output took no more: nobody reads it, or it is full.
  [[nodiscard]] bool broken() const noexcept { return write_errno_ != 0; }
  [[nodiscard]] bool nobody_reads() const noexcept;
  // Ok, or why what was written is not all there.
  [[nodiscard]] Result<void> finish();
  // Standard output stands in the middle of a line.
  [[nodiscard]] bool in_line() const noexcept { return in_line_; }

  // One line for people on standard error, whatever the format; a line begun on standard output is ended first when
  // both are one terminal. Nothing with --quiet.
  void note(std::string_view line, Style style = Style::plain);
  // The same, also with --quiet.
  void complain(std::string_view line, Style style = Style::plain);

  // Called before each line for people, by whoever has something on the screen that must make way. Empty: nobody.
  void on_note(std::function<void()> make_way) { make_way_ = std::move(make_way); }

  // The failure of a command: text on standard error, {"error": ...} on standard output otherwise. `result` joins it
  // when not null (json only).
  void fail(const Error& error, std::string_view hint = {});

 private:
  Streams streams_;
  OutputFormat format_;
  bool quiet_;
  bool verbose_;
  bool in_line_ = false;
  int write_errno_ = 0;
  std::function<void()> make_way_;
};

// What to do about an error, in a line, when there is something general to say; else empty.
[[nodiscard]] std::string hint_for(const Error& error, std::string_view session_id = "SESSION");

// "error: CODE: message" and what else has to be said, as lines, the last without its line feed. A message of several
// lines is printed first, its last line is the one with the code.
[[nodiscard]] std::string error_text(const Error& error, std::string_view hint);

}  // namespace asmgr::cli
