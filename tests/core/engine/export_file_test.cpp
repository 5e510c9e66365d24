// An export that was changed anywhere is no export any more.
#include <gmock/gmock.h>

#include <array>

#include "core/engine/export_reader.hpp"
#include "core/engine/export_writer.hpp"
#include "core/model/json.hpp"
#include "tests/core/engine/support/conversation.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::testing {
namespace {

Result<ReadExport> read_text(const std::string& text) {
  return read_export(reader_of(text, 1 << 16));
}

// The line that a refusal names, 0 when it names none, and nothing when there is no refusal.
std::optional<std::int64_t> refused_line(const std::string& text) {
  const auto read = read_text(text);
  if (read) return std::nullopt;
  return find_int(read.error().details(), "line").value_or(0);
}

class ExportFile : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    World world(converse);
    text_ = exported(world, session_with_runs(world));
    lines_ = lines_of(text_);
  }
  static std::string text_;
  static std::vector<std::string> lines_;
};
std::string ExportFile::text_;
std::vector<std::string> ExportFile::lines_;

TEST_F(ExportFile, ReadsBack) {
  const auto read = read_text(text_);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->runs.size(), 1U);
  EXPECT_EQ(read->log->events().size() + 3, lines_.size());
}

// One change of each byte, in turn of another kind; all kinds when there is time.
TEST_F(ExportFile, WithAnyByteChangedIsRefusedAtItsLine) {
  const auto kinds = static_cast<std::size_t>(test::in_profile(1, 4));
  std::string text = text_;
  std::int64_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char was = text[i];
    const std::array<char, 4> changes{static_cast<char>(was ^ 0x20), static_cast<char>(was ^ 1), ' ', '\n'};
    for (std::size_t kind = i; kind < i + kinds; ++kind) {
      text[i] = changes[kind % changes.size()];
      if (text[i] == was) text[i] = changes[0];
      const auto refused = refused_line(text);
      ASSERT_TRUE(refused) << "byte " << i << " of line " << line;
      EXPECT_THAT(*refused, ::testing::AllOf(::testing::Ge(line), ::testing::Le(line + 1))) << "byte " << i;
    }
    text[i] = was;
    if (was == '\n') ++line;
  }
}

TEST_F(ExportFile, WithAnyByteTakenAwayOrPutInIsRefused) {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    std::string text = text_;
    text.erase(i, 1);
    // Of two equal neighbours it makes no difference which one goes; what is left must still be refused.
    ASSERT_TRUE(refused_line(text)) << "without byte " << i;
    text.insert(i, 2, text_[i]);
    ASSERT_TRUE(refused_line(text)) << "with byte " << i << " twice";
  }
}

TEST_F(ExportFile, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < text_.size(); ++size) {
    ASSERT_TRUE(refused_line(text_.substr(0, size))) << "cut after " << size << " bytes";
  }
}

TEST_F(ExportFile, WithLinesDroppedDoubledOrMovedIsRefused) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    auto dropped = lines_;
    dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(refused_line(joined(dropped))) << "without line " << i + 1;
    auto doubled = lines_;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines_[i]);
    EXPECT_EQ(refused_line(joined(doubled)), static_cast<std::int64_t>(i + 2)) << "line " << i + 1 << " twice";
    for (std::size_t j = i + 1; j < lines_.size(); ++j) {
      auto swapped = lines_;
      std::swap(swapped[i], swapped[j]);
      EXPECT_TRUE(refused_line(joined(swapped))) << "lines " << i + 1 << " and " << j + 1 << " swapped";
    }
  }
  EXPECT_TRUE(refused_line(text_ + "\n"));
  EXPECT_TRUE(refused_line(text_ + text_));
  EXPECT_TRUE(refused_line("\n" + text_));
}

// Each part is what an export wrote, and together they are not one.
TEST_F(ExportFile, MadeOfTwoExportsIsRefused) {
  World world(converse);
  const std::string session = session_with_runs(world);
  const auto early = lines_of(exported(world, session));
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const auto late = lines_of(exported(world, session));
  for (std::size_t i = 1; i < early.size(); ++i) {
    std::vector<std::string> spliced(early.begin(), early.begin() + static_cast<std::ptrdiff_t>(i));
    spliced.insert(spliced.end(), late.begin() + static_cast<std::ptrdiff_t>(i), late.end());
    EXPECT_TRUE(refused_line(joined(spliced))) << "from line " << i + 1;
  }
}

