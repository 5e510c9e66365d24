#include "request_parts.hpp"

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_lookup.hpp>

namespace asmgr::openai {

void require_model(const model_api::Prompt& prompt) {
  if (!prompt.model.empty()) return;
  throw sdk::StatusError(ASMGR_E_MISSING_FIELD,
                         "no model is named: set `model` in the provider's config, or in the run's options");
}

std::string image_url(const model_api::Image& image) {
  return image.url.empty() ? "data:" + image.media_type + ";base64," + image.data : image.url;
}

boost::json::object answer_schema(const boost::json::object& schema) {
  boost::json::object format;
  format["name"] = "answer";
  format["schema"] = schema;
  // Strictly, only schemas are accepted whose objects are closed; the others are kept to as well as the model can.
  const boost::json::value* more = sdk::find_member(schema, "additionalProperties");
  format["strict"] = more != nullptr && more->is_bool() && !more->get_bool();
  return format;
}

}  // namespace asmgr::openai
