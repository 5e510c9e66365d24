// Laws for events that nobody would write.
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "core/render/renderer.hpp"
#include "core/render/text_width.hpp"
#include "tests/core/render/random_events.hpp"
#include "tests/support/profile.hpp"

namespace asmgr {
namespace {

constexpr RenderStyle kStyles[] = {RenderStyle::compact, RenderStyle::verbose, RenderStyle::studio,
                                   RenderStyle::passthrough};

// Without the codes for colour and for erasing a line: the only ones that a renderer may write.
std::string without_codes(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    const std::size_t end = text.find_first_of("mK", i);
    EXPECT_NE(end, std::string::npos) << "an unfinished code";
    if (end == std::string::npos) break;
    EXPECT_EQ(text.find_first_not_of("[0123456789", i + 1), end) << text.substr(i, 20);
    i = end;
  }
  return out;
}

void expect_lines_within(const std::string& text, std::size_t width) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    EXPECT_LE(text_width(line), width) << line;
    begin = end + 1;
  }
}

struct Law {
  std::mt19937 random{20260102};
  int rounds = test::in_profile(300, 20'000);

  // The whole output of a renderer that was given some events.
  std::string output(RenderStyle style, const RenderOptions& options) {
    const auto renderer = make_renderer(style, options);
    std::string text;
    for (int i = 0; i < 12; ++i) text += renderer->render(view_of(random_event(random)));
    return text + renderer->finish();
  }
};

TEST(RendererLaws, WithoutColourThereIsNoEscapeCharacter) {
  Law law;
  for (int round = 0; round < law.rounds; ++round) {
    for (const RenderStyle style : kStyles) {
      RenderOptions options;
      options.is_terminal = round % 2 == 0;
      options.width = round % 3 == 0 ? 0 : 60;
      const std::string text = law.output(style, options);
      ASSERT_EQ(text.find('\x1b'), std::string::npos) << text;
      ASSERT_TRUE(options.is_terminal || text.find('\r') == std::string::npos) << text;
    }
  }
}

TEST(RendererLaws, NothingThatATerminalObeysComesThroughButItsOwnCodes) {
  Law law;
  for (int round = 0; round < law.rounds; ++round) {
    for (const RenderStyle style : kStyles) {
      RenderOptions options;
      options.is_terminal = true;
      options.color = true;
      options.width = 50;
      options.tool_output = ToolOutput::full;
      const std::string text = without_codes(law.output(style, options));
      ASSERT_TRUE(is_valid_utf8(text));
      for (const char c : text) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r') << text;
      ASSERT_EQ(text.find("\xc2\x9b"), std::string::npos);
      ASSERT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    }
  }
}

TEST(RendererLaws, NoLineIsWiderThanTheTerminal) {
  Law law;
  for (int round = 0; round < law.rounds; ++round) {
    for (const RenderStyle style : kStyles) {
      RenderOptions options;
      options.is_terminal = round % 4 != 0;
      options.color = round % 2 == 0;
      options.width = 16 + static_cast<std::size_t>(round) % 90;
      options.tool_output = static_cast<ToolOutput>(round % 3);
      expect_lines_within(without_codes(law.output(style, options)), options.width);
      if (testing::Test::HasFailure()) FAIL() << style_name(style) << " at " << options.width;
    }
  }
}

TEST(RendererLaws, HowTextIsCutIntoPiecesChangesNothing) {
  Law law;
  for (int round = 0; round < law.rounds; ++round) {
    std::vector<std::string> words;
    for (int i = 0; i < 20; ++i) words.push_back(std::string(1 + law.random() % 9, static_cast<char>('a' + i)));
    std::string text;
    for (const auto& word : words) text += word + (law.random() % 6 == 0 ? "\n" : " ");
    RenderOptions options;
    options.width = 30;
    const auto whole = make_renderer(RenderStyle::studio, options);
    const auto pieces = make_renderer(RenderStyle::studio, options);
    const auto delta = [](std::string_view piece) {
      return event_of(EventType::message_streamed, to_text(boost::json::object{{"delta", piece}}));
    };
    std::string expected = whole->render(view_of(delta(text)));
    expected += whole->finish();
    std::string actual;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + law.random() % 7;
      actual += pieces->render(view_of(delta(text.substr(at, length))));
      at += length;
    }
    actual += pieces->finish();
    ASSERT_EQ(actual, expected);
  }
}

TEST(RendererLaws, EveryTypeIsShown) {
  for (const RenderStyle style : {RenderStyle::compact, RenderStyle::verbose, RenderStyle::studio}) {
    for (const EventType type : all_event_types()) {
      // Its tokens are those of the run's end.
      if (style == RenderStyle::studio && type == EventType::token_usage_updated) continue;
      const auto renderer = make_renderer(style, {});
      const Event event = event_of(type, R"({"delta":"hello","content":"hello","tool_name":"bash"})");
      EXPECT_NE(renderer->render(view_of(event)), "") << style_name(style) << " " << type_name(type);
    }
    Event unknown = event_of(EventType::unknown, "{}");
    unknown.type_name = "from_the_future";
    const std::string text = make_renderer(style, {})->render(view_of(unknown));
    EXPECT_NE(text.find("from_the_future"), std::string::npos) << text;
    Event pruned = event_of(EventType::message_sent, "");
    pruned.pruned = true;
    EXPECT_NE(make_renderer(style, {})->render(view_of(pruned)).find("pruned"), std::string::npos);
  }
}

// What is done for a piece of streamed text does not grow with what came before it: the output of the last thousand
// pieces is as long as that of the first, and nothing is kept.
TEST(RendererLaws, AHundredThousandPiecesAreRenderedOneByOne) {
  RenderOptions options;
  options.width = 80;
  options.is_terminal = true;
  for (const RenderStyle style : {RenderStyle::compact, RenderStyle::verbose, RenderStyle::studio}) {
    const auto renderer = make_renderer(style, options);
    const Event event = event_of(EventType::message_streamed, R"({"content":"word ","delta":"word "})");
    std::size_t written = 0;
    for (int i = 1; i <= 100'000; ++i) {
      const std::string text = renderer->render(view_of(event));
      written += text.size();
      ASSERT_LE(text.size(), 20U) << i;
      ASSERT_GE(written + 20, static_cast<std::size_t>(i) * 5) << i;
    }
  }
}

}  // namespace
}  // namespace asmgr
