#include "plugins/s3/settings.hpp"

#include <boost/json/parse.hpp>

#include "plugins/s3/wire.hpp"
#include "tests/plugins/s3/s3_test.hpp"

namespace asmgr::s3_test {
namespace {

using s3_store::read_settings;
using s3_store::Settings;
using ::testing::HasSubstr;
using ::testing::Not;

Settings settings_of(const std::string& more) {
  const boost::json::value json = boost::json::parse(
      R"({"bucket":"artifacts","access_key":"AK","secret_key":"the-secret")" + (more.empty() ? "" : "," + more) + "}");
  return read_settings(sdk::Config(json.as_object()));
}

std::string url_of(const Settings& settings, const std::string& name) {
  contract::TestHost host;
  const s3_store::Wire wire(sdk::Host(host.table()), settings);
  return wire.signed_request({"GET", name, {}, {}, {}}).url;
}

TEST(S3Settings, NameTheServiceOfTheRegionAndTheBucketInTheHost) {
  EXPECT_EQ(url_of(settings_of(""), "n/1"), "https://artifacts.s3.us-east-1.amazonaws.com/n/1");
  EXPECT_EQ(url_of(settings_of(R"("region":"eu-central-1")"), "n"),
            "https://artifacts.s3.eu-central-1.amazonaws.com/n");
  EXPECT_EQ(url_of(settings_of(R"("path_style":true)"), ""), "https://s3.us-east-1.amazonaws.com/artifacts");
}

TEST(S3Settings, OfAnotherServicePutTheBucketIntoThePath) {
  EXPECT_EQ(url_of(settings_of(R"("endpoint":"http://127.0.0.1:9000/")"), "a=b"),
            "http://127.0.0.1:9000/artifacts/a%3Db");
  EXPECT_EQ(url_of(settings_of(R"("endpoint":"https://store.example:443")"), "n"), "https://store.example/artifacts/n");
  EXPECT_EQ(url_of(settings_of(R"("endpoint":"https://store.example","path_style":false)"), "n"),
            "https://artifacts.store.example/n");
  EXPECT_EQ(url_of(settings_of(R"("endpoint":"http://[::1]:80")"), "n"), "http://[::1]/artifacts/n");
}

TEST(S3Settings, ThatCannotBeAreRefusedByTheirKeyAndWithoutSecrets) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("endpoint":"ftp://x")", "config /endpoint"},
      {R"("endpoint":"x:9000")", "config /endpoint"},
      {R"("endpoint":"http://user:the-secret@x")", "config /endpoint"},
      {R"("endpoint":"http://x/minio")", "config /endpoint"},
      {R"("bucket":"a/b")", "config /bucket"},
      {R"("bucket":"..")", "config /bucket"},
      {R"("bucket":"with.dot")", "config /path_style"},
      {R"("prefix":"../other/")", "config /prefix"},
      {R"("prefix":"a/./b")", "config /prefix"},
      {R"("prefix":"a//b")", "config /prefix"},
      {R"("prefix":"/a")", "config /prefix"},
      {R"("prefix":"a?b")", "config /prefix"},
      {R"("region":"")", "config /region"},
      {R"("access_key":"")", "config /access_key"},
      {R"("secret_key":"the-secret\n")", "config /secret_key"},
      {R"("session_token":"the-secret x")", "config /session_token"},
      {R"("part_size":1000)", "config /part_size"},
  };
  for (const auto& [more, where] : cases) {
    try {
      static_cast<void>(settings_of(more));
      ADD_FAILURE() << more << " was taken";
    } catch (const sdk::StatusError& error) {
      EXPECT_EQ(error.status(), ASMGR_E_CONFIG_INVALID);
      EXPECT_THAT(error.message(), HasSubstr(where));
      EXPECT_THAT(error.message(), Not(HasSubstr("the-secret")));
    }
  }
}

TEST_F(S3Test, ABucketInTheHostIsAskedForThere) {
  // Every name below localhost is this machine.
  setenv("no_proxy", "127.0.0.1,localhost", 1);
  const std::string config = R"({"endpoint":"http://localhost:)" + std::to_string(service_.port()) +
                             R"(","path_style":false,"bucket":"artifacts","access_key":")" +
                             service_.account().access_key + R"(","secret_key":")" + service_.account().secret_key +
                             R"("})";
  const auto store = open_store(config);
  const auto put = store->put("k", "x");
  ASSERT_EQ(put.status, ASMGR_OK) << put.message;
  EXPECT_EQ(store->get("k").value, "x");
}

}  // namespace
}  // namespace asmgr::s3_test
