#include "host/cli/console.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/model/json.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

std::string_view code_of(Style style) noexcept {
  switch (style) {
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::bad:
      return "\x1b[31m";
    case Style::strong:
      return "\x1b[1m";
    case Style::plain:
      break;
  }
  return {};
}

bool set_in_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

Streams process_streams() {
  Streams streams;
  streams.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  streams.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  const char* term = std::getenv("TERM");
  streams.color = !set_in_environment("NO_COLOR") && !(term != nullptr && std::strcmp(term, "dumb") == 0);
  return streams;
}

Console::Console(Streams streams, const GlobalOptions& options)
    : streams_(streams), format_(options.output), quiet_(options.quiet), verbose_(options.verbosity > 0) {
  if (options.no_color) streams_.color = false;
}

void Console::write(std::string_view text) {
  if (text.empty() || broken()) return;
  in_line_ = text.back() != '\n';
  if (std::fwrite(text.data(), 1, text.size(), streams_.out) != text.size()) write_errno_ = errno != 0 ? errno : EIO;
}

void Console::write_foreign(std::string_view text) {
  if (!streams_.out_is_terminal) return write(text);
  write(harmless(text, LineBreaks::keep));
}

void Console::write_json(const boost::json::value& value) {
  write(to_text(value));
  write("\n");
}

void Console::flush() {
  if (broken()) return;
  if (std::fflush(streams_.out) != 0) write_errno_ = errno != 0 ? errno : EIO;
}

bool Console::nobody_reads() const noexcept {
  return write_errno_ == EPIPE;
}

Result<void> Console::finish() {
  flush();
  if (!broken() || nobody_reads()) return {};
  return Error(ErrorCode::storage_write_failed,
               "the answer could not be written to standard output: " + std::string(std::strerror(write_errno_)) +
                   "; what was done stays done");
}

void Console::note(std::string_view line, Style style) {
  if (!quiet_) complain(line, style);
}

void Console::complain(std::string_view line, Style style) {
  if (make_way_) make_way_();
  if (in_line_ && streams_.out_is_terminal && streams_.err_is_terminal) write("\n");
  flush();
  std::string text = streams_.err_is_terminal ? harmless(line, LineBreaks::keep) : std::string(line);
  if (streams_.color && streams_.err_is_terminal && style != Style::plain) {
    text = std::string(code_of(style)) + text + "\x1b[0m";
  }
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), streams_.err);
  std::fflush(streams_.err);
}

void Console::fail(const Error& error, std::string_view hint) {
  if (!is_text()) {
    boost::json::object answer;
    answer["error"] = error.to_json();
    write_json(answer);
    flush();
    return;
  }
  const std::string general = hint.empty() ? hint_for(error) : std::string(hint);
  complain(error_text(error, general), Style::bad);
}

std::string hint_for(const Error& error, std::string_view session_id) {
  switch (error.code()) {
    case ErrorCode::session_not_found:
      return "`asmgr session list` shows the sessions of this configuration's store";
    case ErrorCode::run_not_found:
      return "`asmgr runs " + std::string(session_id) + "` shows the runs of a session";
    case ErrorCode::policy_violation:
      return "`asmgr events " + std::string(session_id) + " --type policy_violation` shows which rule stopped it";
    case ErrorCode::config_invalid:
      if (!error.details().contains("diagnostics")) return {};
      return "`asmgr config schema` prints what a configuration may hold";
    case ErrorCode::plugin_load_failed:
    case ErrorCode::plugin_abi_mismatch:
      return "`asmgr plugin list` shows what was found and why not";
    case ErrorCode::storage_connection_failed:
    case ErrorCode::provider_unavailable:
    case ErrorCode::provider_authentication_failed:
    case ErrorCode::migration_required:
      return "`asmgr doctor` looks into configuration, stores and providers";
    default:
      return {};
  }
}

std::string error_text(const Error& error, std::string_view hint) {
  std::string_view message = error.message();
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  std::string text;
  if (const auto last_break = message.rfind('\n'); last_break != std::string_view::npos) {
    text.append(message.substr(0, last_break + 1));
    message.remove_prefix(last_break + 1);
  }
  text.append("error: ").append(code_name(error.code())).append(": ").append(message);
  if (!hint.empty()) text.append("\nhint: ").append(hint);
  return text;
}

}  // namespace asmgr::cli
