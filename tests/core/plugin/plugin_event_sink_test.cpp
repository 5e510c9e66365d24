#include "core/plugin/plugin_event_sink.hpp"

#include <gtest/gtest.h>

#include "core/plugin/factory.hpp"
#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

using test::fake_of;
using test::text;

struct FakeSink {
  static const void* table(std::string_view id);
  std::vector<std::string> published;
  asmgr_status answer = ASMGR_OK;
  bool destroyed = false;
};

const void* FakeSink::table(std::string_view id) {
  static const asmgr_event_sink sink = [] {
    asmgr_event_sink table{};
    table.size = sizeof table;
    table.describe = [](asmgr_instance*, const asmgr_sink* json, asmgr_error*) noexcept -> asmgr_status {
      test::push_text(json, R"({"max_batch":7,"topics":true})");
      return ASMGR_OK;
    };
    table.publish = [](asmgr_instance* self, const asmgr_array* events, asmgr_str topic, const asmgr_cancel*,
                       asmgr_error*) noexcept -> asmgr_status {
      for (std::uint32_t i = 0; i < events->count; ++i) {
        fake_of<FakeSink>(self).published.push_back(text(topic) + " " + text(ASMGR_AT(asmgr_event, events, i)->id));
      }
      return fake_of<FakeSink>(self).answer;
    };
    return table;
  }();
  return id == ASMGR_IFACE_SINK ? &sink : nullptr;
}

TEST(PluginEventSink, PublishesEventsAndReportsFailure) {
  FakeSink fake;
  test::FakeComponent<FakeSink> component(ComponentKind::sink, fake);
  auto made = create_sink(component.ref(), "hook", component.config());
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ((*made)->info().max_batch, 7U);
  EXPECT_TRUE((*made)->info().topics);
  std::vector<EventView> events(2);
  events[0].id = "e1";
  events[1].id = "e2";
  const CancelToken cancel;
  EXPECT_TRUE((*made)->publish(events, "t", cancel));
  EXPECT_EQ(fake.published, (std::vector<std::string>{"t e1", "t e2"}));
  fake.answer = ASMGR_E_TIMEOUT;
  EXPECT_EQ((*made)->publish(events, "t", cancel).error().message(), "hook.publish failed: timeout");
}

}  // namespace
}  // namespace asmgr
