// The `asmgr` program.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "host/cli/command_line.hpp"
#include "host/cli/console.hpp"
#include "host/cli/signals.hpp"

namespace {

using asmgr::cli::CommandLine;
using asmgr::cli::Console;
using asmgr::cli::ExitCode;

ExitCode run_command(asmgr::cli::Command& command, asmgr::cli::Invocation invocation) {
  Console& console = invocation.console;
  try {
    const auto code = command.run(invocation);
    if (code.has_value()) return *code;
    console.fail(code.error());
    return asmgr::cli::exit_code_of(code.error());
  } catch (const std::exception& exception) {
    console.fail(
        asmgr::Error(asmgr::ErrorCode::internal_error,
                     std::string("the command ended by an exception that nobody expected: ") + exception.what()));
    return ExitCode::failed;
  }
}

ExitCode finish(Console& console, ExitCode code) {
  const auto written = console.finish();
  if (written.has_value()) return code;
  console.complain(asmgr::cli::error_text(written.error(), {}));
  return code == ExitCode::done ? ExitCode::failed : code;
}

}  // namespace

int main(int argc, char** argv) {
  asmgr::cli::block_stop_signals();
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  CommandLine line;
  const auto parsed = line.parse(arguments);
  asmgr::cli::GlobalOptions options = line.global();
  if (std::holds_alternative<CommandLine::Misuse>(parsed)) options.output = asmgr::cli::find_output_format(arguments);
  const asmgr::cli::Streams streams = asmgr::cli::process_streams();
  Console console(streams, options);
  asmgr::cli::HostLog log(options, streams.color && !options.no_color);
  ExitCode code = ExitCode::done;
  if (const auto* answer = std::get_if<CommandLine::Answer>(&parsed)) {
    console.write(answer->text);
    if (console.in_line()) console.write("\n");
  } else if (const auto* misuse = std::get_if<CommandLine::Misuse>(&parsed)) {
    console.fail(misuse->error, misuse->hint);
    code = ExitCode::usage;
  } else {
    asmgr::cli::StopSignals signals;
    code = run_command(*std::get<asmgr::cli::Command*>(parsed), {line.global(), console, signals, log, line.root()});
  }
  code = finish(console, code);
  log.flush();
  std::fflush(stderr);
  // Leaves without ending what stands above: plugins stay loaded, their threads may still log, and their static
  // destructors are not ours to run.
  _exit(static_cast<int>(code));
}
