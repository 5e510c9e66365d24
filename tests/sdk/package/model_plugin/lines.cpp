// A provider of an imagined model API whose answer is one event per line of text.
#include <asmgr/toolkit/model_api.hpp>
#include <memory>
#include <string>

namespace {

using namespace asmgr::model_api;

class LinesReader final : public AnswerReader {
 public:
  Reading on_event(std::string_view name, std::string_view data, Output& out) override {
    if (name == "end") {
      ended_ = true;
      return Done{};
    }
    out.text(data);
    text_.append(data);
    return More{};
  }
  std::variant<Answer, Failure> end(Output& out) override {
    if (!ended_) return Failure{ASMGR_E_PROVIDER_UNAVAILABLE, "", "the answer was cut", true, std::nullopt};
    out.message(text_);
    Answer answer;
    answer.content = text_;
    return answer;
  }

 private:
  std::string text_;
  bool ended_ = false;
};

class LinesDialect final : public Dialect {
 public:
  explicit LinesDialect(const Settings& settings) : url_(settings.base_url + "/lines") {}
  Description describe() const override { return {"lines", {}, {"one"}, std::nullopt}; }
  asmgr::http::Request request(const Prompt& prompt) const override {
    asmgr::http::Request request;
    request.url = url_;
    for (const Message& message : prompt.messages) {
      for (const Part& part : message.parts) {
        if (const auto* text = std::get_if<Text>(&part)) request.body += text->text + "\n";
      }
    }
    return request;
  }
  std::unique_ptr<AnswerReader> reader(const Prompt&) const override { return std::make_unique<LinesReader>(); }
  Failure read_error(int http_status, std::string_view) const override { return failure_of_status(http_status); }

 private:
  const std::string url_;
};

class LinesProvider final : public ModelProvider {
 public:
  explicit LinesProvider(const asmgr::sdk::Create& create)
      : ModelProvider(create, [](const Settings& settings, const boost::json::object&) {
          return std::make_unique<LinesDialect>(settings);
        }) {}
};

constexpr std::string_view kOwnKeys =
    R"json("api_key": {"type": "string", "default": "", "x-secret": true, "description": "Not needed"},
           "base_url": {"type": "string", "default": "http://127.0.0.1", "description": "Where it is"},
           "model": {"type": "string", "default": "one", "description": "There is one"},)json";

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<LinesProvider>(
    "lines", "Answers line by line", JoinedText<kSchemaBegin, kOwnKeys, kSchemaEnd>::kValue)};
constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"org.example.lines", "Example", "1.0.0", "MIT"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
