// Nothing outside the root is read or changed, whatever the key and whatever somebody planted inside.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/plugins/file/file_root.hpp"

namespace asmgr::file_store {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Links : public FileRoot {
 protected:
  void SetUp() override {
    fs::create_directories(outside_);
    write_text(outside_ / "secret", "secret");
  }
  void expect_outside_untouched() const {
    EXPECT_EQ(read_text(outside_ / "secret"), "secret");
    EXPECT_EQ(std::distance(fs::directory_iterator(outside_), fs::directory_iterator()), 1);
  }

  fs::path outside_ = folder_.path() + "/outside";
};

TEST_F(Links, KeysCannotLeaveTheRoot) {
  const auto store = open();
  const std::vector<std::string> keys = {"../outside/secret",
                                         "../../outside/secret",
                                         "/etc/passwd",
                                         outside_.string() + "/secret",
                                         "a/../../outside/secret",
                                         "..",
                                         ".",
                                         std::string("a\0b", 3),
                                         std::string("a\0c", 3),
                                         std::string(4096, '/'),
                                         std::string(2000, '.'),
                                         "%2e%2e",
                                         "K",
                                         "k"};
  for (const std::string& key : keys) ASSERT_EQ(store->put(key, "mine " + key).status, ASMGR_OK) << key;
  for (const std::string& key : keys) EXPECT_EQ(store->get(key).value, "mine " + key);
  EXPECT_EQ(store->keys().size(), keys.size());
  EXPECT_EQ(store->put(std::string(4097, 'k'), "x").status, ASMGR_E_INVALID_INPUT);
  for (const std::string& key : keys) EXPECT_EQ(store->remove(key).status, ASMGR_OK) << key;
  EXPECT_EQ(files("keys", "").size(), 0u);
  expect_outside_untouched();
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 2);
}

TEST_F(Links, NamesOnDiskHaveNoCapitalsAndAllIsForItsUserOnly) {
  const mode_t before = umask(0);
  {
    const auto store = open();
    ASSERT_EQ(store->put("Report\xc3\x84/" + std::string(100, 'X'), "x").status, ASMGR_OK);
  }
  umask(before);
  for (const auto& item : fs::recursive_directory_iterator(root_)) {
    struct stat status {};
    ASSERT_EQ(lstat(item.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, item.is_directory() ? 0700u : 0600u) << item.path();
    const std::string name = item.path().filename().string();
    EXPECT_EQ(std::count_if(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }), 0) << name;
  }
  struct stat status {};
  ASSERT_EQ(::stat(root_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(Links, APlantedEntryIsNotFollowed) {
  const auto store = open();
  fs::create_symlink(outside_ / "secret", root_ / "keys" / "k=");
  const auto got = store->get("k");
  EXPECT_EQ(got.status, ASMGR_E_STORAGE_READ);
  EXPECT_THAT(got.message, AllOf(HasSubstr("'k'"), Not(HasSubstr("secret"))));
  EXPECT_EQ(got.value, "");
  store->put("k", "x");
  store->remove("k");
  expect_outside_untouched();
}

TEST_F(Links, PlantedBytesAreNotFollowed) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "secret").status, ASMGR_OK);
  const fs::path bytes = files("objects", "bytes").at(0);
  fs::remove(bytes);
  fs::create_symlink(outside_ / "secret", bytes);
  EXPECT_EQ(store->get("k").status, ASMGR_E_STORAGE_READ) << "although they would be the right ones";
  ASSERT_EQ(store->put("k", "secret").status, ASMGR_OK);
  EXPECT_FALSE(fs::is_symlink(bytes)) << "the link itself is replaced";
  expect_outside_untouched();
}

TEST_F(Links, APlantedFolderIsNotFollowed) {
  for (const std::string& name : {std::string("objects"), std::string("keys"), std::string("tmp")}) {
    fs::remove_all(root_);
    static_cast<void>(open());
    fs::remove_all(root_ / name);
    fs::create_directory_symlink(outside_, root_ / name);
    EXPECT_EQ(refusal().status, ASMGR_E_STORAGE_CONNECTION) << name;
    expect_outside_untouched();
  }
  fs::remove_all(root_);
  const auto store = open();
  const std::string key = std::string(64, 'k') + "secret";
  fs::create_directory_symlink(outside_, root_ / "keys" / (std::string(64, 'k') + "+"));
  EXPECT_EQ(store->put(key, "x").status, ASMGR_E_STORAGE_WRITE);
  EXPECT_EQ(store->get(key).status, ASMGR_E_STORAGE_READ);
  EXPECT_EQ(store->remove(key).status, ASMGR_E_STORAGE_WRITE);
  EXPECT_EQ(store->list().status, ASMGR_E_STORAGE_READ);
  expect_outside_untouched();
}

TEST_F(Links, APlantedPipeDoesNotStopAReader) {
  const auto store = open();
  ASSERT_EQ(mkfifo((root_ / "keys" / "k=").c_str(), 0600), 0);
  EXPECT_EQ(store->get("k").status, ASMGR_E_STORAGE_READ);
}

TEST_F(Links, FilesOfOthersBetweenTheEntriesAreNotListed) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "x").status, ASMGR_OK);
  for (const char* name : {".DS_Store", "%6b=", "K=", "=", "+", "kk+", "%zz=", "%6=", "notes.txt~"})
    write_text(root_ / "keys" / name, "foreign");
  EXPECT_THAT(store->keys(), ::testing::ElementsAre("k"));
}

}  // namespace
}  // namespace asmgr::file_store
