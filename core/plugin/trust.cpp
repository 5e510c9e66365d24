#include "core/plugin/trust.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace asmgr {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxPluginBytes = std::uint64_t{1} << 30;

Error refuse(const PluginSubject& subject, std::string_view why, std::string_view what_to_do) {
  return load_error(ErrorCode::plugin_load_failed, subject, why, what_to_do);
}

std::string reason(int number) {
  return std::system_category().message(number);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  return hex(std::string_view(digest.data(), size));
}

bool trusted_owner(const struct stat& info) {
  return info.st_uid == 0 || info.st_uid == geteuid();
}

// Empty when only its owner, who is trusted, can change what `info` describes.
std::string distrust(const struct stat& info, std::string_view what) {
  if (!trusted_owner(info)) {
    return "its " + std::string(what) + " belongs to user " + std::to_string(info.st_uid) +
           ", who is neither root nor the user of this process";
  }
  const bool sticky_folder = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky_folder) {
    return "its " + std::string(what) + " can be written by " +
           ((info.st_mode & S_IWOTH) != 0 ? "anybody" : "its group");
  }
  return {};
}

Result<void> check_folder(const PluginSubject& subject, const fs::path& folder) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) {
    return refuse(subject, "its folder cannot be examined: " + reason(errno),
                  "check the permissions of " + folder.string());
  }
  const std::string why = distrust(info, "folder");
  if (why.empty()) return {};
  return refuse(subject, why, "run: chown root " + folder.string() + " && chmod go-w " + folder.string());
}

Result<std::string> read_all(const PluginSubject& subject, int descriptor, std::uint64_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(subject, "it cannot be read: " + reason(errno), "check the file and its disk");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::string> check_pin(const PluginSubject& subject, const TrustRules& rules, std::string_view bytes) {
  if (rules.sha256.empty()) return std::string();
  const auto pin = rules.sha256.find(subject.name);
  const std::string found = sha256_hex(bytes);
  if (pin == rules.sha256.end()) {
    return refuse(subject, "digests are pinned in plugins.trust.sha256, and this file is not among them",
                  "if you trust the file, add '" + subject.name + ": " + found + "' there");
  }
  std::string wanted = pin->second;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (wanted != found) {
    return refuse(subject, "its SHA-256 is " + found + ", pinned is " + wanted,
                  "if you changed the file on purpose, update plugins.trust.sha256; otherwise restore it");
  }
  return found;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace

Result<TrustedFile> read_trusted_file(const PluginSubject& given, const TrustRules& rules) {
  std::error_code failed;
  const fs::path file = fs::canonical(given.file, failed);
  if (failed) {
    return refuse(given, failed == std::errc::no_such_file_or_directory ? "there is no such file" : failed.message(),
                  "check the path");
  }
  const PluginSubject subject{given.name, file};

  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) {
    return refuse(subject, "it cannot be opened: " + reason(errno), "check the permissions of the file");
  }
  struct stat info {};
  if (fstat(descriptor.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return refuse(subject, "it is not a regular file", "name the plugin file itself");
  }
  if (const std::string why = distrust(info, "file"); !why.empty()) {
    return refuse(subject, why, "run: chown root " + file.string() + " && chmod go-w " + file.string());
  }
  // The folder of a link decides what the link points to, so both folders count.
  for (const fs::path& folder : {file.parent_path(), fs::absolute(given.file).parent_path()}) {
    if (Result<void> checked = check_folder(subject, folder); !checked) return checked.error();
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > kMaxPluginBytes) {
    return refuse(subject, "it is larger than 1 GiB", "a plugin is a shared library; check the path");
  }
  Result<std::string> bytes = read_all(subject, descriptor.get(), size);
  if (!bytes) return bytes.error();
  Result<std::string> digest = check_pin(subject, rules, *bytes);
  if (!digest) return digest.error();

  TrustedFile trusted;
  trusted.file = file;
  trusted.identity = {info.st_dev, info.st_ino, size,
                      std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
  trusted.bytes = std::move(*bytes);
  trusted.sha256 = std::move(*digest);
  return trusted;
}

Result<int> seal_in_memory(const PluginSubject& subject, std::string_view bytes) {
  Descriptor memory(memfd_create(subject.name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  bool good = memory.get() >= 0;
  while (good && !bytes.empty()) {
    const ssize_t written = write(memory.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    good = written > 0;
    if (good) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
  if (!good) {
    return refuse(subject, "it cannot be copied to sealed memory: " + reason(errno),
                  "free some memory or descriptors and try again");
  }
  return memory.release();
}

}  // namespace asmgr
