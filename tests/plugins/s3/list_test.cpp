// Listings in pages, of buckets that others use too.
#include "tests/plugins/s3/s3_test.hpp"

namespace asmgr::s3_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class S3List : public S3Test {
 protected:
  void given(const std::vector<std::string>& keys) {
    const auto store = open(kPrefix);
    for (const std::string& key : keys) ASSERT_EQ(store->put(key, "of " + key).status, ASMGR_OK);
    service_.forget_log();
  }
  static constexpr char kPrefix[] = R"("prefix":"p/","timeout":30000)";
};

TEST_F(S3List, GoesOnOverPages) {
  given({"a", "b", "c", "d", "e", "f", "g"});
  service_.set_page(3);
  const auto store = open(kPrefix);
  EXPECT_THAT(store->keys(), ElementsAre("a", "b", "c", "d", "e", "f", "g"));
  EXPECT_THAT(store->keys("", "b", 4), ElementsAre("c", "d", "e", "f"));
}

TEST_F(S3List, AsksForNoMoreThanIsWanted) {
  given({"a", "b", "c", "d", "e", "f", "g"});
  EXPECT_THAT(open(kPrefix)->keys("", "", 2), SizeIs(2));
  EXPECT_EQ(requests_of("GET"), 1U);
  EXPECT_EQ(requests_of("HEAD"), 2U);
}

TEST_F(S3List, LeavesOutWhatIsNotOursAndSaysSoWhereItCouldBe) {
  given({"b"});
  const StoredObject foreign{"x", "", "\"e\""};
  for (const char* name : {"a$", "p/c", "p/with/steps$", "p/A b", "p/.2F$", "q/z$"}) service_.place(name, foreign);
  const auto store = open(kPrefix);
  EXPECT_THAT(store->keys(), ElementsAre("b"));
  EXPECT_THAT(store->log(), SizeIs(0));
  service_.place("p/c$", foreign);
  EXPECT_THAT(store->keys(), ElementsAre("b"));
  ASSERT_THAT(store->log(), SizeIs(1));
  EXPECT_THAT(store->log().at(0), HasSubstr("'p/c$'"));
}

TEST_F(S3List, WhatIsRemovedMeanwhileIsMadeUpFor) {
  given({"a", "b", "c"});
  service_.add(refuse([](const S3Request& request) { return request.is("HEAD") && request.key == "p/a$"; }, 404, "x"));
  EXPECT_THAT(open(kPrefix)->keys("", "", 2), ElementsAre("b", "c"));
  EXPECT_THAT(open(kPrefix)->keys("", "", 2), ElementsAre("a", "b"));
}

TEST_F(S3List, RepeatsWhatFailsOnce) {
  given({"a", "b", "c"});
  service_.add(refuse([](const S3Request& request) { return request.is("HEAD"); }, 503, "SlowDown", 3));
  service_.add(cut_before([](const S3Request& request) { return request.is("GET"); }));
  EXPECT_THAT(open(kPrefix)->keys(), ElementsAre("a", "b", "c"));
}

TEST_F(S3List, ThatIsNoListingIsAnError) {
  for (const char* body :
       {"<html>", "<ListBucketResult>", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    Fault wrong = refuse([](const S3Request& request) { return request.key.empty(); }, 200, "x");
    wrong.spoil = [body](const std::string&) { return asmgr_test::answer(200, "text/html", body); };
    service_.add(wrong);
    const auto listed = open(kPrefix)->list();
    EXPECT_EQ(listed.status, ASMGR_E_STORAGE) << body;
    EXPECT_THAT(listed.message, HasSubstr("check 'endpoint'"));
  }
}

}  // namespace
}  // namespace asmgr::s3_test
