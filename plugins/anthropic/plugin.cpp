#include <asmgr/toolkit/model_api.hpp>
#include <memory>

#include "config_schema.hpp"
#include "messages_dialect.hpp"

namespace {

class AnthropicProvider final : public asmgr::model_api::ModelProvider {
 public:
  explicit AnthropicProvider(const asmgr::sdk::Create& create)
      : ModelProvider(create, [](const asmgr::model_api::Settings& settings, const boost::json::object&) {
          return std::make_unique<asmgr::anthropic::MessagesDialect>(settings);
        }) {}
};

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<AnthropicProvider>(
    "anthropic", "Models of the Anthropic Messages API", asmgr::anthropic::kConfigSchema)};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.asmgr.anthropic", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
