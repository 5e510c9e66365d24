#include "core/plugin/plugin_artifacts.hpp"

#include <gtest/gtest.h>

#include <map>

#include "core/plugin/factory.hpp"
#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

using test::fake_of;
using test::text;

// Keeps artifacts in a map.
struct FakeArtifacts {
  static const void* table(std::string_view id);
  std::map<std::string, std::string> kept;
  bool destroyed = false;

  void push_info(const asmgr_sink* sink, const std::string& key) {
    asmgr_artifact_info info{};
    info.size = sizeof info;
    info.bytes = kept[key].size();
    info.key = text(key);
    info.sha256[0] = 1;
    test::push<asmgr_artifact_info>(sink, {info});
  }
};

const void* FakeArtifacts::table(std::string_view id) {
  static const asmgr_artifacts artifacts = [] {
    asmgr_artifacts table{};
    table.size = sizeof table;
    table.put = [](asmgr_instance* self, asmgr_str key, asmgr_str, const asmgr_byte_source* source,
                   const asmgr_sink* out, asmgr_error*) noexcept -> asmgr_status {
      std::string bytes;
      char buffer[3];
      std::int64_t got = 0;
      while ((got = source->read(source->ctx, buffer, sizeof buffer)) > 0) {
        bytes.append(buffer, static_cast<std::size_t>(got));
      }
      if (got < 0) return ASMGR_E_CANCELLED;
      fake_of<FakeArtifacts>(self).kept[text(key)] = bytes;
      fake_of<FakeArtifacts>(self).push_info(out, text(key));
      return ASMGR_OK;
    };
    table.get = [](asmgr_instance* self, asmgr_str key, const asmgr_sink* chunks,
                   asmgr_error*) noexcept -> asmgr_status {
      auto& files = fake_of<FakeArtifacts>(self).kept;
      if (files.count(text(key)) == 0) return ASMGR_E_NOT_FOUND;
      for (const char& byte : files[text(key)]) {
        if (test::push_text(chunks, std::string_view(&byte, 1)) != 0) break;
      }
      return ASMGR_OK;
    };
    table.stat = [](asmgr_instance* self, asmgr_str key, const asmgr_sink* info,
                    asmgr_error*) noexcept -> asmgr_status {
      fake_of<FakeArtifacts>(self).push_info(info, text(key));
      return ASMGR_OK;
    };
    table.del = [](asmgr_instance* self, asmgr_str key, asmgr_error*) noexcept -> asmgr_status {
      fake_of<FakeArtifacts>(self).kept.erase(text(key));
      return ASMGR_OK;
    };
    table.list = [](asmgr_instance* self, asmgr_str, asmgr_str, std::uint32_t, const asmgr_sink* infos,
                    asmgr_error*) noexcept -> asmgr_status {
      auto& fake = fake_of<FakeArtifacts>(self);
      for (const auto& [key, bytes] : fake.kept) fake.push_info(infos, key);
      return ASMGR_OK;
    };
    return table;
  }();
  return id == ASMGR_IFACE_ARTIFACTS ? &artifacts : nullptr;
}

class PluginArtifactsTest : public testing::Test {
 protected:
  ByteSource source_of(std::string bytes) {
    return [bytes = std::move(bytes), at = std::size_t{0}](std::span<char> buffer) mutable -> Result<std::size_t> {
      const std::size_t size = std::min(buffer.size(), bytes.size() - at);
      bytes.copy(buffer.data(), size, at);
      at += size;
      return size;
    };
  }
  FakeArtifacts fake_;
  test::FakeComponent<FakeArtifacts> component_{ComponentKind::artifacts, fake_};
  std::unique_ptr<ArtifactStore> store_ = create_artifacts(component_.ref(), "files", component_.config()).value();
};

TEST_F(PluginArtifactsTest, BytesSurviveTheRoundTrip) {
  const std::string bytes(
      "a\0\xff"
      "bcdefg",
      9);
  const auto info = store_->put("k", "text/plain", source_of(bytes));
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->bytes, bytes.size());
  std::string read;
  EXPECT_TRUE(store_->get("k", [&](std::string_view chunk) {
    read += chunk;
    return true;
  }));
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(store_->stat("k")->sha256[0], 1);
  EXPECT_EQ(store_->list("", "", 10)->size(), 1U);
  EXPECT_TRUE(store_->remove("k"));
  EXPECT_EQ(store_->get("k", [](std::string_view) { return true; }).error().code(), ErrorCode::not_found);
}

TEST_F(PluginArtifactsTest, ASourceThatFailsGivesThePutUpWithItsOwnError) {
  const auto info =
      store_->put("k", "", [](std::span<char>) -> Result<std::size_t> { return Error(ErrorCode::cancelled, "gone"); });
  EXPECT_EQ(info.error().message(), "gone");
  EXPECT_TRUE(fake_.kept.empty());
}

TEST_F(PluginArtifactsTest, AReaderMayStopEarly) {
  fake_.kept["k"] = "abcdef";
  int chunks = 0;
  EXPECT_TRUE(store_->get("k", [&](std::string_view) { return ++chunks < 2; }));
  EXPECT_EQ(chunks, 2);
}

TEST_F(PluginArtifactsTest, MoreEntriesThanAskedForAreALie) {
  fake_.kept = {{"a", ""}, {"b", ""}};
  EXPECT_EQ(store_->list("", "", 1).error().message(),
            "files.list broke the plugin contract: it pushed more than the 1 entries asked for");
}

}  // namespace
}  // namespace asmgr
