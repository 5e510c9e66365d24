#include "core/render/pipeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/render/random_events.hpp"

namespace asmgr {
namespace {

// "type:text" of each event.
class Typist final : public Renderer {
 public:
  std::string render(const EventView& event) override { return std::string(event.type_name); }
  std::string finish() override { return "the end"; }
  void resize(std::size_t) override {}
};

enum class FailsIn : std::uint8_t { nothing, write, flush, close };

class Witness final : public RenderSink {
 public:
  Witness(std::vector<std::string>& said, FailsIn fails) : said_(said), fails_(fails) {}
  Result<void> write(const EventView*, std::string_view text) override { return say(text, FailsIn::write); }
  Result<void> flush() override { return say("flush", FailsIn::flush); }
  Result<void> close() override { return say("close", FailsIn::close); }

 private:
  Result<void> say(std::string_view what, FailsIn step) {
    said_.emplace_back(what);
    if (step == fails_) return Error(ErrorCode::storage_error, "it takes nothing more: disk full");
    return {};
  }
  std::vector<std::string>& said_;
  FailsIn fails_;
};

class PipelineTest : public testing::Test {
 protected:
  NewSink witness(std::vector<std::string>& said, FailsIn fails) {
    return std::unique_ptr<RenderSink>(std::make_unique<Witness>(said, fails));
  }
  void show(EventType type) {
    const Event event = event_of(type, "{}");
    pipeline_.show(view_of(event));
  }
  std::vector<std::string> first_, second_;
  std::vector<std::string> reports_;
  RenderPipeline pipeline_{std::make_unique<Typist>(),
                           [this](const std::string& sentence) { reports_.push_back(sentence); }};
};

TEST_F(PipelineTest, EverySinkGetsEveryTextAndIsClosedOnce) {
  pipeline_.add("first", witness(first_, FailsIn::nothing));
  pipeline_.add("second", witness(second_, FailsIn::nothing));
  show(EventType::run_started);
  show(EventType::run_completed);
  pipeline_.finish();
  pipeline_.finish();
  EXPECT_THAT(first_, testing::ElementsAre("run_started", "run_completed", "the end", "flush", "close"));
  EXPECT_EQ(first_, second_);
  EXPECT_THAT(reports_, testing::IsEmpty());
}

TEST_F(PipelineTest, ASinkThatFailsIsReportedOnceAndStopsNobody) {
  for (const FailsIn step : {FailsIn::write, FailsIn::flush, FailsIn::close}) {
    std::vector<std::string> bad;
    std::vector<std::string> good;
    std::vector<std::string> reports;
    RenderPipeline pipeline(std::make_unique<Typist>(), [&](const std::string& text) { reports.push_back(text); });
    pipeline.add("bad", witness(bad, step));
    pipeline.add("good", witness(good, FailsIn::nothing));
    const Event event = event_of(EventType::run_started, "{}");
    pipeline.show(view_of(event));
    pipeline.show(view_of(event));
    pipeline.finish();
    EXPECT_THAT(good, testing::ElementsAre("run_started", "run_started", "the end", "flush", "close"));
    EXPECT_THAT(reports, testing::ElementsAre("the sink 'bad' is left out from here on: it takes nothing more: disk "
                                              "full; everything else goes on"));
    EXPECT_EQ(bad.size(), step == FailsIn::write ? 1U : step == FailsIn::flush ? 4U : 5U);
    EXPECT_EQ(pipeline.sinks(), 1U);
  }
}

TEST_F(PipelineTest, ASinkThatCannotBeginIsReportedToo) {
  pipeline_.add("file /no/such/file", file_sink("/no/such/file"));
  pipeline_.add("good", witness(first_, FailsIn::nothing));
  show(EventType::run_started);
  EXPECT_THAT(first_, testing::ElementsAre("run_started"));
  EXPECT_THAT(reports_,
              testing::ElementsAre("the sink 'file /no/such/file' is left out from here on: it cannot be opened for "
                                   "writing: No such file or directory; everything else goes on"));
}

}  // namespace
}  // namespace asmgr
