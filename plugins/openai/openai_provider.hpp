// The `openai` provider.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/model_api.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string_view>

namespace asmgr::openai {

class OpenAiProvider final : public model_api::ModelProvider, public sdk::ProviderResume {
 public:
  explicit OpenAiProvider(const sdk::Create& create);

  // An answer that is not complete cannot be gone on from, so a start under way has none.
  std::string token(std::uint64_t) override { return {}; }
  // The server forgets by itself.
  void forget(std::string_view) override {}
};

// The API that the configuration names. Throws sdk::StatusError (CONFIG_INVALID).
[[nodiscard]] std::unique_ptr<model_api::Dialect> make_dialect(const model_api::Settings& settings,
                                                               const boost::json::object& config);

// What the schema cannot say: OpenAI itself answers nobody without a key.
void validate_config(const sdk::Host& host, std::string_view config, sdk::Problems& problems);

}  // namespace asmgr::openai
