// What becomes of errors of which `codex exec` tells in words alone.
#include <gtest/gtest.h>

#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

TEST(CodexExecErrors, ALimitOfRatesThatHeldTooLongIsOne) {
  boost::json::object config = playing(test_data("codex/error-429.jsonl"), {"--exit", "1"});
  config["mode"] = "exec";
  ProviderUnderTest provider("codex", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_rate_limited") << seen_of(run);
}

}  // namespace
}  // namespace asmgr_test
