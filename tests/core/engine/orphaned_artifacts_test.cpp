// Bytes that nobody names, and names of sessions that are gone.
#include <gmock/gmock.h>

#include "core/engine/artifact_registry.hpp"
#include "tests/core/engine/support/artifacts_double.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr Timestamp kNow{1'800'000'000'000'000};
constexpr Timestamp kLongAgo{kNow.us - 7'200'000'000};
constexpr Timestamp kJustNow{kNow.us - 60'000'000};

class OrphansWorld : public World {
 public:
  OrphansWorld() : World(complete_with_text) {
    search.now = kNow;
    mark = *make_artifact_mark(*store);
  }
  std::string put(Timestamp when, const std::string& of_mark) {
    artifacts.now = when;
    const std::string key = new_artifact_key(of_mark, "event", when);
    EXPECT_TRUE(artifacts.put(key, "text/plain", [done = false](std::span<char> buffer) mutable -> Result<std::size_t> {
      if (std::exchange(done, true)) return 0;
      buffer[0] = 'x';
      return 1;
    }));
    return key;
  }
  Artifact artifact(const std::string& key, const std::string& session) {
    Artifact known;
    known.key = key;
    known.bytes = 1;
    known.session_id = session;
    known.created_at = kLongAgo;
    return known;
  }
  void write(RecordWrite write) {
    CommitUnit unit;
    unit.records.push_back(std::move(write));
    const CommitUnit* units = &unit;
    UnitResult result;
    EXPECT_EQ(store->commit({&units, 1}, {&result, 1}, kWaitStoreLimit).outcome, CommitOutcome::filled);
    EXPECT_EQ(result.answer, CommitAnswer::ok);
  }
  std::vector<std::string> orphans() {
    auto found = orphaned_artifacts(*store, artifacts, search, never);
    EXPECT_TRUE(found) << found.error().message();
    std::vector<std::string> keys;
    for (const ArtifactInfo& info : found->blobs) keys.push_back(info.key);
    return keys;
  }
  CollectedArtifacts collect(DryRun dry_run) {
    auto done = collect_orphaned_artifacts(*store, artifacts, search, dry_run, never);
    EXPECT_TRUE(done) << done.error().message();
    return *done;
  }

  ArtifactsDouble artifacts;
  OrphanSearch search;
  CancelToken never;
  std::string mark;
};

TEST(OrphanedArtifacts, AreOldBytesOfThisStoreThatNoRecordNames) {
  OrphansWorld world;
  const std::string session = world.active_session();
  const std::string named = world.put(kLongAgo, world.mark);
  world.write(register_artifact(world.artifact(named, session), ""));
  const std::string lost = world.put(kLongAgo, world.mark);
  const std::string fresh = world.put(kJustNow, world.mark);
  const std::string foreign = world.put(kLongAgo, "0123456789abcdef");
  world.artifacts.now = kLongAgo;
  EXPECT_TRUE(
      world.artifacts.put("patch_of_an_older_version", "", [](std::span<char>) { return Result<std::size_t>(0); }));

  EXPECT_THAT(world.orphans(), ElementsAre(lost));
  EXPECT_EQ(world.collect(DryRun::yes).blobs, 1U);
  EXPECT_TRUE(world.artifacts.has(lost)) << "a dry run removes nothing";
  const CollectedArtifacts done = world.collect(DryRun::no);
  EXPECT_EQ(done.blobs, 1U);
  EXPECT_EQ(done.bytes, 1U);
  EXPECT_EQ(done.records, 0U);
  EXPECT_THAT(world.artifacts.keys(), UnorderedElementsAre(named, fresh, foreign, "patch_of_an_older_version"));

  world.search.sharing = ArtifactsSharing::exclusive;
  EXPECT_THAT(world.orphans(), ElementsAre(foreign));
  world.search.grace = std::chrono::seconds(1);
  EXPECT_THAT(world.orphans(), UnorderedElementsAre(foreign, fresh));
}

TEST(OrphanedArtifacts, WhatADeletedSessionLeftGoesWithItsLastName) {
  OrphansWorld world;
  const std::string gone = world.active_session();
  const std::string stays = world.active_session();
  const std::string mine = world.put(kLongAgo, world.mark);
  const std::string ours = world.put(kLongAgo, world.mark);
  for (const std::string& key : {mine, ours}) world.write(register_artifact(world.artifact(key, gone), ""));
  world.write(register_artifact(world.artifact(ours, stays), ""));
  EXPECT_THAT(world.orphans(), IsEmpty());
  world.end_manager();
  ASSERT_TRUE(world.store->delete_session({}, gone, world.store->head(gone)->epoch));
  EXPECT_THAT(world.orphans(), ElementsAre(mine));
}

TEST(OrphanedArtifacts, ARecordWhoseSessionIsGoneNamesNothing) {
  OrphansWorld world;
  const std::string key = world.put(kLongAgo, world.mark);
  world.write(register_artifact(world.artifact(key, "ses_that_is_gone"), ""));
  const CollectedArtifacts dry = world.collect(DryRun::yes);
  EXPECT_EQ(dry.records, 1U);
  EXPECT_EQ(dry.blobs, 1U);
  const CollectedArtifacts done = world.collect(DryRun::no);
  EXPECT_EQ(done.records, 1U);
  EXPECT_EQ(done.blobs, 1U);
  EXPECT_THAT(world.artifacts.keys(), IsEmpty());
  EXPECT_EQ(find_artifact(*world.store, "", key).error().code(), ErrorCode::not_found);
  EXPECT_EQ(world.collect(DryRun::no).records, 0U);
}

TEST(OrphanedArtifacts, AKeyWhoseRecordIsGoneCanBeRegisteredAgain) {
  OrphansWorld world;
  const std::string session = world.active_session();
  const std::string key = world.put(kLongAgo, world.mark);
  RecordWrite known = register_artifact(world.artifact(key, session), "");
  world.write(known);
  known.kind = RecordWrite::Kind::remove;
  world.write(known);
  EXPECT_FALSE(find_artifact(*world.store, "", key));
  world.write(register_artifact(world.artifact(key, session), ""));
  EXPECT_TRUE(find_artifact(*world.store, "", key));
}

TEST(OrphanedArtifacts, ManyAreFoundOverPages) {
  OrphansWorld world;
  const std::string session = world.active_session();
  std::size_t lost = 0;
  for (int i = 0; i < 2500; ++i) {
    const std::string key = world.put(kLongAgo, world.mark);
    if (i % 3 == 0) {
      ++lost;
    } else {
      world.write(register_artifact(world.artifact(key, session), ""));
    }
  }
  EXPECT_EQ(world.orphans().size(), lost);
}

TEST(OrphanedArtifacts, AStoreThatNeverNamedAnyTouchesNothing) {
  World other(complete_with_text);
  ArtifactsDouble artifacts;
  OrphanSearch search;
  search.now = kNow;
  CancelToken never;
  auto found = orphaned_artifacts(*other.store, artifacts, search, never);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->blobs.empty());
}

TEST(OrphanedArtifacts, AMarkIsMadeOnceWhoeverAsksFirst) {
  OrphansWorld world;
  EXPECT_EQ(world.mark.size(), 16U);
  EXPECT_EQ(*make_artifact_mark(*world.store), world.mark);
  World other(complete_with_text);
  EXPECT_EQ(*find_artifact_mark(*other.store), "");
  EXPECT_NE(*make_artifact_mark(*other.store), world.mark);
}

}  // namespace
}  // namespace asmgr::testing
