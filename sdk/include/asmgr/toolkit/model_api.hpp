// Providers of model APIs over HTTP: everything but the API's own words.
//
// A plugin writes a Dialect (how a prompt becomes a request, how a stream becomes events) and derives its component:
//
//   class ExampleProvider : public asmgr::model_api::ModelProvider {
//    public:
//     explicit ExampleProvider(const asmgr::sdk::Create& create)
//         : ModelProvider(create, [](const Settings& settings, const boost::json::object& config) {
//             return std::make_unique<ExampleDialect>(settings, config);
//           }) {}
//   };
//
// A start is one model call: the grade is `own`, the host runs the tools and starts again with the next turn. The
// provider sends the request, hands over events one batch per piece of the stream, stops reading the socket while the
// host says PAUSE, tries again with growing pauses while nothing of the answer was handed over, closes the connection
// at once on cancel, and finishes exactly once.
//
// Link asmgr::toolkit_model_api.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/http.hpp>
#include <asmgr/toolkit/model_api/answer.hpp>
#include <asmgr/toolkit/model_api/prompt.hpp>
#include <asmgr/toolkit/model_api/settings.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::model_api {

struct Capability {
  std::string_view name;
  std::string_view type;  // tool, resource, prompt, sampling, file_access, network_access, code_execution
  std::string_view description;
};

// See asmgr_provider.describe. The rest of it is the same for all: grade own, usage delta, no heartbeat.
struct Description {
  std::string vendor;  // key of the price table
  std::vector<Capability> capabilities;
  std::vector<std::string> models;                // the first is what a run uses that names none
  std::optional<std::int64_t> max_output_tokens;  // of one answer, when a request always says so
  bool resumes = false;  // its answers name sessions that Prompt::resume_token goes on with; derive from ProviderResume
};

// What differs between model APIs. One per instance; every function: any thread, several at once.
class Dialect {
 public:
  virtual ~Dialect() = default;

  [[nodiscard]] virtual Description describe() const = 0;

  // Method, URL, headers (the API's key among them) and body. What the configuration says of headers, proxy, ca_file
  // and timeouts is added afterwards. Throws sdk::StatusError for a prompt that the API cannot be asked.
  [[nodiscard]] virtual http::Request request(const Prompt& prompt) const = 0;

  [[nodiscard]] virtual std::unique_ptr<AnswerReader> reader(const Prompt& prompt) const = 0;

  // What an answer with another status than 2xx says, `body` being at most its first 64 KiB. Begin with
  // failure_of_status and put in what the body's envelope tells. retry-after headers are read by the provider.
  [[nodiscard]] virtual Failure read_error(int http_status, std::string_view body) const = 0;
};

using MakeDialect =
    std::function<std::unique_ptr<Dialect>(const Settings& settings, const boost::json::object& config)>;

class ModelProvider : public sdk::AsyncProvider, public sdk::ProviderFlow {
 public:
  // Throws sdk::StatusError (CONFIG_INVALID).
  ModelProvider(const sdk::Create& create, const MakeDialect& make_dialect);
  ~ModelProvider() override;
  ModelProvider(const ModelProvider&) = delete;
  ModelProvider& operator=(const ModelProvider&) = delete;

  std::string describe() override;
  void start(sdk::Run& run) override;
  void cancel(std::uint64_t start) override;
  void resume(std::uint64_t start) override;

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace asmgr::model_api
