#include "core/config/host_schema.hpp"

#include "core/model/json.hpp"

namespace asmgr {

const boost::json::object& host_schema() {
  // Valid by construction: a test reads it with the strict parser.
  static const boost::json::object kSchema = [] {
    Result<boost::json::object> parsed = parse_json_object(host_schema_text(), "configs/asmgr.schema.json");
    return parsed ? std::move(*parsed) : boost::json::object();
  }();
  return kSchema;
}

}  // namespace asmgr
