#include <algorithm>
#include <asmgr/plugin.hpp>
#include <vector>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

// An event as a later minor may have it.
struct LaterEvent {
  asmgr_event event;
  char newer[24];
};

std::vector<LaterEvent> later_events(std::uint32_t count) {
  std::vector<LaterEvent> out(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    out[i].event.size = sizeof(LaterEvent);
    out[i].event.seq = i + 1;
    std::memset(out[i].newer, 0xEE, sizeof(out[i].newer));
  }
  return out;
}

TEST(ArrayView, ElementsOfALaterMinorAreReadAtTheirStride) {
  auto events = later_events(3);
  const asmgr_array array{events.data(), 3, sizeof(LaterEvent)};
  const ArrayView<const asmgr_event> view(array);
  ASSERT_EQ(view.size(), 3u);
  EXPECT_EQ(view[2].seq, 3u);
  std::vector<std::uint64_t> seen;
  for (const asmgr_event& event : view) seen.push_back(event.seq);
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(view.back().seq, 3u);
}

TEST(ArrayView, WorksWithTheAlgorithmsOfTheLibrary) {
  auto events = later_events(5);
  const ArrayView<const asmgr_event> view(asmgr_array{events.data(), 5, sizeof(LaterEvent)});
  EXPECT_EQ(std::distance(view.begin(), view.end()), 5);
  const auto found = std::lower_bound(view.begin(), view.end(), 4u,
                                      [](const asmgr_event& event, unsigned seq) { return event.seq < seq; });
  ASSERT_NE(found, view.end());
  EXPECT_EQ(found->seq, 4u);
  EXPECT_EQ(found - view.begin(), 3);
}

TEST(ArrayView, ElementsOfAnOutputArrayCanBeWritten) {
  auto events = later_events(2);
  const ArrayView<asmgr_event> view(asmgr_array{events.data(), 2, sizeof(LaterEvent)});
  view[1].seq = 77;
  EXPECT_EQ(events[1].event.seq, 77u);
}

TEST(ArrayView, AnEmptyArrayMayPointAnywhere) {
  const ArrayView<const asmgr_event> view(asmgr_array{reinterpret_cast<void*>(8), 0, 0});
  EXPECT_TRUE(view.empty());
  EXPECT_EQ(view.begin(), view.end());
}

TEST(ArrayView, ElementsShorterThanTheFirstReleaseAreRefused) {
  auto events = later_events(2);
  try {
    const ArrayView<const asmgr_event> view(asmgr_array{events.data(), 2, sizeof(asmgr_event) - 8});
    FAIL() << "accepted";
  } catch (const StatusError& error) {
    EXPECT_EQ(error.status(), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
    EXPECT_NE(error.message().find("bytes apart"), std::string::npos) << error.message();
  }
}

TEST(ArrayView, ElementsNowhereAreRefused) {
  EXPECT_THROW(ArrayView<const asmgr_event>(asmgr_array{nullptr, 1, sizeof(asmgr_event)}), StatusError);
}

TEST(Text, LengthZeroIsEmptyWhateverThePointerIs) {
  EXPECT_EQ(view(asmgr_str{reinterpret_cast<const char*>(8), 0}), "");
  EXPECT_EQ(view(asmgr_str{nullptr, 0}), "");
}

TEST(JsonQuote, EscapesWhatJsonCannotHoldAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01"), R"("a\"b\\c\u000a\u0001")");
  EXPECT_EQ(json_quote("gr\xC3\xBC\xC3\x9F"), "\"gr\xC3\xBC\xC3\x9F\"");
  EXPECT_EQ(json_quote("x\xFFy\xC3"), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
  EXPECT_EQ(json_quote("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
  EXPECT_EQ(json_quote("\xF0\x9F\x98\x80"), "\"\xF0\x9F\x98\x80\"");
}

TEST(StatusName, AnUnknownNumberHasTheNameOfItsCategory) {
  EXPECT_EQ(status_name(ASMGR_E_BUSY), "storage_connection_failed");
  EXPECT_EQ(status_name(ASMGR_E_PROVIDER_AUTH), "provider_authentication_failed");
  EXPECT_EQ(status_name(0x04FF), "provider_error");
  EXPECT_EQ(status_name(0x7777), "unknown_error");
}

}  // namespace
}  // namespace asmgr::sdk::test
