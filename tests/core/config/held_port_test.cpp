// Instances whose last user is a thread of their own.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "core/config/deployment.hpp"
#include "core/model/json.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::seconds kPatience(10);

// Lets go of the provider when its run ends, on the thread that says so.
class LastUser final : public RunChannel {
 public:
  explicit LastUser(std::shared_ptr<Provider> provider) : provider_(std::move(provider)) {}
  [[nodiscard]] Provider& provider() { return *provider_; }

  EmitAnswer emit(std::span<const EventView>, EmitMode) noexcept override { return EmitAnswer::go_on; }
  void ask(std::uint64_t ticket, std::string_view) noexcept override {
    (void)provider_->resolve(1, ticket, ToolVerdict::allow, "", "");
  }
  void finish(FinishStatus, std::string_view) noexcept override {
    provider_.reset();
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  void misbehaved(std::string_view what) noexcept override { ADD_FAILURE() << what; }
  void next_target(NextTarget, Go) noexcept override {}

  bool wait_let_go() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [this] { return let_go_; });
  }

 private:
  std::shared_ptr<Provider> provider_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool let_go_ = false;
};

TEST(HeldPort, AnInstanceThatIsLetGoOfByItsOwnThreadEndsOnAnother) {
  const TemporaryFolder folder;
  const std::string file = folder.write("asmgr.yaml",
                                        "version: 1\nstores:\n  local: {plugin: memory}\n"
                                        "providers:\n  shell: {plugin: shell}\n"
                                        "pipelines:\n  default: {store: local, provider: shell}\n");
  LoadOptions options;
  options.environment = environment_of({{"ASMGR_PLUGIN_PATH", ASMGR_PLUGIN_DIR}, {"PATH", "/usr/bin:/bin"}});
  auto deployment = Deployment::load(file, options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  const std::weak_ptr<PluginCatalog> catalog = deployment->catalog();
  Session session;
  session.id = "ses_1";
  asmgr::Run run;
  run.id = "run_1";
  run.session_id = session.id;
  run.input = "echo hello";
  LastUser user(deployment->wiring().providers.at("shell"));
  RunContext context;
  context.start = 1;
  context.session = &session;
  context.run = &run;
  context.channel = &user;
  deployment = Error(ErrorCode::not_found);
  ASSERT_TRUE(user.provider().start(context));
  EXPECT_TRUE(user.wait_let_go()) << "the instance waits for the thread that waits for it";
  // The plugin stays as long as its instance does.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!catalog.expired() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(catalog.expired());
}

}  // namespace
}  // namespace asmgr
