// The `gemini` provider.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/model_api.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string_view>

namespace asmgr::gemini {

class GeminiProvider final : public model_api::ModelProvider {
 public:
  explicit GeminiProvider(const sdk::Create& create);
};

[[nodiscard]] std::unique_ptr<model_api::Dialect> make_dialect(const model_api::Settings& settings,
                                                               const boost::json::object& config);

// What the schema cannot say: Google itself answers nobody without a key.
void validate_config(const sdk::Host& host, std::string_view config, sdk::Problems& problems);

}  // namespace asmgr::gemini
