// A program of one's own that runs a command as an agent's run, with everything a deployment file brings.
//
//   asmgr_example_embed configs/quickstart.yaml "wc -l README.md"
#include <asmgr/session_manager.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <string>
#include <utility>

namespace {

int report(const asmgr::Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: asmgr_example_embed CONFIG PROMPT\n");
    return 2;
  }
  const auto deployment = asmgr::Deployment::load(argv[1]);
  if (!deployment) return report(deployment.error());
  asmgr::SessionManager manager{*deployment};

  asmgr::RunOnceOptions options;
  options.agent_id = "embedded";
  const boost::json::object message{{"role", "user"}, {"content", argv[2]}};
  options.input = boost::json::object{{"messages", boost::json::array{message}}};
  options.execution.event_callback = [](const asmgr::EventView& event) {  // on this thread, once the event is durable
    std::fprintf(stderr, "%4llu  %.*s\n", static_cast<unsigned long long>(event.sequence_number),
                 static_cast<int>(event.type_name.size()), event.type_name.data());
  };
  const auto result = manager.run_once(std::move(options));
  if (!result) return report(result.error());
  if (result->error) return report(*result->error);

  const std::string output = result->output ? boost::json::serialize(*result->output) : "{}";
  std::printf("%s\n%s\n", result->session_id.c_str(), output.c_str());
  return 0;
}
