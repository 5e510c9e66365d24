// What a caller says about the workspace of a run.
#include "core/workspace/snapshot.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace asmgr::workspace {
namespace {

Result<Settings> read(std::string_view text) {
  return settings_from_json(*parse_json_object(text, "test"), Settings());
}

TEST(WorkspaceSettings, ReplaceThoseOfThePipelineKeyByKey) {
  Settings base;
  base.path = "/base";
  base.ignore.paths = {"x"};
  const auto settings =
      settings_from_json(*parse_json_object(R"({"enabled": true, "strategy": "hash", "max_patch_bytes": "64KiB",
                             "ignore": {"globs": ["*.o"]}})",
                                            "test"),
                         base);
  ASSERT_TRUE(settings);
  EXPECT_TRUE(settings->enabled);
  EXPECT_EQ(settings->path, "/base");
  EXPECT_EQ(settings->strategy, Strategy::hash);
  EXPECT_EQ(settings->max_patch_bytes, 65536U);
  EXPECT_EQ(settings->ignore, (IgnoreRules{{"x"}, {"*.o"}}));
  EXPECT_TRUE(settings->capture_patch);
  EXPECT_FALSE(settings->rollback_on_failure);
}

TEST(WorkspaceSettings, SayWhichKeyIsWrong) {
  const auto message = [](std::string_view text) {
    auto settings = read(text);
    return settings ? std::string("accepted") : settings.error().message();
  };
  EXPECT_EQ(message(R"({"enabled": 1})"), "workspace.enabled must be true or false");
  EXPECT_EQ(message(R"({"strategy": "svn"})"), "workspace.strategy must be auto, git or hash");
  EXPECT_EQ(message(R"({"max_patch_bytes": -1})"), "workspace.max_patch_bytes must be a size such as 64KiB, or bytes");
  EXPECT_EQ(message(R"({"path": ""})"), "workspace.path must be the path of a folder");
  EXPECT_EQ(message(R"({"ignore": {"names": []}})"),
            "workspace.ignore must be an object with paths and globs, and has 'names'");
  EXPECT_EQ(message(R"({"roll_back": true})"),
            "workspace has no key 'roll_back' (known: capture_patch, enabled, ignore, max_patch_bytes, path, "
            "rollback_on_failure, strategy)");
}

TEST(WorkspaceSnapshot, ReadsBackFromItsJson) {
  Snapshot snapshot;
  snapshot.backend = Backend::hash;
  snapshot.path = "/work";
  snapshot.ref = "abc";
  snapshot.label = "before";
  snapshot.captured_at.us = 1'700'000'000'000'001;
  snapshot.metadata = {{"name", "n"}};
  const auto back = snapshot_from_json(to_json(snapshot));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(snapshot));
  EXPECT_FALSE(snapshot_from_json({{"backend", "svn"}, {"path", "/"}, {"ref", "r"}}));
}

}  // namespace
}  // namespace asmgr::workspace
