// What every artifact store must do.
#include <chrono>
#include <thread>

#include "tests/plugins/contract/artifact_store_test.hpp"

namespace asmgr::contract {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

class Artifacts : public ArtifactStoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Artifacts, ::testing::ValuesIn(all_artifact_stores()), artifact_store_name);

std::string hex_of(const Artifact& artifact) {
  std::string text;
  for (const std::uint8_t byte : artifact.sha256) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// No two pieces are the same.
std::string long_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * 7919) + ",";
  text.resize(size);
  return text;
}

TEST_P(Artifacts, WhatWasPutComesBackWithWhatIsKnownOfIt) {
  const auto before =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const auto put = store_.put("a/report.txt", source_of("abc"), "text/plain; charset=utf-8");
  ASSERT_EQ(put.status, ASMGR_OK) << put.message;
  const auto stat = store_.stat("a/report.txt");
  ASSERT_EQ(stat.status, ASMGR_OK) << stat.message;
  for (const Artifact& told : {put.value, stat.value, store_.list().value.at(0)}) {
    EXPECT_EQ(told.key, "a/report.txt");
    EXPECT_EQ(told.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(told.bytes, 3u);
    EXPECT_EQ(hex_of(told), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_GE(told.created_us, before);
    EXPECT_LT(told.created_us, before + 60'000'000);
  }
  EXPECT_EQ(store_.get("a/report.txt").value, "abc");
}

TEST_P(Artifacts, AnEmptyOneIsOneToo) {
  given("nothing", "");
  EXPECT_EQ(store_.stat("nothing").value.bytes, 0u);
  const auto got = store_.get("nothing");
  EXPECT_EQ(got.status, ASMGR_OK) << got.message;
  EXPECT_EQ(got.value, "");
}

TEST_P(Artifacts, SizesAroundAMegabyteComeBackInPiecesOfAtMostOne) {
  for (const std::size_t size : {kMegabyte / 4 - 1, kMegabyte / 4, kMegabyte / 4 + 1, kMegabyte - 1, kMegabyte,
                                 kMegabyte + 1, 3 * kMegabyte + 17}) {
    const std::string text = long_text(size);
    ASSERT_EQ(store_.put("big", source_of(text, 70'001)).status, ASMGR_OK);
    std::string back;
    std::size_t longest = 0;
    const auto got = store_.get("big", [&](std::string_view chunk) {
      back += chunk;
      longest = std::max(longest, chunk.size());
      return true;
    });
    EXPECT_EQ(got.status, ASMGR_OK) << got.message;
    EXPECT_TRUE(back == text) << "of " << size << " bytes";
    EXPECT_LE(longest, kMegabyte);
  }
}

TEST_P(Artifacts, BytesOfEveryValueComeBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  given("bytes", all + all);
  EXPECT_EQ(store_.get("bytes").value, all + all);
}

TEST_P(Artifacts, WhoHasEnoughIsGivenNoMore) {
  given("big", long_text(3 * kMegabyte));
  int pieces = 0;
  const auto got = store_.get("big", [&](std::string_view) {
    ++pieces;
    return false;
  });
  EXPECT_EQ(got.status, ASMGR_OK) << got.message;
  EXPECT_EQ(pieces, 1);
}

TEST_P(Artifacts, APutReplacesWhatWasThere) {
  given("k", "first");
  ASSERT_EQ(store_.put("k", source_of("second, longer"), "text/x").status, ASMGR_OK);
  EXPECT_EQ(store_.get("k").value, "second, longer");
  EXPECT_EQ(store_.stat("k").value.content_type, "text/x");
  EXPECT_EQ(store_.keys().size(), 1u);
}

TEST_P(Artifacts, TheSameContentUnderTwoKeysStaysUnderTheOtherWhenOneGoes) {
  given("one", "same");
  given("two", "same");
  EXPECT_EQ(store_.remove("one").status, ASMGR_OK);
  EXPECT_EQ(store_.get("two").value, "same");
  given("two", "other");
  given("three", "same");
  EXPECT_EQ(store_.get("two").value, "other");
  EXPECT_EQ(store_.get("three").value, "same");
}

TEST_P(Artifacts, TheSameContentAgainUnderTheSameKeyStays) {
  given("k", "same");
  given("k", "same");
  EXPECT_EQ(store_.get("k").value, "same");
}

TEST_P(Artifacts, WhatIsNotThereIsNotFoundAndMayBeRemoved) {
  EXPECT_EQ(store_.get("k").status, ASMGR_E_NOT_FOUND);
  const auto stat = store_.stat("k");
  EXPECT_EQ(stat.status, ASMGR_E_NOT_FOUND);
  EXPECT_THAT(stat.message, HasSubstr("'k'"));
  EXPECT_EQ(store_.remove("k").status, ASMGR_OK);
  given("k", "x");
  EXPECT_EQ(store_.remove("k").status, ASMGR_OK);
  EXPECT_EQ(store_.get("k").status, ASMGR_E_NOT_FOUND);
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_P(Artifacts, ASourceThatGivesUpLeavesWhatWasThere) {
  int left = 3;
  const Source gives_up = [&](char* buffer, std::uint64_t) -> std::int64_t {
    if (left-- == 0) return -1;
    buffer[0] = 'x';
    return 1;
  };
  EXPECT_EQ(store_.put("new", gives_up).status, ASMGR_E_CANCELLED);
  EXPECT_EQ(store_.get("new").status, ASMGR_E_NOT_FOUND);
  EXPECT_THAT(store_.keys(), IsEmpty());
  given("old", "as it was");
  left = 3;
  EXPECT_EQ(store_.put("old", gives_up).status, ASMGR_E_CANCELLED);
  EXPECT_EQ(store_.get("old").value, "as it was");
}

TEST_P(Artifacts, AnEmptyKeyOneThatIsNotTextAndOneOfAMegabyteAreRefused) {
  for (const std::string& key : {std::string(), std::string("\xff\xfe"), std::string("a\xc3"), std::string("\xc0\xaf"),
                                 std::string("\xed\xa0\x80"), std::string(kMegabyte, 'k')}) {
    const auto put = store_.put(key, "x");
    EXPECT_EQ(put.status, ASMGR_E_INVALID_INPUT) << key.substr(0, 20);
    EXPECT_LT(put.message.size(), 1000u);
  }
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_P(Artifacts, KeysThatLookLikePathsOrAlikeAreOnlyKeys) {
  const std::vector<std::string> keys = {"/",
                                         "/etc/passwd",
                                         "../x",
                                         "..",
                                         ".",
                                         "a",
                                         "a/",
                                         "a//b",
                                         "a/b",
                                         "a/../../b",
                                         "A",
                                         "\xc3\x84",
                                         "\xc3\xa4",
                                         "A\xcc\x88",
                                         "a b",
                                         "a%20b",
                                         "%61",
                                         "con",
                                         "a\\b",
                                         "a\nb",
                                         "-rf",
                                         "~",
                                         "*",
                                         "$(x)",
                                         "k=",
                                         "k+",
                                         "tmp",
                                         std::string(1000, 'k'),
                                         std::string(64, 'k'),
                                         std::string(63, 'k'),
                                         std::string(65, 'k')};
  for (const std::string& key : keys) given(key, "of " + key);
  for (const std::string& key : keys) EXPECT_EQ(store_.get(key).value, "of " + key) << key;
  EXPECT_EQ(store_.keys().size(), keys.size());
  for (const std::string& key : keys) EXPECT_EQ(store_.remove(key).status, ASMGR_OK) << key;
  EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_P(Artifacts, ListsInOrderOfKeyByPrefixFromAfterAKeyAtMostSoMany) {
  for (const char* key : {"b/2", "a", "b-1", "b/1", "c", "b", "b0", "\xc3\xa4", "b/10"}) given(key, key);
  EXPECT_THAT(store_.keys(), ElementsAre("a", "b", "b-1", "b/1", "b/10", "b/2", "b0", "c", "\xc3\xa4"));
  EXPECT_THAT(store_.keys("b/"), ElementsAre("b/1", "b/10", "b/2"));
  EXPECT_THAT(store_.keys("b/1"), ElementsAre("b/1", "b/10"));
  EXPECT_THAT(store_.keys("", "b/1", 2), ElementsAre("b/10", "b/2"));
  EXPECT_THAT(store_.keys("", "b.", 1), ElementsAre("b/1")) << "what it goes on after need not be there";
  EXPECT_THAT(store_.keys("b/", "b/2"), IsEmpty());
  EXPECT_THAT(store_.keys("b/", "a", 1), ElementsAre("b/1"));
  EXPECT_THAT(store_.keys("nothing"), IsEmpty());
}

TEST_P(Artifacts, LongKeysAreListedInOrderToo) {
  std::vector<std::string> keys;
  for (const std::size_t size : {63u, 64u, 65u, 127u, 128u, 129u, 300u}) keys.push_back(std::string(size, 'k'));
  keys.push_back(std::string(64, 'k') + "\x01");
  keys.push_back(std::string(64, 'k') + "z");
  for (const std::string& key : keys) given(key, "x");
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(store_.keys(), keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(store_.keys("", keys[i]),
              std::vector<std::string>(keys.begin() + static_cast<std::ptrdiff_t>(i) + 1, keys.end()));
  }
  EXPECT_EQ(store_.keys(std::string(100, 'k')).size(), 4u);
}

TEST_P(Artifacts, ALimitOfZeroIsAThousand) {
  for (int i = 0; i < 1003; ++i) given("k" + std::to_string(i), "same");
  EXPECT_EQ(store_.keys().size(), 1000u);
  EXPECT_EQ(store_.keys("", "", 1002).size(), 1002u);
}

TEST_P(Artifacts, ThreadsThatReplaceOneKeyLeaveOneOfTheirsWhole) {
  given("k", long_text(10));
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < 4; ++writer) {
    writers.emplace_back([this, writer] {
      for (std::size_t i = 0; i < 25; ++i) {
        // Some of the content is the same for all, some is not.
        const std::string text = long_text(1000 * (i % 3) + (i % 2) * writer);
        const auto put = store_.put("k", text);
        EXPECT_EQ(put.status, ASMGR_OK) << put.message;
        const auto got = store_.get("k");
        EXPECT_EQ(got.status, ASMGR_OK) << got.message;
        EXPECT_EQ(got.value, long_text(got.value.size()));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_.get("k").status, ASMGR_OK);
}

}  // namespace
}  // namespace asmgr::contract
