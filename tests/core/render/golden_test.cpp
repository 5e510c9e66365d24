// Recorded sessions as each style shows them. ASMGR_UPDATE_GOLDENS=1 writes the expected texts anew: read the
// difference before committing it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/model/event.hpp"
#include "core/render/renderer.hpp"

namespace asmgr {
namespace {

const std::string kFolder = std::string(ASMGR_SOURCE_DIR) + "/tests/data/render/";

std::string read_golden(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Event> recorded(const std::string& name) {
  std::vector<Event> events;
  std::ifstream file(kFolder + name + ".jsonl");
  for (std::string line; std::getline(file, line);) {
    auto event = event_from_json(line);
    EXPECT_TRUE(event.has_value()) << name << ": " << line;
    if (event.has_value()) events.push_back(std::move(*event));
  }
  EXPECT_FALSE(events.empty()) << name;
  return events;
}

// What a terminal obeys, written so that a person sees it.
std::string visible(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\x1b') {
      out += "\xe2\x90\x9b";  // ␛
    } else if (c == '\r') {
      out += "\xe2\x90\x8d";  // ␍
    } else {
      out += c;
    }
  }
  return out;
}

std::string rendered(const std::vector<Event>& events, RenderStyle style, const RenderOptions& options) {
  const auto renderer = make_renderer(style, options);
  std::string text;
  for (const Event& event : events) text += renderer->render(view_of(event));
  return text + renderer->finish();
}

std::string page_of(const std::vector<Event>& events, RenderStyle style) {
  std::string page;
  const auto add = [&](const std::string& title, const RenderOptions& options) {
    page += "==== " + title + "\n" + visible(rendered(events, style, options));
  };
  RenderOptions options;
  add("pipe", options);
  for (const std::size_t width : {40U, 80U, 200U}) {
    options.width = width;
    add(std::to_string(width) + " columns, piped", options);
  }
  options.is_terminal = true;
  options.width = 80;
  add("80 columns, terminal without colour", options);
  options.color = true;
  for (const std::size_t width : {40U, 80U, 200U}) {
    options.width = width;
    add(std::to_string(width) + " columns, terminal", options);
  }
  if (style != RenderStyle::studio) return page;
  for (const ToolOutput amount : {ToolOutput::preview, ToolOutput::full}) {
    options.tool_output = amount;
    options.color = false;
    options.is_terminal = false;
    options.width = 40;
    add(std::string("40 columns, piped, tool output ") + (amount == ToolOutput::full ? "full" : "preview"), options);
  }
  return page;
}

std::vector<std::string> lines_of_text(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Golden : public testing::TestWithParam<std::tuple<const char*, RenderStyle>> {};

TEST_P(Golden, IsAsItWasReviewed) {
  const auto& [name, style] = GetParam();
  const std::string path = kFolder + name + "." + std::string(style_name(style)) + ".txt";
  const std::string page = page_of(recorded(name), style);
  if (std::getenv("ASMGR_UPDATE_GOLDENS") != nullptr) std::ofstream(path, std::ios::binary) << page;
  const auto expected = lines_of_text(read_golden(path));
  const auto actual = lines_of_text(page);
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    const std::string wanted = i < expected.size() ? expected[i] : "(nothing more)";
    ASSERT_EQ(i < actual.size() ? actual[i] : "(nothing more)", wanted)
        << path << ":" << i + 1 << ": ASMGR_UPDATE_GOLDENS=1 writes it anew";
  }
}

INSTANTIATE_TEST_SUITE_P(Sessions, Golden,
                         testing::Combine(testing::Values("answer", "trouble", "characters", "workspace"),
                                          testing::Values(RenderStyle::compact, RenderStyle::verbose,
                                                          RenderStyle::studio)),
                         [](const auto& given) {
                           return std::string(std::get<0>(given.param)) + "_" +
                                  std::string(style_name(std::get<1>(given.param)));
                         });

TEST(Goldens, PassthroughSaysNothing) {
  EXPECT_EQ(rendered(recorded("answer"), RenderStyle::passthrough, {}), "");
}

}  // namespace
}  // namespace asmgr
