// Runs a fuzzer without libFuzzer: every file of its corpus as it is, then changed at random with a fixed seed.
//
//   PROGRAM MUTATIONS KEPT PATH...     PATH: a file, or a folder of them
//
// MUTATIONS is how many changed inputs each file gives, a hundred times as many when ASMGR_TEST_PROFILE is long. The
// input that is being tried stands in the file KEPT, which is removed when all went well.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937;
constexpr std::size_t kMaxBytes = 64 * 1024;

std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

// What the parsers give a meaning to.
std::string_view piece(Random& random) {
  using namespace std::string_view_literals;
  static constexpr std::string_view kPieces[] = {"\"",
                                                 "'",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ":",
                                                 ",",
                                                 "\n",
                                                 "\r\n",
                                                 " ",
                                                 "\t",
                                                 "- ",
                                                 ": ",
                                                 "\\",
                                                 "\\u",
                                                 "\\ud800",
                                                 "null",
                                                 "true",
                                                 "0",
                                                 "-1",
                                                 "1e999",
                                                 "1e-999",
                                                 "0.1",
                                                 "*",
                                                 "?",
                                                 "&a",
                                                 "*a",
                                                 "<<",
                                                 "|",
                                                 ">",
                                                 "#",
                                                 "!!",
                                                 "---",
                                                 "${",
                                                 "$(",
                                                 "`",
                                                 ";",
                                                 "&&",
                                                 ">&2",
                                                 "sh -c ",
                                                 "A=1 ",
                                                 "\\\n",
                                                 "\xff",
                                                 "\0"sv,
                                                 "{}",
                                                 "[]",
                                                 "\"a\":",
                                                 "\xef",
                                                 "!",
                                                 "^",
                                                 "~",
                                                 "..",
                                                 "//",
                                                 "\xc0\x80",
                                                 "\u200b",
                                                 "\uff41",
                                                 "%",
                                                 "@",
                                                 "$",
                                                 "\x7f",
                                                 "1.0",
                                                 "18446744073709551616",
                                                 "9223372036854775808"};
  return kPieces[random() % std::size(kPieces)];
}

std::string changed(std::string text, const std::vector<std::string>& corpus, Random& random) {
  for (auto changes = 1 + random() % 5; changes > 0; --changes) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 6) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random() & 0xFFU);
        break;
      case 1:
        text.erase(at, 1 + random() % 8);
        break;
      case 2:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 40));
        break;
      case 3: {
        const std::string& other = corpus[random() % corpus.size()];
        text.insert(at, other.substr(random() % (other.size() + 1), random() % 60));
        break;
      }
      default:
        text.insert(at, piece(random));
    }
  }
  if (text.size() > kMaxBytes) text.resize(kMaxBytes);
  return text;
}

// Writes each input to the file before it is tried: whatever ends the process, the input is there.
class Trial {
 public:
  explicit Trial(std::string kept)
      : path_(std::move(kept)), file_(open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {}
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    close(file_);
    unlink(path_.c_str());
  }

  [[nodiscard]] bool try_one(const std::string& input) const {
    const bool kept =
        ftruncate(file_, 0) == 0 && pwrite(file_, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size());
    if (!kept) return false;
    // A copy of exactly that size, so that a sanitizer sees a read past the end.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    static_cast<void>(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()));
    return true;
  }

 private:
  std::string path_;
  int file_;
};

int run(const std::vector<std::string>& corpus, std::uint64_t mutations, const Trial& trial) {
  Random random(20260101);
  std::uint64_t tried = 0;
  for (const std::string& file : corpus) {
    for (std::uint64_t i = 0; i <= mutations; ++i, ++tried) {
      if (trial.try_one(i == 0 ? file : changed(file, corpus, random))) continue;
      std::fprintf(stderr, "the input cannot be kept in a file\n");
      return 2;
    }
  }
  std::printf("%zu files, %llu inputs\n", corpus.size(), static_cast<unsigned long long>(tried));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::fprintf(stderr, "usage: PROGRAM MUTATIONS KEPT PATH...\n");
    return 2;
  }
  const char* const profile = std::getenv("ASMGR_TEST_PROFILE");
  const std::uint64_t factor = profile != nullptr && std::string_view(profile) == "long" ? 100 : 1;
  const std::vector<std::string> corpus = read_corpus({arguments + 3, arguments + count});
  if (corpus.empty()) {
    std::fprintf(stderr, "the corpus is empty\n");
    return 2;
  }
  const Trial trial(arguments[2]);
  return run(corpus, std::strtoull(arguments[1], nullptr, 10) * factor, trial);
}
