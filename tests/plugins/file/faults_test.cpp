// Every system call fails once, and the process ends once at every one: what is stored is whole and nothing is left.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "tests/plugins/file/file_root.hpp"

namespace asmgr::file_store {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// Longer than a step of a key, so that folders are made; the key beside it shares the content that is replaced.
const std::string kKey = std::string(70, 'k') + "ey";
constexpr char kBeside[] = "beside";
constexpr int kMoreCallsThanAny = 400;

class Faults : public FileRoot {
 protected:
  // A store with kKey = kBeside = "old".
  void given_a_store() {
    std::filesystem::remove_all(root_);
    const auto store = open();
    ASSERT_EQ(store->put(kKey, "old").status, ASMGR_OK);
    ASSERT_EQ(store->put(kBeside, "old").status, ASMGR_OK);
  }
  void expect_old_or(const std::string& text, const std::string& where) {
    SCOPED_TRACE(where);
    {
      const auto store = open();
      const auto got = store->get(kKey);
      if (got.status == ASMGR_E_NOT_FOUND) {
        EXPECT_EQ(text, "(gone)");
      } else {
        EXPECT_EQ(got.status, ASMGR_OK) << got.message;
        EXPECT_THAT(got.value, AnyOf("old", text));
      }
      EXPECT_EQ(store->get(kBeside).value, "old");
    }
    expect_nothing_left();
  }
};

TEST_F(Faults, APutIsWholeOrNotAtAllWhicheverCallFails) {
  for (const int error : {ENOSPC, EIO, EROFS}) {
    bool failed = true;
    int number = 1;
    for (; failed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
      SCOPED_TRACE("call " + std::to_string(number) + ", " + strerror(error));
      given_a_store();
      {
        const auto store = open();
        sys::fail_call(number, error);
        const auto put = store->put(kKey, "new");
        failed = sys::heal();
        const bool done = put.status == ASMGR_OK || put.status == ASMGR_E_STORAGE_AMBIGUOUS;
        EXPECT_EQ(store->get(kKey).value, done ? "new" : "old") << put.status << " " << put.message;
        const auto wrong = error == ENOSPC ? ASMGR_E_STORAGE_FULL : ASMGR_E_STORAGE_WRITE;
        EXPECT_TRUE(done || put.status == wrong) << put.status << " " << put.message;
        EXPECT_TRUE(done || put.message.find("/root") != std::string::npos) << put.message;
      }
      expect_old_or("new", "afterwards");
    }
    EXPECT_GT(number, 20) << "calls are counted";
    EXPECT_LT(number, kMoreCallsThanAny);
  }
}

TEST_F(Faults, ARemovalIsDoneOrNotWhicheverCallFails) {
  bool failed = true;
  int number = 1;
  for (; failed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    given_a_store();
    {
      const auto store = open();
      sys::fail_call(number, EIO);
      const auto removed = store->remove(kKey);
      failed = sys::heal();
      const bool done = removed.status == ASMGR_OK || removed.status == ASMGR_E_STORAGE_AMBIGUOUS;
      EXPECT_EQ(store->get(kKey).status, done ? ASMGR_E_NOT_FOUND : ASMGR_OK) << removed.message;
    }
    expect_old_or("(gone)", "afterwards");
  }
  EXPECT_GT(number, 8);
}

TEST_F(Faults, AReadThatFailsSaysSo) {
  bool failed = true;
  for (int number = 1; failed && number < kMoreCallsThanAny; ++number) {
    given_a_store();
    const auto store = open();
    sys::fail_call(number, EIO);
    const auto got = store->get(kKey);
    failed = sys::heal();
    if (!failed) break;
    EXPECT_EQ(got.status, ASMGR_E_STORAGE_READ) << got.message;
    EXPECT_THAT(got.message, HasSubstr("cannot read the artifact 'kkk"));
  }
}

// Runs `work` in a process that ends at its `number`-th call; true when it did.
bool ends_at(int number, const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    sys::end_at_call(number);
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST_F(Faults, APutIsWholeOrNotAtAllWhereverItsProcessIsKilled) {
  bool killed = true;
  int number = 1;
  for (; killed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
    given_a_store();
    killed = ends_at(number, [this] { open()->put(kKey, "new"); });
    expect_old_or("new", "killed at call " + std::to_string(number));
  }
  EXPECT_GT(number, 20);
}

TEST_F(Faults, ARemovalIsDoneOrNotWhereverItsProcessIsKilled) {
  bool killed = true;
  for (int number = 1; killed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
    given_a_store();
    killed = ends_at(number, [this] { open()->remove(kKey); });
    expect_old_or("(gone)", "killed at call " + std::to_string(number));
  }
}

TEST_F(Faults, AStoreCanBeMadeWhereMakingItWasCutShortAnywhere) {
  bool killed = true;
  for (int number = 1; killed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
    std::filesystem::remove_all(root_);
    killed = ends_at(number, [this] { static_cast<void>(open()); });
    EXPECT_EQ(open()->put("k", "x").status, ASMGR_OK) << "killed at call " << number;
  }
}

TEST_F(Faults, CleaningUpThatIsCutShortIsDoneByTheNext) {
  bool killed = true;
  for (int number = 1; killed && number < kMoreCallsThanAny && !HasFailure(); ++number) {
    given_a_store();
    // As a process leaves it that is killed between the object and its entry.
    const auto object = root_ / "objects" / "aa" / std::string(62, 'a');
    std::filesystem::create_directories(object);
    std::filesystem::create_directories(root_ / "tmp" / "dead");
    write_text(object / "bytes", "never named");
    write_text(object / std::string(64, 'b'), "");
    write_text(root_ / "tmp" / "dead" / "1", "entry");
    killed = ends_at(number, [this] { static_cast<void>(open()); });
    expect_old_or("never named", "cleaning killed at call " + std::to_string(number));
  }
}

TEST_F(Faults, AFullOrReadOnlyDiskCanBeRead) {
  given_a_store();
  for (const int error : {ENOSPC, EROFS}) {
    sys::fail_changes(error);
    const auto store = open();
    EXPECT_EQ(store->get(kKey).value, "old");
    EXPECT_EQ(store->stat(kBeside).value.bytes, 3u);
    const auto put = store->put("k", "x");
    EXPECT_EQ(put.status, error == ENOSPC ? ASMGR_E_STORAGE_FULL : ASMGR_E_STORAGE_WRITE) << put.message;
    EXPECT_NE(store->remove(kKey).status, ASMGR_OK);
    sys::heal();
    EXPECT_EQ(store->put("k", "x").status, ASMGR_OK) << "once there is room again";
  }
}

}  // namespace
}  // namespace asmgr::file_store
