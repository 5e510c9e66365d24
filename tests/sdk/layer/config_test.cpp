#include <gtest/gtest.h>

#include <asmgr/toolkit/config.hpp>
#include <string>

namespace asmgr::sdk::test {
namespace {

// The message of the StatusError that `read` throws.
template <typename Read>
std::string failure(Read&& read) {
  try {
    read();
  } catch (const StatusError& error) {
    EXPECT_EQ(error.status(), static_cast<asmgr_status>(ASMGR_E_CONFIG_INVALID));
    return error.message();
  }
  return "no failure";
}

class ConfigReader : public testing::Test {
 protected:
  boost::json::object json = parse_config(R"({"path":"/x","limit":5,"huge":18446744073709551615,"on":true,"rate":0.5,
    "args":["a",1],"env":{"A":"1","B/C":2},"nothing":null})");
  Config config{json};
};

TEST_F(ConfigReader, ReadsWhatIsThereAndFallsBackWhereNothingIs) {
  EXPECT_EQ(config.text("path"), "/x");
  EXPECT_EQ(config.text_or("nothing", "other"), "other");
  EXPECT_EQ(config.integer("limit"), 5);
  EXPECT_EQ(config.integer_or("absent", 9), 9);
  EXPECT_TRUE(config.flag("on"));
  EXPECT_EQ(config.number("rate"), 0.5);
  EXPECT_EQ(config.number("limit"), 5.0);
  EXPECT_TRUE(config.texts("absent").empty());
  EXPECT_TRUE(config.text_map("absent").empty());
  EXPECT_FALSE(config.has("nothing"));
}

TEST_F(ConfigReader, AFailureSaysWhereAndWhatWasExpected) {
  EXPECT_EQ(failure([&] { (void)config.text("limit"); }), "config /limit: expected a string, found int64");
  EXPECT_EQ(failure([&] { (void)config.text("absent"); }), "config /absent: is missing; expected a string");
  EXPECT_EQ(failure([&] { (void)config.integer("limit", 6, 10); }), "config /limit: must be between 6 and 10");
  EXPECT_EQ(failure([&] { (void)config.integer("huge", 0, 10); }), "config /huge: must be between 0 and 10");
  EXPECT_EQ(failure([&] { (void)config.integer("rate"); }), "config /rate: expected an integer, found double");
  EXPECT_EQ(failure([&] { (void)config.texts("args"); }), "config /args/1: expected a string, found int64");
  EXPECT_EQ(failure([&] { (void)config.text_map("env"); }), "config /env/B~1C: expected a string, found int64");
  EXPECT_EQ(failure([&] { (void)config.object("env").text("Z"); }), "config /env/Z: is missing; expected a string");
  EXPECT_EQ(failure([&] { config.fail("path", "no such folder"); }), "config /path: no such folder");
}

TEST(ParseConfig, RefusesWhatIsNoObject) {
  EXPECT_EQ(failure([] { (void)parse_config("[]"); }), "the config is JSON, but not an object");
  EXPECT_NE(failure([] { (void)parse_config("{"); }).find("the config is not JSON"), std::string::npos);
  EXPECT_TRUE(parse_config("").empty());
}

}  // namespace
}  // namespace asmgr::sdk::test
