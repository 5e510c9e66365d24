#include "core/workspace/blob_store.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "core/workspace/descriptor.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::size_t kBlobPart = 256 * 1024;
constexpr std::size_t kHexLength = 64;
constexpr std::string_view kTemporary = "new-";

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void add(std::string_view part) { EVP_DigestUpdate(context_.get(), part.data(), part.size()); }
  [[nodiscard]] ContentId finish() {
    ContentId id{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_.get(), id.data(), &length);
    return id;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

class BlobStore final : public Contents {
 public:
  explicit BlobStore(std::string folder) : folder_(std::move(folder)) {}

  Result<ContentId> add_file(int fd, std::uint64_t, std::string_view path) override {
    Adding adding(*this);
    if (::lseek(fd, 0, SEEK_SET) < 0) return file_error("read", path, errno);
    for (;;) {
      const ssize_t got = ::read(fd, buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read", path, errno);
      if (got == 0) return adding.finish();
      if (auto added = adding.add(std::string_view(buffer_).substr(0, static_cast<std::size_t>(got))); !added) {
        return added.error();
      }
    }
  }

  Result<ContentId> add_text(std::string_view text) override {
    Adding adding(*this);
    if (auto added = adding.add(text); !added) return added.error();
    return adding.finish();
  }

  Result<void> read(const ContentId& id, const std::function<Result<void>(std::string_view)>& part) override {
    const std::string path = path_of(id);
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.is_open()) return file_error("open the kept content", path, errno);
    Sha256 digest;
    for (;;) {
      const ssize_t got = ::read(file.get(), buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read the kept content", path, errno);
      if (got == 0) break;
      const std::string_view bytes = std::string_view(buffer_).substr(0, static_cast<std::size_t>(got));
      digest.add(bytes);
      if (auto taken = part(bytes); !taken) return taken.error();
    }
    if (digest.finish() == id) return {};
    return Error(ErrorCode::storage_error, "the kept content '" + path + "' is damaged: it is not what its name says");
  }

 private:
  // A content on its way in: hashed first part by part into a temporary file, which then gets its name.
  class Adding {
   public:
    explicit Adding(BlobStore& store) : store_(store) {}
    ~Adding() {
      if (file_.is_open()) ::unlink(temporary_.c_str());
    }
    Adding(const Adding&) = delete;
    Adding& operator=(const Adding&) = delete;

    // Small contents are kept in memory until it is known whether they are new.
    Result<void> add(std::string_view part) {
      digest_.add(part);
      if (!file_.is_open() && held_.size() + part.size() <= kBlobPart) {
        held_ += part;
        return {};
      }
      if (auto spilled = spill(); !spilled) return spilled.error();
      return write_all(file_.get(), part, temporary_);
    }
    Result<ContentId> finish() {
      const ContentId id = digest_.finish();
      const std::string path = store_.path_of(id);
      if (::access(path.c_str(), F_OK) == 0) return id;
      if (auto spilled = spill(); !spilled) return spilled.error();
      if (::rename(temporary_.c_str(), path.c_str()) != 0 && errno == ENOENT) {
        ::mkdir(split_path(path).first.c_str(), 0700);
        if (::rename(temporary_.c_str(), path.c_str()) != 0) return file_error("keep", path, errno);
      }
      file_ = Descriptor();
      return id;
    }

   private:
    Result<void> spill() {
      if (file_.is_open()) return {};
      static std::atomic<std::uint64_t> last{0};
      temporary_ = store_.folder_ + '/' + std::string(kTemporary) + std::to_string(::getpid()) + '-' +
                   std::to_string(last.fetch_add(1));
      file_ = Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (!file_.is_open()) return file_error("create", temporary_, errno);
      return write_all(file_.get(), held_, temporary_);
    }

    BlobStore& store_;
    Sha256 digest_;
    std::string held_;
    std::string temporary_;
    Descriptor file_;
  };

  [[nodiscard]] std::string path_of(const ContentId& id) const {
    const std::string hex = hex_of(id, id.size());
    return folder_ + '/' + hex.substr(0, 2) + '/' + hex.substr(2);
  }

  std::string folder_;
  std::string buffer_ = std::string(kBlobPart, '\0');
};

}  // namespace

std::unique_ptr<Contents> open_blob_store(std::string folder) {
  return std::make_unique<BlobStore>(std::move(folder));
}

Result<void> sweep_blob_store(const std::string& folder, const std::set<ContentId>& kept) {
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator at(folder, failed), end; at != end && !failed;
       at.increment(failed)) {
    if (!at->is_regular_file(failed)) continue;
    const std::string hex = at->path().parent_path().filename().string() + at->path().filename().string();
    const bool is_content = hex.size() == kHexLength;
    if (is_content && kept.contains(content_id_from_hex(hex))) continue;
    ::unlink(at->path().c_str());
  }
  if (failed) return file_error("sweep", folder, failed.value());
  return {};
}

}  // namespace asmgr::workspace