// Seals and hashes can be made by anyone; what they cover is still judged.
class ForgedExport : public ::testing::Test {
 protected:
  ForgedExport() {
    session_ = *make_session({"ses_1", "tester", "", {}, {}, {}, ""}, Timestamp{1'700'000'000'000'000});
    add("evt_1");
    add("evt_2");
    run_ = *make_run({"run_1", "ses_1", "hi", {}}, session_.created_at);
    run_.status = RunStatus::completed;
  }
  void add(const std::string& id) {
    Event event = *make_event({EventType::session_created, "ses_1", "", {}, {}, id}, session_.created_at);
    event.sequence_number = events_.size() + 1;
    EventView view = view_of(event);
    event.hash = hasher_.chain(events_.empty() ? hasher_.first("ses_1") : events_.back().hash, view);
    event.body_hash = view.body_hash;
    events_.push_back(event);
  }
  // What the reader says of it; empty when it is taken.
  std::string refusal() {
    ExportWriter writer({events_.size(), events_.back().hash});
    std::string text;
    writer.header(text, session_);
    for (const Event& event : events_) writer.event(text, view_of(event));
    for (const asmgr::Run& run : runs_) writer.run(text, run);
    writer.end(text);
    const auto read = read_text(text);
    return read ? std::string() : read.error().message();
  }
  EventHasher hasher_;
  Session session_;
  asmgr::Run run_;
  std::vector<Event> events_;
  std::vector<asmgr::Run> runs_;
};

TEST_F(ForgedExport, IsTakenWhenItIsSound) {
  runs_ = {run_};
  EXPECT_EQ(refusal(), "");
}

TEST_F(ForgedExport, TwoEventsWithOneIdAreRefused) {
  add("evt_1");
  EXPECT_EQ(refusal(), "line 4 has the id of event 1, evt_1; ids are unique within a session");
}

TEST_F(ForgedExport, RunsOutOfOrderDoubledOrOfAnotherSessionAreRefused) {
  runs_ = {run_, run_};
  EXPECT_EQ(refusal(), "line 5 has a run that does not come after run_1");
  runs_ = {run_};
  runs_[0].session_id = "ses_2";
  EXPECT_EQ(refusal(), "line 4 is a run of another session than the header's, ses_1");
  runs_[0] = run_;
  runs_[0].version = 0;
  EXPECT_EQ(refusal(), "line 4 has a run with version 0; versions count from 1");
}

TEST_F(ForgedExport, ASessionThatIsDeletedOrHasNoVersionIsRefused) {
  session_.deleted_at = session_.created_at;
  EXPECT_EQ(refusal(), "line 1 is the header of a deleted session");
  session_.deleted_at = {};
  session_.version = 0;
  EXPECT_EQ(refusal(), "line 1 has a session with version 0; versions count from 1");
}

TEST_F(ForgedExport, EventsOfAnotherSessionAreRefused) {
  events_[1].session_id = "ses_2";
  EXPECT_EQ(refusal(), "line 3 is an event of another session than the header's, ses_1");
}

TEST_F(ForgedExport, EventsBelowTheHeadAreRefused) {
  ExportWriter writer({3, events_.back().hash});
  std::string text;
  writer.header(text, session_);
  for (const Event& event : events_) writer.event(text, view_of(event));
  writer.end(text);
  EXPECT_THAT(read_text(text).error().message(),
              ::testing::StartsWith("line 4 ends the events at 2:" + to_hex(events_.back().hash) +
                                    " where the header says 3:"));
}

TEST(CopiedLogLimits, ALongerLogThanAUnitMayBeIsRefused) {
  CopiedLog log;
  const std::string text(CopiedLog::kMaxBytes / 4, 'x');
  EventView event;
  event.id = "evt_1";
  event.data = text;
  for (int i = 0; i < 3; ++i) {
    event.sequence_number += 1;
    ASSERT_TRUE(log.append(event));
  }
  event.sequence_number = 4;
  auto refused = log.append(event);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_operation);
  EXPECT_EQ(
      refused.error().message(),
      "the log is too long to be copied: at event 4 it passes 1000000 events or 512 MiB of text, the most that is "
      "written as one whole");
}

}  // namespace
}  // namespace asmgr::testing
