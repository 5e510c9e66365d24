// What callers are told when the service says no, or nothing.
#include <chrono>
#include <ctime>

#include "tests/plugins/s3/s3_test.hpp"

namespace asmgr::s3_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const Fits kAny = [](const S3Request&) { return true; };

class S3Failure : public S3Test {
 protected:
  // What all five calls say; the same status for all.
  std::vector<std::string> messages_of(const std::string& config, asmgr_status status) {
    const auto store = open_store(config);
    std::vector<std::string> messages;
    const auto note = [&](const auto& told) {
      EXPECT_EQ(told.status, status) << told.message;
      EXPECT_THAT(told.message, Not(HasSubstr(service_.account().secret_key)));
      messages.push_back(told.message);
    };
    note(store->put("k", "x"));
    note(store->get("k"));
    note(store->stat("k"));
    note(store->remove("k"));
    note(store->list());
    return messages;
  }
  // The usual configuration with one value replaced.
  std::string config_with(const std::string& from, const std::string& to) const {
    std::string config = service_.config();
    return config.replace(config.find(from), from.size(), to);
  }
  void expect_all(const std::vector<std::string>& messages, const std::string& part) {
    for (const std::string& message : messages) EXPECT_THAT(message, HasSubstr(part));
  }
  std::string what_put_says(const Fault& fault, asmgr_status status) {
    service_.add(fault);
    const auto put = open()->put("k", "x");
    EXPECT_EQ(put.status, status) << put.message;
    return put.message;
  }
};

TEST_F(S3Failure, NamesWhatBucketAndKeyAndPlace) {
  const auto messages = messages_of(config_with(service_.account().secret_key, "wrong"), ASMGR_E_STORAGE);
  EXPECT_EQ(messages.at(0), "cannot store the artifact 'k' in the bucket 'artifacts' at " + service_.url() +
                                ": the secret key does not belong to the access key (SignatureDoesNotMatch); correct "
                                "'secret_key'");
  EXPECT_THAT(messages.at(1), HasSubstr("cannot read the artifact 'k'"));
  EXPECT_THAT(messages.at(2), HasSubstr("cannot look up the artifact 'k'"));
  EXPECT_THAT(messages.at(3), HasSubstr("cannot remove the artifact 'k'"));
  EXPECT_THAT(messages.at(4), HasSubstr("cannot list the artifacts"));
  expect_all(messages, "correct 'secret_key'");
}

TEST_F(S3Failure, AnUnknownKeyABucketThatIsNotThereAndAWrongTokenAreNamed) {
  expect_all(messages_of(config_with(service_.account().access_key, "AKIAOTHER"), ASMGR_E_STORAGE),
             "correct 'access_key'");
  expect_all(messages_of(config_with("\"artifacts\"", "\"elsewhere\""), ASMGR_E_STORAGE),
             "in the bucket 'elsewhere' at " + service_.url() + ": there is no such bucket");
  expect_all(messages_of(config_with(R"("session_token":"")", R"("session_token":"old")"), ASMGR_E_STORAGE),
             "correct 'session_token'");
}

TEST_F(S3Failure, AnotherRegionIsNamedWhereverTheServiceSaysIt) {
  Account account;
  account.region = "eu-west-3";
  const ScriptedS3 service(account);
  const std::string told = "the bucket is in the region 'eu-west-3', not in 'us-east-1'; set 'region' to it";
  EXPECT_THAT(open_store(service.config())->put("k", "x").message, HasSubstr(told));
  EXPECT_THAT(open_store(service.config())->stat("k").message, HasSubstr(told));
  const Fault moved = refuse(kAny, 301, "PermanentRedirect", 1, "x-amz-bucket-region: eu-west-3\r\n");
  EXPECT_THAT(what_put_says(moved, ASMGR_E_STORAGE), HasSubstr(told));
}

TEST_F(S3Failure, AClockThatIsWrongIsNamedWithHowMuch) {
  const std::time_t there = std::time(nullptr) - 3600;
  std::tm parts{};
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&there, &parts));
  const Fault skewed = refuse(kAny, 403, "RequestTimeTooSkewed", 1, "Date: " + std::string(date) + "\r\n");
  EXPECT_THAT(what_put_says(skewed, ASMGR_E_STORAGE),
              MatchesRegex(".*differ too much \\(by 36[0-9][0-9] s\\); set the clock"));
}

