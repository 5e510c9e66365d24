// A console that writes into files, to be read back by a test.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "host/cli/console.hpp"
#include "tests/host/cli/temporary_folder.hpp"

namespace asmgr::cli {

enum class Terminal : std::uint8_t { no, yes };

class CapturedConsole {
 public:
  explicit CapturedConsole(OutputFormat format = OutputFormat::text, Terminal terminal = Terminal::no,
                           GlobalOptions options = {})
      : out_(std::fopen(folder_.file("out").c_str(), "w")), err_(std::fopen(folder_.file("err").c_str(), "w")) {
    options.output = format;
    Streams streams;
    streams.out = out_;
    streams.err = err_;
    streams.out_is_terminal = streams.err_is_terminal = terminal == Terminal::yes;
    console_.emplace(streams, options);
  }
  ~CapturedConsole() {
    std::fclose(out_);
    std::fclose(err_);
  }
  CapturedConsole(const CapturedConsole&) = delete;
  CapturedConsole& operator=(const CapturedConsole&) = delete;

  Console& operator*() { return *console_; }
  Console* operator->() { return &*console_; }
  std::string out() {
    std::fflush(out_);
    return folder_.read("out");
  }
  std::string err() {
    std::fflush(err_);
    return folder_.read("err");
  }

 private:
  TemporaryFolder folder_;
  std::FILE* out_;
  std::FILE* err_;
  std::optional<Console> console_;
};

}  // namespace asmgr::cli
