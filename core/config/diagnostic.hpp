// What is wrong with a configuration, said in the form compilers use.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "core/config/source.hpp"
#include "core/model/error.hpp"

namespace asmgr {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Position position;
  std::string path;  // stores.main.config.journal_mode; empty = the file itself
  std::string message;
  std::string suggestion;  // what to do, shown beside the caret; may be empty
  ErrorCode code = ErrorCode::config_invalid;
  Severity severity = Severity::error;
  boost::json::object details = {};  // of what a component said
};
using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_errors(const Diagnostics& diagnostics) noexcept;

// All of them, ordered by source, line and column, each as
//   asmgr.yaml:31:7: stores.main.config.jurnal_mode: unknown key
//      31 |       jurnal_mode: wal
//         |       ^~~~~~~~~~~ did you mean 'journal_mode'?
// and a last line with the count ("4 errors"). Empty when there are none. Every line ends with a line feed.
[[nodiscard]] std::string render(Diagnostics diagnostics, const Sources& sources);

// [{"severity","code","file","line","column","length","path","message","suggestion"}] in the same order,
// and "details" where there are some.
[[nodiscard]] boost::json::array to_json(Diagnostics diagnostics, const Sources& sources);

// One error for all of them: its message is the rendered text, its details hold them as JSON. The code is the one all
// errors share, else config_invalid. Call only when has_errors.
[[nodiscard]] Error to_error(const Diagnostics& diagnostics, const Sources& sources);

}  // namespace asmgr
