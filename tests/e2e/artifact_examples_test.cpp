// The examples of configs/artifacts, with a service of ours in the place of the one they name.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/plugins/s3/scripted_s3.hpp"

namespace asmgr::e2e {
namespace {

class ArtifactExample : public testing::Test {
 protected:
  ArtifactExample() {
    std::filesystem::copy(std::filesystem::path(ASMGR_SOURCE_DIR) / "configs", work_.path("configs"),
                          std::filesystem::copy_options::recursive);
    work_.write("work/kept.txt", "kept\n");
    work_.set("S3_ENDPOINT", service_.url());
    work_.set("AWS_ACCESS_KEY_ID", service_.account().access_key);
    work_.set("AWS_SECRET_ACCESS_KEY", service_.account().secret_key);
    work_.set("no_proxy", "127.0.0.1");
  }
  [[nodiscard]] Ended asmgr(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"-c", "configs/artifacts/s3.yaml"});
    return work_.asmgr(arguments);
  }
  // Makes a patch that is too long for an event.
  [[nodiscard]] Ended run() const {
    return asmgr({"run", "--output", "json", "seq 1 5000 > work/many.txt"});
  }

  s3_test::ScriptedS3 service_;
  Workplace work_;
};

TEST_F(ArtifactExample, OfS3KeepsALongPatchInTheBucketAndReadsItBack) {
  const Ended check = asmgr({"config", "check"});
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  EXPECT_EQ(check.out.find("warning"), std::string::npos) << check.out;
  const Ended ended = run();
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  ASSERT_EQ(service_.objects().size(), 1U) << ended.out;
  EXPECT_EQ(service_.objects().begin()->first.substr(0, 6), "asmgr/");
  const Ended shown = asmgr({"session", "diff", at(json_of(ended.out), "/run_id")});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("\n+5000\n"), std::string::npos) << shown.out.substr(0, 200);
}

TEST_F(ArtifactExample, OfS3WithAWrongSecretSaysWhatToDoAndNotTheSecret) {
  work_.set("AWS_SECRET_ACCESS_KEY", "quite-another-secret");
  const Ended ended = run();
  const std::string said = ended.out + ended.err;
  const Ended events = asmgr({"events", at(json_of(ended.out), "/session_id")});
  EXPECT_NE((said + events.out).find("correct 'secret_key'"), std::string::npos) << said << events.out;
  EXPECT_EQ((said + events.out).find("quite-another-secret"), std::string::npos) << said << events.out;
}

}  // namespace
}  // namespace asmgr::e2e
