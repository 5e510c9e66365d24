// What people see when they hand in broken JSON: the exact code and sentence for each reader.
#include <gtest/gtest.h>

#include "core/model/capability.hpp"
#include "core/model/event.hpp"
#include "core/model/json.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kTime = R"("2026-01-02T03:04:05Z")";

// An object with the given members; one given as null is left out, so that each case changes one thing of a good input.
using Members = std::vector<std::pair<std::string_view, std::string_view>>;
std::string object_of(Members members, const Members& changes) {
  for (const auto& [key, value] : changes) {
    std::erase_if(members, [&key = key](const auto& member) { return member.first == key; });
    if (value != "-") members.emplace_back(key, value);
  }
  std::string text = "{";
  for (const auto& [key, value] : members) {
    if (text.size() > 1) text += ',';
    text.append("\"").append(key).append("\":").append(value);
  }
  return text + "}";
}

struct Case {
  Members changes;
  ErrorCode code;
  std::string_view message;
};

template <typename Read>
void expect_refused(const Members& good, std::span<const Case> cases, Read read) {
  const auto accepted = read(object_of(good, {}));
  ASSERT_TRUE(accepted) << accepted.error().message();
  for (const Case& broken : cases) {
    const std::string text = object_of(good, broken.changes);
    const auto result = read(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(code_name(result.error().code()), code_name(broken.code)) << text;
    EXPECT_EQ(result.error().message(), broken.message) << text;
  }
}

constexpr auto kValidation = ErrorCode::validation_error;

TEST(BrokenInput, Session) {
  const Members good = {{"id", "\"ses_1\""},   {"agent_id", "\"a\""}, {"status", "\"active\""},
                        {"created_at", kTime}, {"updated_at", kTime}, {"metadata", "{}"}};
  const Case cases[] = {
      {{{"id", "-"}},
       kValidation,
       R"(cannot read session: "id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is missing)"},
      {{{"id", "\"../etc\""}},
       kValidation,
       R"(cannot read session: "id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is "../etc")"},
      {{{"agent_id", "-"}},
       kValidation,
       R"(cannot read session: "agent_id" must be a non-empty string, but it is missing)"},
      {{{"agent_id", "\"\""}},
       kValidation,
       R"(cannot read session: "agent_id" must be a non-empty string, but it is an empty string)"},
      {{{"agent_id", "7"}}, kValidation, R"(cannot read session: "agent_id" must be a non-empty string, but it is 7)"},
      {{{"status", "-"}},
       kValidation,
       R"(cannot read session: "status" must be a non-empty string, but it is missing)"},
      {{{"status", "null"}},
       kValidation,
       R"(cannot read session: "status" must be a non-empty string, but it is null)"},
      {{{"status", "\"sleeping\""}},
       ErrorCode::invalid_status,
       R"(cannot read session: "sleeping" is not a session status; use one of pending, active, paused, completed, failed, cancelled)"},
      {{{"created_at", "-"}},
       kValidation,
       R"(cannot read session: "created_at" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), but it is missing)"},
      {{{"updated_at", "\"today\""}},
       kValidation,
       R"(cannot read session: "updated_at" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), but it is "today")"},
      {{{"metadata", "[]"}}, kValidation, R"(cannot read session: "metadata" must be an object, but it is an array)"},
      {{{"context", "true"}}, kValidation, R"(cannot read session: "context" must be an object, but it is true)"},
      {{{"tags", "\"a\""}}, kValidation, R"(cannot read session: "tags" must be a list of strings, but it is "a")"},
      {{{"tags", "[1]"}},
       kValidation,
       R"(cannot read session: "tags" must be a list of strings only, but it is an array)"},
      {{{"tenant", "{}"}},
       kValidation,
       R"(cannot read session: "tenant" must be a string or null, but it is an object)"},
      {{{"version", "-1"}},
       kValidation,
       R"(cannot read session: "version" must be a whole number of at least 0, but it is -1)"},
      {{{"version", "1.5"}},
       kValidation,
       R"(cannot read session: "version" must be a whole number of at least 0, but it is 1.5)"},
  };
  expect_refused(good, cases, [](const std::string& text) { return session_from_json(*parse_json(text, "session")); });
  EXPECT_EQ(session_from_json(boost::json::array()).error().message(),
            "cannot read session: it must be a JSON object, but it is an array");
}

TEST(BrokenInput, Run) {
  const Members good = {{"id", "\"run_1\""}, {"session_id", "\"s\""}, {"status", "\"pending\""}, {"created_at", kTime}};
  const Case cases[] = {
      {{{"session_id", "-"}},
       kValidation,
       R"(cannot read run: "session_id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is missing)"},
      {{{"status", "\"active\""}},
       ErrorCode::invalid_status,
       R"(cannot read run: "active" is not a run status; use one of pending, running, completed, failed, cancelled, timeout)"},
      {{{"created_at", "1767323045"}},
       kValidation,
       R"(cannot read run: "created_at" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), but it is 1767323045)"},
      {{{"ended_at", "\"\""}},
       kValidation,
       R"(cannot read run: "ended_at" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), but it is an empty string)"},
      {{{"output", "\"text\""}},
       kValidation,
       R"(cannot read run: "output" must be an object or null, but it is "text")"},
      {{{"error", "\"boom\""}},
       kValidation,
       R"(cannot read run: cannot read error: it must be a JSON object, but it is "boom")"},
      {{{"error", R"({"code":"timeout"})"}},
       kValidation,
       R"(cannot read run: cannot read error: "message" must be a non-empty string, but it is missing)"},
      {{{"turn_count", "-3"}},
       kValidation,
       R"(cannot read run: "turn_count" must be a whole number of at least 0, but it is -3)"},
      {{{"token_usage", "5"}}, kValidation, R"(cannot read run: "token_usage" must be an object, but it is 5)"},
      {{{"waiting_on", "[]"}},
       kValidation,
       R"(cannot read run: "waiting_on" must be null or {"approvals": [approval ids]}, but it is an array)"},
      {{{"waiting_on", R"({"approvals":[1]})"}},
       kValidation,
       R"(cannot read run: "waiting_on" must be null or {"approvals": [approval ids]}, but it is an object)"},
      {{{"provider", "7"}}, kValidation, R"(cannot read run: "provider" must be a string or null, but it is 7)"},
  };
  expect_refused(good, cases, [](const std::string& text) { return run_from_json(*parse_json(text, "run")); });
}

TEST(BrokenInput, Event) {
  const Members good = {{"id", "\"evt_1\""},
                        {"type", "\"run_started\""},
                        {"session_id", "\"s\""},
                        {"timestamp", kTime},
                        {"schema_version", "1"}};
  const Case cases[] = {
      {{{"id", "null"}},
       kValidation,
       R"(cannot read event: "id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is null)"},
      {{{"type", "-"}},
       kValidation,
       R"(cannot read event: "type" must be the name of an event type, but it is missing)"},
      {{{"type", R"("a\nb")"}},
       kValidation,
       R"(cannot read event: "type" must be the name of an event type, but it is "a\nb")"},
      {{{"session_id", "\"\""}},
       kValidation,
       R"(cannot read event: "session_id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is an empty string)"},
      {{{"timestamp", "-"}},
       kValidation,
       R"(cannot read event: "timestamp" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), but it is missing)"},
      {{{"schema_version", "-"}},
       kValidation,
       R"(cannot read event: "schema_version" must be a whole number from 1 to 65535, but it is missing)"},
      {{{"schema_version", "0"}},
       kValidation,
       R"(cannot read event: "schema_version" must be a whole number from 1 to 65535, but it is 0)"},
      {{{"schema_version", "\"1\""}},
       kValidation,
       R"(cannot read event: "schema_version" must be a whole number from 1 to 65535, but it is "1")"},
      {{{"schema_version", "65536"}},
       kValidation,
       R"(cannot read event: "schema_version" must be a whole number from 1 to 65535, but it is 65536)"},
      {{{"sequence_number", "0"}},
       kValidation,
       R"(cannot read event: "sequence_number" must be a whole number of at least 1, but it is 0)"},
      {{{"data", "[]"}}, kValidation, R"(cannot read event: "data" must be an object, but it is an array)"},
      {{{"data", "null"}}, kValidation, R"(cannot read event: "data" must be an object, but it is null)"},
      {{{"metadata", "1"}}, kValidation, R"(cannot read event: "metadata" must be an object, but it is 1)"},
      {{{"hash", "\"abc\""}},
       kValidation,
       R"(cannot read event: "hash" must be 64 hexadecimal digits or null, but it is "abc")"},
      {{{"pruned", "1"}}, kValidation, R"(cannot read event: "pruned" must be true or false, but it is 1)"},
      {{{"pruned", "true"}},
       kValidation,
       R"(cannot read event: "body_sha256" must be 64 hexadecimal digits, since the event is pruned, but it is missing)"},
      {{{"run_id", "\"a b\""}},
       kValidation,
       R"(cannot read event: "run_id" must be an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, but it is "a b")"},
  };
  expect_refused(good, cases, [](const std::string& text) { return event_from_json(text); });
  EXPECT_EQ(event_from_json("{\"id\":").error().code(), ErrorCode::invalid_format);
  EXPECT_EQ(event_from_json("{\"id\":").error().message(), "event is not valid JSON at byte 6: incomplete JSON");
  EXPECT_EQ(event_from_json("").error().message(), "event is not valid JSON at byte 0: incomplete JSON");
  EXPECT_EQ(event_from_json("[]").error().message(), "event must be a JSON object, but it is an array");
}

TEST(BrokenInput, Error) {
  const Members good = {{"code", "\"timeout\""}, {"message", "\"late\""}};
  const Case cases[] = {
      {{{"code", "-"}}, kValidation, R"(cannot read error: "code" must be a non-empty string, but it is missing)"},
      {{{"code", "\"oops\""}},
       kValidation,
       R"(cannot read error: "code" must be a code of the taxonomy, but it is "oops")"},
      {{{"message", "7"}}, kValidation, R"(cannot read error: "message" must be a non-empty string, but it is 7)"},
      {{{"retryable", "\"yes\""}},
       kValidation,
       R"(cannot read error: "retryable" must be true or false, but it is "yes")"},
      {{{"details", "[]"}}, kValidation, R"(cannot read error: "details" must be an object, but it is an array)"},
      {{{"provider_error", "\"x\""}},
       kValidation,
       R"(cannot read error: "provider_error" must be an object or null, but it is "x")"},
  };
  expect_refused(good, cases, [](const std::string& text) { return Error::from_json(*parse_json(text, "error")); });
}

TEST(BrokenInput, Capability) {
  const Members good = {{"name", "\"bash\""}, {"type", "\"tool\""}};
  const Case cases[] = {
      {{{"name", "-"}}, kValidation, R"(cannot read capability: "name" must be a non-empty string, but it is missing)"},
      {{{"type", "-"}}, kValidation, R"(cannot read capability: "type" must be a non-empty string, but it is missing)"},
      {{{"type", "\"magic\""}},
       ErrorCode::invalid_capability_type,
       R"(cannot read capability "bash": "magic" is not a capability type; use one of tool, resource, prompt, sampling, file_access, network_access, code_execution)"},
      {{{"enabled", "1"}}, kValidation, R"(cannot read capability: "enabled" must be true or false, but it is 1)"},
      {{{"permissions", "{}"}},
       kValidation,
       R"(cannot read capability: "permissions" must be a list of strings, but it is an object)"},
  };
  expect_refused(good, cases,
                 [](const std::string& text) { return capability_from_json(*parse_json(text, "capability")); });
  EXPECT_EQ(
      capability_need_from_json(boost::json::value(7)).error().message(),
      "cannot read needed capability: it must be a type like \"tool\" or an object with \"type\" and \"name\", but it "
      "is 7");
}

TEST(BrokenInput, LongValuesAreQuotedShort) {
  const auto session = session_from_json(boost::json::object{{"id", std::string(500, 'x') + "/"}});
  ASSERT_FALSE(session);
  EXPECT_LT(session.error().message().size(), 250u);
  EXPECT_TRUE(session.error().message().ends_with("xxx\"...")) << session.error().message();
}

}  // namespace
}  // namespace asmgr
