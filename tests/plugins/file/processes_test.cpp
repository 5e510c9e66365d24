// Several processes on one root, killed at any moment.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <random>

#include "tests/plugins/file/file_root.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::file_store {
namespace {

// A process that does `work`, which writes what it has done to its pipe.
class Forked {
 public:
  explicit Forked(const std::function<void(int done)>& work) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      work(ends[1]);
      _exit(0);
    }
    close(ends[1]);
    from_ = ends[0];
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;
  ~Forked() {
    end(SIGKILL);
    close(from_);
  }
  // One byte of what it says; -1 at the end.
  int receive() {
    unsigned char byte = 0;
    return read(from_, &byte, 1) == 1 ? byte : -1;
  }
  int end(int signal) {
    if (pid_ <= 0) return 0;
    if (signal != 0) kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
};

constexpr int kKeys = 5;

// Tells by itself which one it is and whether all of it is there (which the store's own digest says too).
std::string content(int key, int round) {
  return std::to_string(key) + ":" + std::to_string(round) + ":" +
         std::string(static_cast<std::size_t>(round % 7) * 3000, static_cast<char>('a' + round % 26));
}

class Processes : public FileRoot {};

TEST_F(Processes, WhatWasSaidToBeStoredIsThereHoweverItsProcessEnds) {
  const std::uint32_t seed = test::seed_or(20260808);
  SCOPED_TRACE(test::seed_text(seed));
  std::mt19937 random(seed);
  std::map<int, int> last;  // round by key, as it was said to be stored
  int round = 0;
  const int kills = test::in_profile(25, 500);
  for (int kill_number = 0; kill_number < kills && !HasFailure(); ++kill_number) {
    const int first = round;
    Forked writer([this, first](int done) {
      const auto store = open();
      for (int i = first;; ++i) {
        if (store->put("key" + std::to_string(i % kKeys), content(i % kKeys, i)).status != ASMGR_OK) _exit(1);
        const char byte = 1;
        if (write(done, &byte, 1) != 1) _exit(2);
      }
    });
    const int wait_for = static_cast<int>(random() % 20);
    for (int i = 0; i < wait_for; ++i) {
      ASSERT_EQ(writer.receive(), 1);
      last[round % kKeys] = round;
      ++round;
    }
    usleep(static_cast<useconds_t>(random() % 2000));  // any moment of the next one
    writer.end(SIGKILL);
    while (writer.receive() == 1) {
      last[round % kKeys] = round;
      ++round;
    }
    const auto store = open();
    for (const auto& [key, known] : last) {
      const auto got = store->get("key" + std::to_string(key));
      ASSERT_EQ(got.status, ASMGR_OK) << got.message;
      const bool is_next = key == round % kKeys && got.value == content(key, round);
      EXPECT_TRUE(is_next || got.value == content(key, known)) << got.value.substr(0, 20) << " of round " << round;
    }
  }
  expect_nothing_left();
}

TEST_F(Processes, ThoseThatStoreAndRemoveTheSameContentDoNotTakeItFromEachOther) {
  static_cast<void>(open());
  std::vector<std::unique_ptr<Forked>> workers;
  const int rounds = test::in_profile(60, 2000);
  for (int worker = 0; worker < 4; ++worker) {
    workers.push_back(std::make_unique<Forked>([this, worker, rounds](int) {
      const auto store = open();
      const std::string own = "own" + std::to_string(worker);
      for (int i = 0; i < rounds; ++i) {
        // One of two contents for all of them; what is one's own must be there whatever the others do.
        const std::string text = i % 2 == 0 ? "shared content" : "other content";
        if (store->put(own, text).status != ASMGR_OK) _exit(1);
        if (store->put("common", text).status != ASMGR_OK) _exit(2);
        if (store->get(own).value != text) _exit(3);
        const auto common = store->get("common");
        if (common.status != ASMGR_OK && common.status != ASMGR_E_NOT_FOUND) _exit(4);
        if (i % 3 == 0 && store->remove("common").status != ASMGR_OK) _exit(5);
        if (i % 5 == 0 && store->remove(own).status != ASMGR_OK) _exit(6);
        if (store->list().status != ASMGR_OK) _exit(7);
      }
    }));
  }
  for (const auto& worker : workers) {
    const int status = worker->end(0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a worker ended with " << status;
  }
  expect_nothing_left();
}

TEST_F(Processes, OpeningRemovesWhatADeadOneLeftAndNotWhatALivingOneIsWriting) {
  {
    const auto store = open();
    bool first = true;
    const auto put = store->put("k", [&](char* buffer, std::uint64_t) -> std::int64_t {
      if (!std::exchange(first, false)) return 0;
      std::filesystem::create_directories(root_ / "tmp" / "dead");
      write_text(root_ / "tmp" / "dead" / "1", "left");
      static_cast<void>(open());
      EXPECT_FALSE(std::filesystem::exists(root_ / "tmp" / "dead"));
      EXPECT_EQ(files("tmp", "").size(), 1u) << "its own file";
      buffer[0] = 'x';
      return 1;
    });
    EXPECT_EQ(put.status, ASMGR_OK) << put.message;
    EXPECT_EQ(store->get("k").value, "x");
  }
  expect_nothing_left();
}

}  // namespace
}  // namespace asmgr::file_store
