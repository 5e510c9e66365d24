// `asmgr reload`: asks the hosts that run on this deployment's store to read their configuration again.
#include "host/cli/listing.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/remote_options.hpp"

namespace asmgr::cli {
namespace {

std::string outcome_of(const HostReload& host) {
  if (!host.reloaded) return "no answer";
  return *host.reloaded ? "reloaded" : "refused";
}

class ReloadCommand final : public Command {
 public:
  explicit ReloadCommand(CLI::App& app) {
    remote_.add_to(app);
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto wait = remote_.read();
    if (wait.has_error()) return wait.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    auto hosts = (*opened)->manager().reload_hosts({}, *wait);
    if (hosts.has_error()) return hosts.error();
    if (hosts->empty()) {
      return Error(ErrorCode::not_found, "no host works on this store; `asmgr work` starts one");
    }
    Listing listing;
    listing.head = {"HOST", "OUTCOME", "WHY"};
    bool all = true;
    for (const HostReload& host : *hosts) {
      all = all && host.reloaded.value_or(!wait->wait);
      boost::json::object item;
      item["host_id"] = host.host_id;
      item["outcome"] = outcome_of(host);
      item["error"] = host.error ? boost::json::value(host.error->to_json()) : boost::json::value(nullptr);
      listing.items.push_back(std::move(item));
      listing.rows.push_back({host.host_id, outcome_of(host), host.error ? host.error->message() : ""});
    }
    print_listing(invocation.console, listing);
    return all ? ExitCode::done : ExitCode::failed;
  }

 private:
  RemoteOptions remote_;
  std::string pipeline_;
};

}  // namespace

void add_reload_command(CommandSet& commands) {
  commands.add<ReloadCommand>(commands.root(), "reload", "Ask the hosts at work to read their configuration again",
                              "asmgr reload -c asmgr.yaml");
}

}  // namespace asmgr::cli
