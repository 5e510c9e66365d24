// What the YAML parser complains of, said so that a person can act on it.
#pragma once

#include <string>
#include <string_view>

#include "core/config/diagnostic.hpp"
#include "core/config/source.hpp"

namespace asmgr {

// `line` and `column` count from 0, as the parser does; -1 when it does not know.
[[nodiscard]] Diagnostic explain_yaml_problem(const Source& source, std::uint32_t source_index, int line, int column,
                                              std::string_view parser_message);

}  // namespace asmgr
