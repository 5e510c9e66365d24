#include "plugins/s3/object_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <random>
#include <set>
#include <vector>

#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::s3_store {
namespace {

TEST(ObjectName, IsTheKeyAsFarAsThatIsHarmless) {
  EXPECT_EQ(name_of_key("Report-1"), "Report-1$");
  EXPECT_EQ(name_of_key("a/report_1.txt"), "a.2freport_5f1.2etxt$");
  EXPECT_EQ(name_of_key(".."), ".2e.2e$");
  EXPECT_EQ(name_of_key(std::string("\0 ", 2)), ",00,20$");
  EXPECT_EQ(name_of_key("\xc3\xa4"), "~c3~a4$");
  EXPECT_EQ(name_of_key("@"), "=40$");
}

TEST(ObjectName, OfALongKeyHasStepsThatFitIntoFileNames) {
  EXPECT_EQ(name_of_key(std::string(199, 'k')), std::string(199, 'k') + "$");
  EXPECT_EQ(name_of_key(std::string(200, 'k')), std::string(200, 'k') + "/$");
  EXPECT_EQ(name_of_key(std::string(201, 'k')), std::string(200, 'k') + "/k$");
}

TEST(ObjectName, ThatNoKeyHasIsSomebodyElses) {
  for (const char* name : {"", "a", "a/b$", "a.b$", "a_$", "a.2F$", "a.61$", "a$$", "$a$", "x,", "/", "$", "a/$",
                           "=2e$", "\xc3\xa4$", "~ff$", "folder/"}) {
    EXPECT_EQ(key_of_name(name), std::nullopt) << name;
  }
  EXPECT_EQ(key_of_name(std::string(201, 'k') + "$"), std::nullopt) << "without its step";
  EXPECT_EQ(key_of_name(std::string(200, 'k') + "/"), std::nullopt) << "without its end";
}

// Keys that are prefixes of each other, of all bytes that UTF-8 has, around the ends of steps.
std::string random_key_for_names(std::mt19937& random) {
  static const std::string kSingle = "azAZ09-./_!$,~=%\\ +&<:@\n\x7f";
  static const std::vector<std::string> kOthers = {"\xc3\xa4", "\xef\xbf\xbd", "\xf0\x9f\x8c\x8d",
                                                   std::string(1, '\0')};
  std::string key(random() % 3 == 0 ? 190 + random() % 20 : 0, 'k');
  const std::size_t more = 1 + random() % 6;
  for (std::size_t i = 0; i < more; ++i) {
    const std::size_t which = random() % (kSingle.size() + kOthers.size());
    key += which < kSingle.size() ? std::string(1, kSingle[which]) : kOthers[which - kSingle.size()];
  }
  return key;
}

void expect_harmless(const std::string& name) {
  EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-,$.=_~/"),
            std::string::npos)
      << name;
  const std::string framed = "/" + name + "/";
  for (const char* step : {"//", "/./", "/../"}) EXPECT_EQ(framed.find(step), std::string::npos) << name;
  std::size_t longest = 0;
  for (std::size_t from = 0; from < name.size();) {
    const std::size_t to = std::min(name.find('/', from), name.size());
    longest = std::max(longest, to - from);
    from = to + 1;
  }
  EXPECT_LE(longest, 203U) << name;
}

TEST(ObjectName, OfAnyTwoKeysKeepsThemApartAndInOrder) {
  const std::uint32_t seed = test::seed_or(20261123);
  SCOPED_TRACE(test::seed_text(seed));
  std::mt19937 random(seed);
  std::vector<std::string> keys;
  const int count = test::in_profile(150, 2'000);
  for (int i = 0; i < count; ++i) keys.push_back(random_key_for_names(random));
  for (const std::string& one : keys) {
    const std::string name = name_of_key(one);
    expect_harmless(name);
    EXPECT_EQ(key_of_name(name), one);
    for (const std::string& other : keys) {
      const std::string other_name = name_of_key(other);
      ASSERT_EQ(one < other, name < other_name) << name << " and " << other_name;
      ASSERT_EQ(one < other, name + "._object" < other_name + "._object") << name << " and " << other_name;
      ASSERT_EQ(other.starts_with(one), other_name.starts_with(name_of_beginning(one))) << name << ", " << other_name;
      ASSERT_EQ(one == other, other_name.starts_with(name)) << name << " and " << other_name;
    }
    if (HasFailure()) return;
  }
}

asmgr_status status_of_key(const std::string& key, std::size_t prefix_size, std::string& message) {
  try {
    check_key(key, prefix_size);
    return ASMGR_OK;
  } catch (const sdk::StatusError& error) {
    message = error.message();
    return error.status();
  }
}

TEST(ObjectName, KeysThatAreTooLongBehindThePrefixAreRefusedWithTheNumbers) {
  std::string message;
  EXPECT_EQ(status_of_key(std::string(1018, 'k'), 0, message), ASMGR_OK)
      << "with its five steps it is as long as can be";
  EXPECT_EQ(status_of_key(std::string(1019, 'k'), 0, message), ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(status_of_key(std::string(1018, 'k'), 1, message), ASMGR_E_INVALID_INPUT);
  EXPECT_THAT(message, ::testing::HasSubstr("takes 1024 characters as the name of an object; 1023 are possible"));
  EXPECT_EQ(status_of_key(std::string(400, '.'), 0, message), ASMGR_E_INVALID_INPUT);
}

}  // namespace
}  // namespace asmgr::s3_store
