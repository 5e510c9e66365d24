// The examples of Amazon's documentation of S3, and cases of its test suite for Signature Version 4.
#include "plugins/s3/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace asmgr::s3_store {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kHashOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const Credentials kExampleKeys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
const SigningScope kS3Scope{"us-east-1", "s3"};
constexpr char kExampleDate[] = "20130524T000000Z";

UnsignedRequest s3_example(const std::string& method, const std::string& path, NamedValues query = {},
                           NamedValues headers = {}, const std::string& hash = kHashOfNothing) {
  UnsignedRequest request{method, path, std::move(query), std::move(headers), hash};
  request.headers.emplace_back("Host", "examplebucket.s3.amazonaws.com");
  request.headers.emplace_back("x-amz-date", kExampleDate);
  request.headers.emplace_back("x-amz-content-sha256", hash);
  return request;
}

std::string s3_signature(const UnsignedRequest& request) {
  return authorization(request, kS3Scope, kExampleKeys, kExampleDate);
}

TEST(Signature, OfTheExampleThatGetsAnObject) {
  const UnsignedRequest request = s3_example("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}});
  EXPECT_EQ(canonical_request(request),
            "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\nx-amz-content-sha256:" +
                std::string(kHashOfNothing) +
                "\nx-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n" + kHashOfNothing);
  EXPECT_THAT(string_to_sign(request, kS3Scope, kExampleDate),
              EndsWith("\n20130524/us-east-1/s3/aws4_request\n"
                       "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"));
  EXPECT_EQ(s3_signature(request),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Signature, OfTheExampleThatPutsAnObject) {
  const UnsignedRequest request =
      s3_example("PUT", percent_encoded_path("/test$file.text"), {},
                 {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                 "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  EXPECT_THAT(s3_signature(request), EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(Signature, OfTheExamplesWithAQuery) {
  EXPECT_THAT(s3_signature(s3_example("GET", "/", {{"lifecycle", ""}})),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_THAT(s3_signature(s3_example("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}})),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

struct SuiteCase {
  const char* name;
  UnsignedRequest request;
  const char* signature;
};

TEST(Signature, OfCasesOfTheTestSuite) {
  constexpr char kSuiteDate[] = "20150830T123600Z";
  const Credentials keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const NamedValues usual{{"Host", "example.amazonaws.com"}, {"X-Amz-Date", kSuiteDate}};
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  NamedValues spaced = usual;
  spaced.emplace_back("My-Header1", " value1");
  spaced.emplace_back("My-Header2", " \"a   b   c\"");
  const SuiteCase cases[] = {
      {"get-vanilla",
       {"GET", "/", {}, usual, kHashOfNothing},
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-vanilla-query-order-key-case",
       {"GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}, usual, kHashOfNothing},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-unreserved",
       {"GET", "/", {{unreserved, unreserved}}, usual, kHashOfNothing},
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-utf8",
       {"GET", percent_encoded_path("/\xe1\x88\xb4"), {}, usual, kHashOfNothing},
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"get-header-value-trim",
       {"GET", "/", {}, spaced, kHashOfNothing},
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
  };
  for (const SuiteCase& one : cases) {
    EXPECT_THAT(authorization(one.request, {"us-east-1", "service"}, keys, kSuiteDate), EndsWith(one.signature))
        << one.name;
  }
}

TEST(Signature, OfTheExampleOfAnotherService) {
  const UnsignedRequest request{"GET",
                                "/",
                                {{"Action", "ListUsers"}, {"Version", "2010-05-08"}},
                                {{"host", "iam.amazonaws.com"},
                                 {"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                                 {"x-amz-date", "20150830T123600Z"}},
                                kHashOfNothing};
  EXPECT_THAT(authorization(request, {"us-east-1", "iam"},
                            {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}, "20150830T123600Z"),
              EndsWith("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

TEST(Signature, NeverHoldsTheSecret) {
  EXPECT_THAT(s3_signature(s3_example("GET", "/")), ::testing::Not(HasSubstr(kExampleKeys.secret_key)));
}

TEST(Signature, DatesAreInUtc) {
  EXPECT_EQ(amz_date(1369353600'000'000), "20130524T000000Z");
  EXPECT_EQ(amz_date(1709251199'999'999), "20240229T235959Z");
}

}  // namespace
}  // namespace asmgr::s3_store
