// What is pruned or removed was written elsewhere before, and comes back from there.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/core/engine/support/upkeep_world.hpp"

namespace asmgr::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// As an archive has it: with the list of its artifacts.
std::string archived_text(World& world, const std::string& session) {
  std::string text;
  ExportSessionOptions options;
  options.session_id = session;
  options.include_artifacts = true;
  options.write = [&text](std::string_view piece) -> Result<void> {
    text.append(piece);
    return {};
  };
  auto done = world.manager().export_session(options);
  EXPECT_TRUE(done) << done.error().message();
  return text;
}

std::string text_in(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ArchivedToAFolder : public ::testing::TestWithParam<std::string> {
 protected:
  RetentionPolicy archiving(RetentionPolicy policy) {
    policy.archive.folder = world_.path("archive");
    return policy;
  }
  UpkeepWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Stores, ArchivedToAFolder, ::testing::Values("memory", "sqlite"));

TEST_P(ArchivedToAFolder, AFileHasTheWholeSessionBeforeItsTextsGo) {
  const std::string session = world_.completed_session();
  const std::string before = archived_text(world_, session);
  EXPECT_EQ(world_.pruned(archiving(at_most(5))).archived, 1U);
  const auto files = files_in(world_.path("archive"));
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_THAT(files[0].filename().string(), HasSubstr(session + "."));
  EXPECT_EQ(text_in(files[0]), before);
  EXPECT_EQ(fs::status(files[0]).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_P(ArchivedToAFolder, AnArchiveIsNeverReplacedByALesserOne) {
  const std::string session = world_.completed_session();
  const std::string before = archived_text(world_, session);
  EXPECT_EQ(world_.pruned(archiving(at_most(15))).archived, 1U);
  EXPECT_EQ(world_.pruned(archiving(at_most(5))).archived, 0U) << "it is there, and better than what is left";
  const auto files = files_in(world_.path("archive"));
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(text_in(files[0]), before);
}

TEST_P(ArchivedToAFolder, ARemovedSessionComesBackByAnImport) {
  const std::string session = world_.completed_session();
  ASSERT_TRUE(world_.manager().delete_session({session, "", false, {}, {}}));
  world_.calendar.pass(31);
  world_.restart();
  const PruneReport report = world_.pruned(archiving({}));
  EXPECT_EQ(report.sessions_hard_deleted, 1U);
  EXPECT_EQ(report.archived, 1U);
  ASSERT_EQ(world_.texts(session), -1);
  const auto back = imported(world_, text_in(files_in(world_.path("archive")).at(0)));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_FALSE(back->session.deleted_at.is_set());
  EXPECT_FALSE(verified(world_, session).problem);
}

TEST_P(ArchivedToAFolder, WhatCannotBeArchivedIsNotPruned) {
  const std::string session = world_.completed_session();
  const int before = world_.texts(session);
  fs::create_directory(world_.path("archive"));
  fs::permissions(world_.path("archive"), fs::perms::none);
  if (::geteuid() == 0) {  // to whom permissions mean nothing: a folder stands where the file is to be
    fs::permissions(world_.path("archive"), fs::perms::owner_all);
    auto head = world_.store->head(session);
    ASSERT_TRUE(head);
    fs::create_directory(world_.path("archive") + "/" + session + "." + std::to_string(head->last_sequence) + "." +
                         to_hex(head->hash).substr(0, 16) + ".jsonl.part" + std::to_string(::getpid()));
  }
  const auto report = world_.prune(archiving(at_most(5)));
  ASSERT_TRUE(report) << report.error().message();
  fs::permissions(world_.path("archive"), fs::perms::owner_all);
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_THAT(report->errors[0], HasSubstr("nothing was taken from it, it could not be archived"));
  EXPECT_THAT(report->errors[0], HasSubstr(session));
  EXPECT_EQ(report->events_pruned, 0U);
  EXPECT_EQ(world_.texts(session), before);
}

TEST_P(ArchivedToAFolder, AFolderThatIsNoneIsRefusedBeforeAnythingIsDone) {
  std::ofstream(world_.path("archive")) << "a file\n";
  const auto report = world_.prune(archiving(at_most(5)));
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("archive"));
}

// From one kind of store to the other.
class ArchivedToAStore : public ::testing::TestWithParam<std::string> {
 protected:
  ArchivedToAStore() { world_.wiring.stores["cold"] = cold_.store; }
  ~ArchivedToAStore() override { world_.end_manager(); }
  RetentionPolicy archiving(RetentionPolicy policy) {
    policy.archive.store = "cold";
    return policy;
  }
  UpkeepWorld cold_{GetParam() == "memory" ? "sqlite" : "memory"};
  UpkeepWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Stores, ArchivedToAStore, ::testing::Values("memory", "sqlite"));

TEST_P(ArchivedToAStore, TheOtherStoreHasTheSameSession) {
  const std::string session = world_.completed_session();
  const std::string before = exported(world_, session);
  EXPECT_EQ(world_.pruned(archiving(at_most(5))).archived, 1U);
  EXPECT_EQ(world_.texts(session), 5);
  world_.end_manager();
  EXPECT_EQ(exported(cold_, session), before);
  EXPECT_FALSE(verified(cold_, session).problem);
}

TEST_P(ArchivedToAStore, ALogThatGrewIsContinuedThereWithAllItsTexts) {
  const std::string session = session_with_runs(world_);
  (void)world_.pruned(archiving(at_most(5)));
  auto again = world_.execute(world_.pending_run(session));
  ASSERT_TRUE(again) << again.error().message();
  const std::size_t events = world_.events(session).size();
  EXPECT_EQ(world_.pruned(archiving(at_most(8))).archived, 1U);
  EXPECT_EQ(world_.pruned(archiving(at_most(7))).archived, 0U) << "nothing has come since";
  EXPECT_EQ(cold_.texts(session), static_cast<int>(events));
  world_.end_manager();
  const VerifiedLog log = verified(cold_, session);
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.pruned, 0U);
}

TEST_P(ArchivedToAStore, ASessionThatIsAnotherOneThereStopsThat) {
  const std::string session = world_.completed_session();
  StartSessionOptions other;
  other.id = session;
  other.agent_id = "somebody";
  ASSERT_TRUE(cold_.manager().start_session(other));
  cold_.end_manager();
  const auto report = world_.prune(archiving(at_most(5)));
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_THAT(report->errors[0], HasSubstr("store 'cold' has another session " + session));
  EXPECT_EQ(report->events_pruned, 0U);
}

TEST_P(ArchivedToAStore, TheStoreItselfIsNoArchive) {
  RetentionPolicy policy = at_most(5);
  policy.archive.store = "local";
  EXPECT_THAT(world_.prune(policy).error().message(), HasSubstr("the store itself"));
  policy.archive.store = "nowhere";
  EXPECT_THAT(world_.prune(policy).error().message(), HasSubstr("there is no store 'nowhere'"));
}

}  // namespace
}  // namespace asmgr::testing