TEST_F(S3Failure, NoRoomIsStorageFull) {
  EXPECT_THAT(what_put_says(refuse(kAny, 507, "XMinioStorageFull"), ASMGR_E_STORAGE_FULL), HasSubstr("make room"));
  EXPECT_THAT(what_put_says(refuse(kAny, 403, "QuotaExceeded"), ASMGR_E_STORAGE_FULL), HasSubstr("quota"));
}

TEST_F(S3Failure, SomethingThatIsNoS3IsNotTakenForAnEmptyBucket) {
  service_.add(spoil(
      kAny, [](const std::string&) { return asmgr_test::answer(404, "text/html", "<html>Not found</html>"); }, false,
      1000));
  expect_all(messages_of(service_.config(), ASMGR_E_STORAGE), "is not one of S3; check 'endpoint' and 'path_style'");
}

TEST_F(S3Failure, WhatTheServiceSaysIsShownWithoutSecretsAndControlCharacters) {
  const std::string secret = service_.account().secret_key;
  Fault telling = refuse(kAny, 409, "Odd");
  telling.spoil = [secret](const std::string&) {
    return asmgr_test::answer(409, "application/xml", error_xml("Odd", "you sent " + secret + "\n\x1b[31m"));
  };
  const std::string told = what_put_says(telling, ASMGR_E_STORAGE_WRITE);
  EXPECT_THAT(told, AllOf(HasSubstr("HTTP 409 'Odd', 'you sent ***??[31m'"), Not(HasSubstr(secret))));
}

TEST_F(S3Failure, AnOverloadedServiceIsAskedAgainAndThenGivenUpInTime) {
  service_.add(refuse(kAny, 503, "SlowDown", 1000));
  const auto begun = std::chrono::steady_clock::now();
  const auto put = open(R"("timeout":1000)")->put("k", "x");
  EXPECT_EQ(put.status, ASMGR_E_STORAGE_CONNECTION) << put.message;
  EXPECT_THAT(put.message, HasSubstr("HTTP 503 'SlowDown'"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
  EXPECT_GE(service_.log().size(), 4U);
  EXPECT_LE(service_.log().size(), 12U) << "it waits longer each time";
}

TEST_F(S3Failure, WhatTheServiceAsksToWaitIsWaited) {
  service_.add(refuse(kAny, 503, "SlowDown", 1, "retry-after: 1\r\n"));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(open(R"("timeout":30000)")->put("k", "x").status, ASMGR_OK);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
  EXPECT_EQ(service_.log().size(), 2U);
}

TEST_F(S3Failure, AServiceThatHangsIsGivenUpInTime) {
  asmgr_test::LoopbackServer silent([&](asmgr_test::Peer&, const asmgr_test::ReceivedRequest&) { silent.hang(); });
  const auto store = open_store(R"({"endpoint":")" + silent.url() +
                                R"(","bucket":"artifacts","access_key":"a","secret_key":"s","timeout":400})");
  EXPECT_EQ(store->put("k", "x").status, ASMGR_E_STORAGE_AMBIGUOUS);
  const auto got = store->get("k");
  EXPECT_EQ(got.status, ASMGR_E_STORAGE_CONNECTION);
  EXPECT_THAT(got.message, HasSubstr("cannot read the artifact 'k' in the bucket 'artifacts' at " + silent.url()));
  EXPECT_GE(silent.requests().size(), 4U) << "each is asked again after half the time";
}

TEST_F(S3Failure, AServiceThatIsNotThereIsNoConnection) {
  std::string nobody;
  {
    const ScriptedS3 gone;
    nobody = gone.config(R"("timeout":300)");
  }
  expect_all(messages_of(nobody, ASMGR_E_STORAGE_CONNECTION), "in the bucket 'artifacts' at http://127.0.0.1:");
}

}  // namespace
}  // namespace asmgr::s3_test
