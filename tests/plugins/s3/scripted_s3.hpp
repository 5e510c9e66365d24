// An S3 service of ours with one bucket in memory, which checks every signature and fails where a test says.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/plugins/s3/signature_check.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr::s3_test {

struct StoredObject {
  std::string bytes;
  std::string headers;  // content type and metadata, as lines
  std::string etag;
};

struct S3Request {
  Target target;
  std::string key;  // of the object; empty = the bucket
  const asmgr_test::ReceivedRequest& received;

  [[nodiscard]] bool is(std::string_view method) const { return target.method == method; }
  [[nodiscard]] bool asks(const std::string& name) const { return target.query.contains(name); }
  // Of a multipart upload.
  [[nodiscard]] bool is_begin() const { return is("POST") && asks("uploads"); }
  [[nodiscard]] bool is_part() const { return is("PUT") && asks("partNumber"); }
  [[nodiscard]] bool is_complete() const { return is("POST") && asks("uploadId"); }
  [[nodiscard]] bool is_abort() const { return is("DELETE") && asks("uploadId"); }
  [[nodiscard]] bool is_plain_put() const { return is("PUT") && !asks("partNumber"); }
  [[nodiscard]] bool is_plain_get() const { return is("GET") && !key.empty(); }
};

// What goes wrong with the next `times` requests that fit.
struct Fault {
  std::function<bool(const S3Request&)> fits;
  int times = 1;
  bool performs = false;  // whether the request is carried out all the same
  // What is sent in the place of the answer (of an empty text, where it is not carried out).
  std::function<std::string(std::string answer)> spoil = [](std::string) { return std::string(); };
  bool cuts = true;  // and then the connection ends
  // How that is sent; empty = at once.
  std::function<void(asmgr_test::Peer& peer, const std::string& answer)> send{};
};

using Fits = std::function<bool(const S3Request&)>;
// The connection ends before the request is carried out, or after, so that the answer is lost.
[[nodiscard]] Fault cut_before(Fits fits, int times = 1);
[[nodiscard]] Fault cut_after(Fits fits, int times = 1);
// An answer that is an error; `headers` are lines.
[[nodiscard]] Fault refuse(Fits fits, int status, std::string code, int times = 1, std::string headers = {});
// The answer, changed; the connection goes on or ends after it.
[[nodiscard]] Fault spoil(Fits fits, std::function<std::string(std::string)> change, bool cuts, int times = 1);

[[nodiscard]] std::string error_xml(const std::string& code, const std::string& message, const std::string& more = {});

class ScriptedS3 {
 public:
  explicit ScriptedS3(Account account = {});
  ScriptedS3(const ScriptedS3&) = delete;
  ScriptedS3& operator=(const ScriptedS3&) = delete;

  static constexpr char kBucket[] = "artifacts";

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] const Account& account() const { return account_; }
  // The configuration of a client, with further keys: R"("timeout":1000)".
  [[nodiscard]] std::string config(const std::string& more = {}) const;

  void add(Fault fault);
  [[nodiscard]] bool has_faults();  // that have not happened as often as they are to
  // At most so many names in a page of a listing.
  void set_page(std::size_t names);
  [[nodiscard]] std::map<std::string, StoredObject> objects();
  void place(const std::string& key, StoredObject object);
  [[nodiscard]] std::size_t uploads();           // begun and neither completed nor ended
  [[nodiscard]] std::vector<std::string> log();  // "PUT name", "POST name ?uploads", ... of all requests
  [[nodiscard]] std::size_t largest_body();
  void forget_log();

 private:
  struct Upload {
    std::string key;
    std::string headers;
    std::map<int, StoredObject> parts;
  };

  void serve(asmgr_test::Peer& peer, const asmgr_test::ReceivedRequest& received);
  [[nodiscard]] S3Request request_of(const asmgr_test::ReceivedRequest& received) const;
  [[nodiscard]] std::string answer_to(const S3Request& request);
  [[nodiscard]] std::string put(const S3Request& request);
  [[nodiscard]] std::string get(const S3Request& request);
  [[nodiscard]] std::string list(const S3Request& request);
  [[nodiscard]] std::string begin(const S3Request& request);
  [[nodiscard]] std::string take_part(const S3Request& request, Upload& upload);
  [[nodiscard]] std::string complete(const S3Request& request, const Upload& upload);

  Account account_;
  std::mutex mutex_;
  std::map<std::string, StoredObject> objects_;
  std::map<std::string, Upload> uploads_;
  std::list<Fault> faults_;
  std::vector<std::string> log_;
  std::size_t largest_body_ = 0;
  std::size_t page_ = 1000;
  int last_upload_ = 0;
  asmgr_test::LoopbackServer server_;  // last: its threads use the others
};

}  // namespace asmgr::s3_test
