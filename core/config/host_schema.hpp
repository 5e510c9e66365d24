// The schema of the whole file, configs/asmgr.schema.json, as it was when this library was built.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace asmgr {

// The file's own text: what `config schema` prints.
[[nodiscard]] std::string_view host_schema_text() noexcept;
[[nodiscard]] const boost::json::object& host_schema();

}  // namespace asmgr
