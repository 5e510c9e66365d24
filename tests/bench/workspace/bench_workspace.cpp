// A snapshot of a tree that has not changed, by both backends, beside a walk by the C library that asks for the state
// of every file (the floor). Each figure is the median of five rounds, in turn with the floor. Exits 1 when a snapshot
// takes 300 ms or more, or reads a file (not with --smoke).
#include <ftw.h>
#include <git2.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "core/workspace/workspace.hpp"

namespace {

using namespace asmgr;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr double kAllowedMs = 300;
constexpr int kFilesOfAFolder = 50;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() / 2];
}

void make_tree(const std::filesystem::path& root, int files) {
  for (int i = 0; i < files; ++i) {
    const int folder = i / kFilesOfAFolder;
    const auto parent = root / ("group" + std::to_string(folder / 20)) / ("folder" + std::to_string(folder));
    if (i % kFilesOfAFolder == 0) std::filesystem::create_directories(parent);
    std::ofstream(parent / ("file" + std::to_string(i) + ".txt")) << "content of file " << i << '\n';
  }
}

double bare_walk(const std::filesystem::path& root) {
  const auto begin = Clock::now();
  ::nftw(
      root.c_str(), [](const char*, const struct ::stat*, int, FTW*) { return 0; }, 64, FTW_PHYS);
  return ms_since(begin);
}

struct Figures {
  double first_ms = 0;
  std::vector<double> unchanged_ms;
  std::uint64_t read_again = 0;
};

int measure(const std::filesystem::path& base, const std::filesystem::path& root, workspace::Strategy strategy,
            Figures& out, std::vector<double>& floor) {
  workspace::Settings settings;
  settings.path = root.string();
  settings.strategy = strategy;
  workspace::Surroundings around;
  around.state_folder = (base / "state").string();
  auto folder = workspace::Workspace::open(settings, around);
  if (!folder) return std::fprintf(stderr, "%s\n", folder.error().message().c_str()), 2;
  const auto begin = Clock::now();
  if (!folder->take("before", system_clock().now(), nullptr)) return 2;
  out.first_ms = ms_since(begin);
  for (int round = 0; round < kRounds; ++round) {
    floor.push_back(bare_walk(root));
    auto again = workspace::Workspace::open(settings, around);
    const auto at = Clock::now();
    auto taken = again->take("after", system_clock().now(), nullptr);
    if (!taken) return 2;
    out.unchanged_ms.push_back(ms_since(at));
    out.read_again += taken->files_read;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const int files = smoke ? 1'000 : 50'000;
  std::string name = (std::filesystem::temp_directory_path() / "bench-workspace-XXXXXX").string();
  const std::filesystem::path base = ::mkdtemp(name.data());
  const std::filesystem::path root = std::filesystem::canonical(base) / "tree";
  make_tree(root, files);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // older than the grain of the file system's clock
  std::vector<double> floor;
  Figures hash;
  Figures git;
  int failed = measure(base, root, workspace::Strategy::hash, hash, floor);
  git_libgit2_init();
  git_repository* repository = nullptr;
  if (git_repository_init(&repository, root.c_str(), 0) != 0) failed = 2;
  git_repository_free(repository);
  if (failed == 0) failed = measure(base, root, workspace::Strategy::git, git, floor);
  std::filesystem::remove_all(base);
  if (failed != 0) return failed;
  std::printf("%d files\n", files);
  std::printf("%-44s %8.1f ms\n", "a walk that looks at each (floor)", median(floor));
  std::printf("%-44s %8.1f ms (the first: %.0f ms)\n", "hash: nothing changed", median(hash.unchanged_ms),
              hash.first_ms);
  std::printf("%-44s %8.1f ms (the first: %.0f ms)\n", "git: nothing changed", median(git.unchanged_ms), git.first_ms);
  std::printf("%llu files read again\n", static_cast<unsigned long long>(hash.read_again + git.read_again));
  if (smoke) return 0;
  const bool slow = median(hash.unchanged_ms) >= kAllowedMs || median(git.unchanged_ms) >= kAllowedMs;
  return slow || hash.read_again + git.read_again != 0 ? 1 : 0;
}
