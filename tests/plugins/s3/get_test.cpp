// How artifacts are read, on connections that break and of services that lie.
#include <future>

#include "tests/plugins/s3/s3_test.hpp"

namespace asmgr::s3_test {
namespace {

using contract::source_of;
using ::testing::HasSubstr;

const Fits kGet = [](const S3Request& request) { return request.is_plain_get(); };

// An answer of which only so many bytes come.
std::function<std::string(std::string)> only_first(std::size_t bytes) {
  return [bytes](const std::string& answer) { return answer.substr(0, bytes); };
}

class S3Get : public S3Test {
 protected:
  void given(const std::string& key, const std::string& text) {
    const auto put = open()->put(key, source_of(text));
    ASSERT_EQ(put.status, ASMGR_OK) << put.message;
    service_.forget_log();
  }
};

TEST_F(S3Get, GoesOnWhereTheConnectionBroke) {
  const std::string text = long_text(3 * kMebibyte);
  given("k", text);
  service_.add(spoil(kGet, only_first(kMebibyte), true));
  const auto got = open()->get("k");
  EXPECT_EQ(got.status, ASMGR_OK) << got.message;
  EXPECT_TRUE(got.value == text);
  EXPECT_EQ(requests_of("GET"), 2U);
}

TEST_F(S3Get, GoesOnAsLongAsThereIsProgress) {
  const std::string text = long_text(3 * kMebibyte);
  given("k", text);
  service_.add(spoil(kGet, only_first(200'000), true, 12));
  const auto got = open(R"("timeout":30000)")->get("k");
  EXPECT_EQ(got.status, ASMGR_OK) << got.message;
  EXPECT_TRUE(got.value == text);
}

TEST_F(S3Get, BeginsAgainWhatDidNotBegin) {
  given("k", "text");
  for (const Fault& fault : {cut_before(kGet, 2), refuse(kGet, 503, "SlowDown", 2), refuse(kGet, 500, "InternalError"),
                             refuse(kGet, 429, "x"), spoil(kGet, only_first(30), true)}) {
    service_.add(fault);
    const auto got = open()->get("k");
    EXPECT_EQ(got.status, ASMGR_OK) << got.message;
    EXPECT_EQ(got.value, "text");
  }
}

TEST_F(S3Get, WrongContentIsNeverGivenWhole) {
  for (const std::size_t size : {std::size_t{5}, 3 * kMebibyte}) {
    const std::string text = long_text(size);
    given("k", text);
    service_.add(spoil(
        kGet,
        [](std::string answer) {
          answer[answer.find("\r\n\r\n") + 4] ^= 1;
          return answer;
        },
        false));
    const auto got = open()->get("k");
    EXPECT_EQ(got.status, ASMGR_E_STORAGE);
    EXPECT_THAT(got.message, HasSubstr("the artifact 'k' in the bucket 'artifacts' is damaged"));
    EXPECT_LT(got.value.size(), text.size()) << "the end was given too";
    EXPECT_EQ(open()->get("k").value.size(), size) << "once it is right again";
  }
}

TEST_F(S3Get, AnObjectThatIsShorterOrLongerThanStoredIsDamaged) {
  given("k", "0123456789");
  StoredObject object = service_.objects().at("k$");
  for (const char* bytes : {"", "012345678", "0123456789x"}) {
    object.bytes = bytes;
    service_.place("k$", object);
    const auto got = open()->get("k");
    EXPECT_EQ(got.status, ASMGR_E_STORAGE) << bytes;
    EXPECT_EQ(got.value, "");
  }
}

TEST_F(S3Get, WhatIsReplacedWhileItIsReadIsNotMixed) {
  given("k", long_text(3 * kMebibyte));
  given("other", std::string(3 * kMebibyte, 'x'));
  service_.add(spoil(kGet, only_first(2 * kMebibyte), true));
  const StoredObject other = service_.objects().at("other$");
  const auto store = open();
  std::string back;
  const auto got = store->get("k", [&](std::string_view chunk) {
    if (back.empty()) service_.place("k$", other);
    back += chunk;
    return true;
  });
  EXPECT_EQ(got.status, ASMGR_E_STORAGE_READ);
  EXPECT_THAT(got.message, HasSubstr("replaced while it was read"));
  EXPECT_EQ(back.find(std::string(64, 'x')), std::string::npos);
}

TEST_F(S3Get, AReaderThatTakesNothingHoldsTheServiceBack) {
  constexpr std::size_t kSize = 32 * kMebibyte;
  given("k", long_text(kSize));
  std::promise<std::size_t> stuck;
  Fault slow = spoil(
      kGet, [](std::string answer) { return answer; }, false);
  slow.send = [&](asmgr_test::Peer& peer, const std::string& answer) {
    std::size_t sent = 0;
    while (sent < answer.size() && peer.wait_writable_for(std::chrono::milliseconds(500)))
      sent += peer.send_some(std::string_view(answer).substr(sent)).value_or(answer.size());
    stuck.set_value(sent);
    peer.send(std::string_view(answer).substr(std::min(sent, answer.size())));
  };
  service_.add(slow);
  const auto store = open(R"("timeout":60000)");
  std::size_t taken = 0;
  const auto got = store->get("k", [&](std::string_view chunk) {
    if (taken == 0) {
      EXPECT_LT(stuck.get_future().get(), kSize / 2);
    }
    taken += chunk.size();
    return true;
  });
  EXPECT_EQ(got.status, ASMGR_OK) << got.message;
  EXPECT_EQ(taken, kSize);
}

TEST_F(S3Get, AnObjectThatIsNotOursIsNoArtifact) {
  service_.place("k$", {"text", "content-type: text/plain\r\n", "\"e\""});
  for (const auto& told : {open()->get("k").message, open()->stat("k").message})
    EXPECT_THAT(told, HasSubstr("has no metadata of asmgr"));
  EXPECT_EQ(open()->get("k").status, ASMGR_E_STORAGE);
  EXPECT_EQ(open()->put("k", "text").status, ASMGR_OK) << "and can be replaced";
  EXPECT_EQ(open()->get("k").value, "text");
}

TEST_F(S3Get, WhatNeverComesIsGivenUpInTime) {
  given("k", long_text(kMebibyte));
  service_.add(spoil(kGet, only_first(100), true, 1000));
  const auto begun = std::chrono::steady_clock::now();
  const auto got = open(R"("timeout":1000)")->get("k");
  EXPECT_EQ(got.status, ASMGR_E_STORAGE_CONNECTION) << got.message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

}  // namespace
}  // namespace asmgr::s3_test
