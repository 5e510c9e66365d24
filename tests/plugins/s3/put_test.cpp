// How artifacts are stored, and what is there when something fails.
#include "plugins/s3/object_name.hpp"
#include "tests/plugins/s3/s3_test.hpp"

namespace asmgr::s3_test {
namespace {

using contract::source_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Fits kBegin = [](const S3Request& request) { return request.is_begin(); };
const Fits kPartPut = [](const S3Request& request) { return request.is_part(); };
const Fits kComplete = [](const S3Request& request) { return request.is_complete(); };
const Fits kAbort = [](const S3Request& request) { return request.is_abort(); };
const Fits kPlainPut = [](const S3Request& request) { return request.is_plain_put(); };

class S3Put : public S3Test {
 protected:
  // That the key has the text, or had it before, and nothing is left of an upload.
  void expect_stored(const std::string& key, const std::string& text) {
    const auto got = open()->get(key);
    EXPECT_EQ(got.status, ASMGR_OK) << got.message;
    EXPECT_TRUE(got.value == text) << got.value.size() << " bytes";
  }
};

TEST_F(S3Put, WhatFitsIntoAPartIsOneRequest) {
  const auto store = open();
  ASSERT_EQ(store->put("a/b.txt", source_of("hello"), "text/plain").status, ASMGR_OK);
  EXPECT_THAT(service_.log(), ElementsAre("PUT a.2fb.2etxt$"));
  const StoredObject object = service_.objects().at("a.2fb.2etxt$");
  EXPECT_EQ(object.bytes, "hello");
  EXPECT_THAT(object.headers, HasSubstr("content-type: text/plain\r\n"));
  EXPECT_THAT(object.headers,
              HasSubstr("x-amz-meta-asmgr-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
  EXPECT_THAT(object.headers, HasSubstr("x-amz-meta-asmgr-bytes: 5\r\n"));
}

TEST_F(S3Put, AContentTypeComesBackAsItWasWhateverItIs) {
  const auto store = open();
  for (const std::string& type : {std::string(), std::string("no slash"), std::string("a/b\r\nx-evil: 1"),
                                  std::string("a/\xc3\xa4"), std::string(" a/b "), std::string(1500, 'x')}) {
    const auto put = store->put("k", source_of("x"), type);
    ASSERT_EQ(put.status, ASMGR_OK) << put.message;
    EXPECT_EQ(store->stat("k").value.content_type, type);
  }
  EXPECT_EQ(store->put("k", source_of("x"), std::string(1501, 'x')).status, ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(store->put("k", source_of("x"), "\xff").status, ASMGR_E_INVALID_INPUT);
}

TEST_F(S3Put, WhatIsLargerGoesInPartsOfBoundedSize) {
  const auto store = open();
  const std::string text = long_text(2 * kPart + 1);
  const auto put = store->put("big", source_of(text), "text/x");
  ASSERT_EQ(put.status, ASMGR_OK) << put.message;
  EXPECT_THAT(service_.log(),
              ElementsAre("POST big$ ?uploads", "PUT big$ ?partNumber ?uploadId", "PUT big$ ?partNumber ?uploadId",
                          "PUT big$ ?partNumber ?uploadId", "POST big$ ?uploadId"));
  EXPECT_EQ(service_.largest_body(), kPart);
  EXPECT_EQ(service_.uploads(), 0U);
  EXPECT_EQ(store->stat("big").value.sha256, put.value.sha256);
  EXPECT_EQ(store->stat("big").value.content_type, "text/x");
  expect_stored("big", text);
}

TEST_F(S3Put, APartThatIsExactlyFullIsTheLast) {
  const auto store = open();
  const std::string text = long_text(2 * kPart);
  ASSERT_EQ(store->put("big", source_of(text)).status, ASMGR_OK);
  EXPECT_EQ(requests_of("PUT"), 2U);
  expect_stored("big", text);
}

TEST_F(S3Put, WhateverFailsOnceIsDoneAgain) {
  const std::string small = "small";
  const std::string large = long_text(kPart + 1000);
  for (const Fits* kind : {&kPlainPut, &kBegin, &kPartPut, &kComplete}) {
    const Fits& where = *kind;
    for (const Fault& fault : {cut_before(where, 2), cut_after(where), refuse(where, 500, "InternalError"),
                               refuse(where, 503, "SlowDown", 2), refuse(where, 429, "TooManyRequests"),
                               refuse(where, 400, "RequestTimeout"), refuse(where, 200, "InternalError")}) {
      const auto store = open(R"("part_size":5242880,"timeout":30000)");
      service_.add(fault);
      const std::string& text = kind == &kPlainPut ? small : large;
      const auto put = store->put("k", source_of(text));
      ASSERT_EQ(put.status, ASMGR_OK) << put.message;
      expect_stored("k", text);
    }
    EXPECT_FALSE(service_.has_faults()) << "all were met";
  }
  EXPECT_LE(service_.uploads(), 1U) << "at most the one whose id was lost, which has no parts";
}

TEST_F(S3Put, APartThatIsRefusedLeavesWhatWasThereAndNoParts) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "old").status, ASMGR_OK);
  service_.add(refuse(kPartPut, 403, "AccessDenied", 100));
  const auto put = store->put("k", source_of(long_text(kPart + 1)));
  EXPECT_EQ(put.status, ASMGR_E_STORAGE) << put.message;
  EXPECT_EQ(service_.uploads(), 0U);
  expect_stored("k", "old");
}

TEST_F(S3Put, AnUploadThatIsNotCompletedIsEnded) {
  const auto store = open();
  ASSERT_EQ(store->put("k", "old").status, ASMGR_OK);
  service_.add(refuse(kComplete, 200, "InvalidPart", 100));
  const auto put = store->put("k", source_of(long_text(kPart + 1)));
  EXPECT_EQ(put.status, ASMGR_E_STORAGE_WRITE) << put.message;
  EXPECT_THAT(put.message, HasSubstr("'InvalidPart'"));
  EXPECT_EQ(service_.uploads(), 0U);
  expect_stored("k", "old");
}

TEST_F(S3Put, AServiceThatNeverAnswersTheCompletionHasChangedNothingOnceTheUploadIsEnded) {
  const auto store = open(R"("part_size":5242880,"timeout":5000)");
  ASSERT_EQ(store->put("k", "old").status, ASMGR_OK);
  service_.add(cut_before(kComplete, 1000));
  const auto put = store->put("k", source_of(long_text(kPart + 1)));
  EXPECT_EQ(put.status, ASMGR_E_STORAGE_CONNECTION) << put.message;
  EXPECT_THAT(put.message, HasSubstr("nothing was changed"));
  EXPECT_EQ(service_.uploads(), 0U);
  expect_stored("k", "old");
}

TEST_F(S3Put, ACompletionWhoseAnswersAreAllLostIsFoundToBeDone) {
  const auto store = open(R"("part_size":5242880,"timeout":5000)");
  const std::string text = long_text(kPart + 1);
  service_.add(cut_after(kComplete, 1000));
  const auto put = store->put("k", source_of(text));
  EXPECT_EQ(put.status, ASMGR_OK) << put.message;
  expect_stored("k", text);
}

TEST_F(S3Put, WhenPartsMayBeLeftALogLineSaysSo) {
  const auto store = open();
  service_.add(refuse(kPartPut, 403, "AccessDenied", 100));
  service_.add(refuse(kAbort, 403, "AccessDenied", 100));
  EXPECT_EQ(store->put("k", source_of(long_text(kPart + 1))).status, ASMGR_E_STORAGE);
  ASSERT_THAT(store->log(), ::testing::SizeIs(1));
  EXPECT_THAT(store->log().at(0), HasSubstr("parts of it may be left"));
  EXPECT_THAT(store->log().at(0), HasSubstr("lifecycle rule"));
}

TEST_F(S3Put, ASourceThatGivesUpAsksNothingOfTheService) {
  const auto store = open();
  std::size_t given = 0;
  const auto put = store->put("k", [&](char* buffer, std::uint64_t capacity) -> std::int64_t {
    if (given > kPart + kMebibyte) return -1;
    std::fill(buffer, buffer + capacity, 'x');
    given += capacity;
    return static_cast<std::int64_t>(capacity);
  });
  EXPECT_EQ(put.status, ASMGR_E_CANCELLED);
  EXPECT_THAT(service_.log(), IsEmpty());
}

TEST_F(S3Put, AFolderForTemporaryFilesThatIsNotThereIsNamed) {
  const auto store = open();
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/not/there", 1);
  const auto put = store->put("k", source_of(long_text(kPart + 1)));
  kept.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_EQ(put.status, ASMGR_E_STORAGE_WRITE);
  EXPECT_THAT(put.message, HasSubstr("'/not/there'"));
  EXPECT_THAT(put.message, HasSubstr("TMPDIR"));
  EXPECT_THAT(service_.log(), IsEmpty());
}

TEST_F(S3Put, APutWhoseAnswersAreAllLostIsFoundToBeDone) {
  const auto store = open(R"("timeout":2000)");
  service_.add(cut_after(kPlainPut, 1000));
  const auto put = store->put("k", "x");
  EXPECT_EQ(put.status, ASMGR_OK) << put.message;
  expect_stored("k", "x");
}

TEST_F(S3Put, APutThatIsNotFoundMayStillBeOnItsWay) {
  const auto store = open(R"("timeout":300)");
  service_.add(cut_before(kPlainPut, 1000));
  const auto put = store->put("k", "x");
  EXPECT_EQ(put.status, ASMGR_E_STORAGE_AMBIGUOUS) << put.message;
  EXPECT_THAT(put.message, HasSubstr("may be done all the same"));
}

TEST_F(S3Put, NoKeyEscapesThePrefix) {
  const auto store = open(R"("prefix":"team/asmgr/")");
  for (const char* key : {"../../x", "/x", "a/../../../x", "..", "%2e%2e/x", "?x", "#x", "a&b", "\xc3\xa4"}) {
    ASSERT_EQ(store->put(key, key).status, ASMGR_OK);
    EXPECT_EQ(store->get(key).value, key);
  }
  for (const auto& [name, object] : service_.objects()) {
    EXPECT_TRUE(name.starts_with("team/asmgr/")) << name;
    EXPECT_EQ(s3_store::key_of_name(name.substr(std::string("team/asmgr/").size())), object.bytes);
  }
}

TEST_F(S3Put, TemporaryCredentialsSendTheirToken) {
  Account account;
  account.session_token = "a/token+of=temporary.credentials";
  const ScriptedS3 service(account);
  const auto store = open_store(service.config());
  const auto put = store->put("k", "x");
  EXPECT_EQ(put.status, ASMGR_OK) << put.message;
}

}  // namespace
}  // namespace asmgr::s3_test
