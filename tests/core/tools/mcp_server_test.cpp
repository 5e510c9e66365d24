// Tool servers that are programs: begun when they are needed, lost and begun again.
#include "core/tools/mcp_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/tools/mcp_stdio.hpp"
#include "tests/core/tools/begun_server.hpp"

namespace asmgr {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kLimit(10'000);

class Server : public testing::BegunServer {
 public:
  explicit Server(std::vector<std::string> arguments = {}) : BegunServer(connect_to(fake(std::move(arguments)))) {}
  explicit Server(McpAddress address) : BegunServer(connect_to(std::move(address))) {}

 private:
  static McpAddress fake(std::vector<std::string> arguments) {
    McpAddress address;
    address.command = {"python3", ASMGR_SOURCE_DIR "/tests/core/tools/fake_mcp_server.py"};
    address.command.insert(address.command.end(), arguments.begin(), arguments.end());
    return address;
  }
  static McpConnect connect_to(McpAddress address) {
    return [address = std::move(address), timers = std::make_shared<CallTimers>()](McpEvents events) {
      return connect_by_program(address, std::move(events), timers);
    };
  }
};

TEST(McpServer, IsBegunWithItsFirstListAndThenAnswersFromIt) {
  Server server;
  EXPECT_EQ(*server.begun, 0);
  const auto tools = server.list();
  ASSERT_TRUE(tools) << tools.error().message();
  ASSERT_EQ(tools->size(), 5U);
  EXPECT_EQ((*tools)[0].name, "mcp__fake__echo");
  EXPECT_EQ(server.call("echo", "hello").output, "hello");
  EXPECT_TRUE(server.call("fail").is_error);
  EXPECT_EQ(server.call("picture").output.as_array().size(), 2U);
  EXPECT_TRUE(server.list());
  EXPECT_EQ(*server.begun, 1);
}

TEST(McpServer, ReadsAllPagesOfItsTools) {
  Server server({"--pages"});
  const auto tools = server.list();
  ASSERT_TRUE(tools) << tools.error().message();
  EXPECT_EQ(tools->size(), 5U);
}

TEST(McpServer, ThatCannotBeStartedSaysWhichAndWhy) {
  McpAddress address;
  address.command = {"no-such-program-anywhere"};
  const auto tools = Server(address).list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), HasSubstr("tool server 'fake' (mcp.fake)"));
  EXPECT_THAT(tools.error().message(), HasSubstr("no-such-program-anywhere"));
}

TEST(McpServer, ThatEndsAtOnceIsQuotedWithItsLastWords) {
  McpAddress address;
  address.command = {"/bin/sh", "-c", "echo I have no licence >&2; exit 7"};
  const auto tools = Server(address).list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), HasSubstr("exit code 7"));
  EXPECT_THAT(tools.error().message(), HasSubstr("I have no licence"));
}

TEST(McpServer, ThatSaysBackWhatItIsToldIsNone) {
  McpAddress address;
  address.command = {"cat"};
  const auto tools = Server(address).list();
  ASSERT_FALSE(tools);
  EXPECT_THAT(tools.error().message(), HasSubstr("it refused 'initialize'; check that its command or url"));
}

TEST(McpServer, OfARevisionNobodyKnowsOrWithoutToolsIsRefused) {
  const auto old = Server({"--old"}).list();
  ASSERT_FALSE(old);
  EXPECT_THAT(old.error().message(), HasSubstr("1999-01-01"));
  const auto none = Server({"--no-tools"}).list();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("no tools today"));
}

TEST(McpServer, ThatDiesFailsTheCallAndIsBegunAgainForTheNext) {
  Server server;
  ASSERT_TRUE(server.list());
  const ToolOutcome died = server.call("die");
  EXPECT_TRUE(died.is_error);
  EXPECT_THAT(std::string(died.output.as_string()), HasSubstr("exit code 3"));
  EXPECT_THAT(std::string(died.output.as_string()), HasSubstr("I was told to die"));
  EXPECT_EQ(server.call("echo", "again").output, "again");
  EXPECT_EQ(*server.begun, 2);
}

TEST(McpServer, ThatDoesNotAnswerInTimeFailsTheCallAndGoesOn) {
  Server server;
  ASSERT_TRUE(server.list());
  const ToolOutcome late = server.call("wait", "", milliseconds(50));
  EXPECT_TRUE(late.is_error);
  EXPECT_THAT(std::string(late.output.as_string()), HasSubstr("no answer within 50 ms"));
  EXPECT_EQ(server.call("echo", "still there").output, "still there");
  EXPECT_EQ(*server.begun, 1);
}

TEST(McpServer, AnswersACallThatIsCancelled) {
  Server server;
  ASSERT_TRUE(server.list());
  auto waiting = server.begin_call("wait");
  server.server->cancel(server.last_call);
  EXPECT_TRUE(waiting.get().is_error);
  EXPECT_EQ(server.call("echo", "still there").output, "still there");
}

TEST(McpServer, IsKeptByACallThatIsOpenAndGoesWithIt) {
  Server server;
  ASSERT_TRUE(server.list());
  auto waiting = server.begin_call("wait");
  const std::weak_ptr<McpServer> kept = server.server;
  server.server.reset();
  ASSERT_FALSE(kept.expired());
  kept.lock()->cancel(server.last_call);
  EXPECT_TRUE(waiting.get().is_error);
  const auto until = std::chrono::steady_clock::now() + kLimit;
  while (!kept.expired() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(kept.expired());
}

TEST(McpServer, ManyCallersAtOnceShareOneProgram) {
  Server server;
  std::vector<std::future<ToolOutcome>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(server.begin_call("echo", std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(answers[static_cast<std::size_t>(i)].get().output, boost::json::value(std::to_string(i)));
  }
  EXPECT_EQ(*server.begun, 1);
}

}  // namespace
}  // namespace asmgr
