// What is damaged is said to be, and named; it can be removed and replaced.
#include "tests/plugins/file/file_root.hpp"

namespace asmgr::file_store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Damage : public FileRoot {
 protected:
  void expect_damaged(const Client& store, const std::string& key) {
    const auto got = store.get(key);
    EXPECT_EQ(got.status, ASMGR_E_STORAGE_READ);
    EXPECT_THAT(got.message, AllOf(HasSubstr("the artifact '" + key + "'"), HasSubstr("is damaged")));
  }
};

TEST_F(Damage, OfTheBytesIsNeverGivenAsGood) {
  const auto store = open();
  const std::string text(1'000'000, 'x');
  ASSERT_EQ(store->put("k", contract::source_of(text)).status, ASMGR_OK);
  for (const std::size_t at : {std::size_t{0}, text.size() / 2, text.size() - 1}) {
    std::string wrong = text;
    wrong[at] = 'y';
    write_text(files("objects", "bytes").at(0), wrong);
    expect_damaged(*store, "k");
    EXPECT_LT(store->get("k").value.size(), text.size()) << "the end is held back";
  }
  write_text(files("objects", "bytes").at(0), text.substr(1));
  expect_damaged(*store, "k");
  EXPECT_EQ(store->get("k").value, "");
  write_text(files("objects", "bytes").at(0), text + "z");
  expect_damaged(*store, "k");
  ASSERT_EQ(store->put("other", contract::source_of(text)).status, ASMGR_OK);
  EXPECT_EQ(store->get("k").value, text) << "storing the same bytes again mends them";
}

TEST_F(Damage, OfAnEmptyArtifactIsSeenToo) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "").status, ASMGR_OK);
  write_text(files("objects", "bytes").at(0), "x");
  expect_damaged(*store, "k");
}

TEST_F(Damage, MissingBytesAreNamed) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "x").status, ASMGR_OK);
  std::filesystem::remove(files("objects", "bytes").at(0));
  expect_damaged(*store, "k");
}

TEST_F(Damage, OfAnEntryIsNamedAndTheKeyCanBeRemovedOrStoredAgain) {
  for (const bool remove : {false, true}) {
    std::filesystem::remove_all(root_);
    {
      const auto store = open();
      ASSERT_EQ(store->put("k", "x").status, ASMGR_OK);
      const auto entry = files("keys", "").at(0);
      std::string text = read_text(entry);
      text[text.find("\"bytes\":1") + 8] = '2';
      write_text(entry, text);
      expect_damaged(*store, "k");
      EXPECT_EQ(store->stat("k").status, ASMGR_E_STORAGE_READ);
      const auto listed = store->list();
      EXPECT_EQ(listed.status, ASMGR_E_STORAGE_READ);
      EXPECT_THAT(listed.message, HasSubstr("'k'"));
      if (remove) {
        EXPECT_EQ(store->remove("k").status, ASMGR_OK);
        EXPECT_EQ(store->get("k").status, ASMGR_E_NOT_FOUND);
      } else {
        EXPECT_EQ(store->put("k", "new").status, ASMGR_OK);
        EXPECT_EQ(store->get("k").value, "new");
      }
    }
    static_cast<void>(open());
    expect_nothing_left();
  }
}

TEST_F(Damage, AnEntryMovedToAnotherKeyIsNotThatKeys) {
  const auto store = open();
  ASSERT_EQ(store->put("a", "x").status, ASMGR_OK);
  std::filesystem::copy(root_ / "keys" / "a=", root_ / "keys" / "b=");
  expect_damaged(*store, "b");
}

TEST_F(Damage, AStoreOfANewerVersionAndAFolderOfOtherFilesAreRefused) {
  std::filesystem::create_directories(root_);
  write_text(root_ / "letter.txt", "dear");
  EXPECT_EQ(refusal().status, ASMGR_E_STORAGE);
  EXPECT_THAT(refusal().message, HasSubstr("has other files in it ('letter.txt')"));
  EXPECT_FALSE(std::filesystem::exists(root_ / "lock")) << "nothing is made there";
  std::filesystem::remove(root_ / "letter.txt");
  static_cast<void>(open());
  write_text(root_ / "format", "asmgr file artifacts 2\n");
  EXPECT_EQ(refusal().status, ASMGR_E_MIGRATION_REQUIRED);
  EXPECT_THAT(refusal().message, HasSubstr("newer version"));
}

}  // namespace
}  // namespace asmgr::file_store
