#include "tests/plugins/s3/scripted_s3.hpp"

#include <algorithm>
#include <sstream>

namespace asmgr::s3_test {
namespace {

using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;

constexpr std::size_t kSmallestPart = std::size_t{5} << 20;

std::string etag_of(const std::string& bytes) {
  return "\"" + sha256_hex(bytes).substr(0, 32) + "\"";
}

std::string xml_answer(int status, const std::string& xml, const std::string& headers = {}) {
  return asmgr_test::answer(status, "application/xml",
                            R"(<?xml version="1.0" encoding="UTF-8"?>)"
                            "\n" +
                                xml,
                            headers);
}

std::string refusal(int status, const std::string& code, const std::string& message = "as the test says") {
  return xml_answer(status, error_xml(code, message));
}

std::string in_xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else {
      out += c;
    }
  }
  return out;
}

// Content type and metadata of a request, as lines for answers.
std::string kept_headers(const ReceivedRequest& request) {
  std::string kept;
  std::istringstream lines(request.head);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("x-amz-meta-") || line.starts_with("content-type:")) kept += line + "\n";
  }
  return kept;
}

// What S3 counts: names without "x-amz-meta-", and values.
bool has_too_much_metadata(const std::string& headers) {
  std::size_t size = 0;
  std::istringstream lines(headers);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("x-amz-meta-")) size += line.size() - std::string("x-amz-meta-: \r").size();
  }
  return size > 2048;
}

std::string head_of(int status, const StoredObject& object, std::size_t size, const std::string& more = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " OK\r\n" + object.headers + "etag: " + object.etag +
         "\r\ncontent-length: " + std::to_string(size) + "\r\n" + more + "\r\n";
}

}  // namespace

std::string error_xml(const std::string& code, const std::string& message, const std::string& more) {
  return "<Error><Code>" + code + "</Code><Message>" + in_xml(message) + "</Message>" + more +
         "<RequestId>4442587FB7D0A2F9</RequestId></Error>";
}

Fault cut_before(Fits fits, int times) {
  Fault fault;
  fault.fits = std::move(fits);
  fault.times = times;
  return fault;
}

Fault cut_after(Fits fits, int times) {
  Fault fault = cut_before(std::move(fits), times);
  fault.performs = true;
  return fault;
}

Fault refuse(Fits fits, int status, std::string code, int times, std::string headers) {
  Fault fault = cut_before(std::move(fits), times);
  fault.cuts = false;
  fault.spoil = [=](const std::string&) { return xml_answer(status, error_xml(code, "as the test says"), headers); };
  return fault;
}

Fault spoil(Fits fits, std::function<std::string(std::string)> change, bool cuts, int times) {
  Fault fault = cut_after(std::move(fits), times);
  fault.spoil = std::move(change);
  fault.cuts = cuts;
  return fault;
}

ScriptedS3::ScriptedS3(Account account)
    : account_(std::move(account)),
      server_([this](Peer& peer, const ReceivedRequest& received) { serve(peer, received); }) {}

std::string ScriptedS3::config(const std::string& more) const {
  return R"({"endpoint":")" + url() + R"(","bucket":")" + kBucket + R"(","access_key":")" + account_.access_key +
         R"(","secret_key":")" + account_.secret_key + R"(","session_token":")" + account_.session_token + "\"" +
         (more.empty() ? "" : "," + more) + "}";
}

void ScriptedS3::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

bool ScriptedS3::has_faults() {
  const std::lock_guard lock(mutex_);
  return !faults_.empty();
}

void ScriptedS3::set_page(std::size_t names) {
  const std::lock_guard lock(mutex_);
  page_ = names;
}

std::map<std::string, StoredObject> ScriptedS3::objects() {
  const std::lock_guard lock(mutex_);
  return objects_;
}

void ScriptedS3::place(const std::string& key, StoredObject object) {
  const std::lock_guard lock(mutex_);
  objects_[key] = std::move(object);
}

std::size_t ScriptedS3::uploads() {
  const std::lock_guard lock(mutex_);
  return uploads_.size();
}

std::vector<std::string> ScriptedS3::log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::size_t ScriptedS3::largest_body() {
  const std::lock_guard lock(mutex_);
  return largest_body_;
}

void ScriptedS3::forget_log() {
  const std::lock_guard lock(mutex_);
  log_.clear();
}

S3Request ScriptedS3::request_of(const ReceivedRequest& received) const {
  S3Request request{target_of(received), {}, received};
  const std::string bucket = kBucket;
  std::string path = request.target.path.substr(1);
  if (!received.header("host").starts_with(bucket + ".")) {
    if (path != bucket && !path.starts_with(bucket + "/")) {
      request.target.method = "elsewhere";
      return request;
    }
    path = path == bucket ? "" : path.substr(bucket.size() + 1);
  }
  request.key = path;
  return request;
}

void ScriptedS3::serve(Peer& peer, const ReceivedRequest& received) {
  const S3Request request = request_of(received);
  std::string answer;
  bool cuts = false;
  std::function<void(Peer&, const std::string&)> send;
  {
    const std::lock_guard lock(mutex_);
    std::string line = request.target.method + " " + request.key;
    for (const char* sub : {"uploads", "partNumber", "uploadId"})
      line += request.asks(sub) ? std::string(" ?") + sub : "";
    log_.push_back(line);
    largest_body_ = std::max(largest_body_, received.body.size());
    const auto fault =
        std::find_if(faults_.begin(), faults_.end(), [&](const Fault& one) { return one.fits(request); });
    if (fault == faults_.end()) {
      answer = answer_to(request);
    } else {
      answer = fault->spoil(fault->performs ? answer_to(request) : std::string());
      cuts = fault->cuts;
      send = fault->send;
      if (--fault->times == 0) faults_.erase(fault);
    }
  }
  // A HEAD has the head of its answer only.
  if (request.is("HEAD")) answer.resize(std::min(answer.size(), answer.find("\r\n\r\n") + 4));
  if (send) {
    send(peer, answer);
  } else {
    peer.send(answer);
  }
  if (cuts) peer.close_after();
}

std::string ScriptedS3::answer_to(const S3Request& request) {
  const Refusal refused = check_signature(request.received, account_);
  if (refused.status != 0) {
    const std::string region =
        refused.code == "AuthorizationHeaderMalformed" ? "<Region>" + account_.region + "</Region>" : "";
    return xml_answer(refused.status, error_xml(refused.code, refused.message, region));
  }
  if (request.is("elsewhere")) return refusal(404, "NoSuchBucket");
  if (request.key.size() > 1024) return refusal(400, "KeyTooLongError");
  if (request.key.empty()) return request.is("GET") ? list(request) : refusal(405, "MethodNotAllowed");
  if (request.is_begin()) return begin(request);
  if (request.asks("uploadId")) {
    const auto upload = uploads_.find(request.target.query.at("uploadId"));
    if (upload == uploads_.end() || upload->second.key != request.key) return refusal(404, "NoSuchUpload");
    if (request.is_part()) return take_part(request, upload->second);
    const std::string answer = request.is_complete() ? complete(request, upload->second) : "HTTP/1.1 204 OK\r\n\r\n";
    if (answer.starts_with("HTTP/1.1 20")) uploads_.erase(upload);
    return answer;
  }
  if (request.is("PUT")) return put(request);
  if (request.is("GET") || request.is("HEAD")) return get(request);
  if (!request.is("DELETE")) return refusal(405, "MethodNotAllowed");
  objects_.erase(request.key);
  return "HTTP/1.1 204 OK\r\n\r\n";
}

std::string ScriptedS3::put(const S3Request& request) {
  if (request.received.header("content-length").empty()) return refusal(411, "MissingContentLength");
  const StoredObject object{request.received.body, kept_headers(request.received), etag_of(request.received.body)};
  if (has_too_much_metadata(object.headers)) return refusal(400, "MetadataTooLarge");
  objects_[request.key] = object;
  return asmgr_test::answer(200, "text/plain", "", "etag: " + object.etag + "\r\n");
}

std::string ScriptedS3::get(const S3Request& request) {
  const auto found = objects_.find(request.key);
  if (found == objects_.end()) return refusal(404, "NoSuchKey");
  const StoredObject& object = found->second;
  const std::string match = request.received.header("if-match");
  if (!match.empty() && match != object.etag) return refusal(412, "PreconditionFailed");
  const std::string range = request.received.header("range");
  if (range.empty()) return head_of(200, object, object.bytes.size()) + object.bytes;
  const std::size_t dash = range.find('-');
  const std::size_t from = std::stoul(range.substr(std::string("bytes=").size()));
  if (from >= object.bytes.size()) return refusal(416, "InvalidRange");
  const std::size_t to = dash + 1 == range.size() ? object.bytes.size() - 1 : std::stoul(range.substr(dash + 1));
  const std::string piece = object.bytes.substr(from, to - from + 1);
  const std::string told = "content-range: bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" +
                           std::to_string(object.bytes.size()) + "\r\n";
  return head_of(206, object, piece.size(), told) + piece;
}

std::string ScriptedS3::list(const S3Request& request) {
  const auto asked = [&](const std::string& name) {
    const auto found = request.target.query.find(name);
    return found == request.target.query.end() ? std::string() : found->second;
  };
  if (asked("list-type") != "2") return refusal(400, "InvalidArgument");
  std::size_t limit = page_;
  if (!asked("max-keys").empty()) limit = std::min<std::size_t>(limit, std::stoul(asked("max-keys")));
  const std::string token = asked("continuation-token");
  const std::string after = token.empty() ? asked("start-after") : token.substr(std::string("after ").size());
  std::string xml = R"(<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (auto it = objects_.upper_bound(after); it != objects_.end() && !more; ++it) {
    if (!it->first.starts_with(asked("prefix"))) continue;
    more = count == limit;
    if (more) break;
    last = it->first;
    xml += "<Contents><Key>" + in_xml(last) + "</Key><Size>" + std::to_string(it->second.bytes.size()) +
           "</Size></Contents>";
    ++count;
  }
  xml += std::string("<IsTruncated>") + (more ? "true" : "false") + "</IsTruncated>";
  if (more) xml += "<NextContinuationToken>after " + in_xml(last) + "</NextContinuationToken>";
  return xml_answer(200, xml + "</ListBucketResult>");
}

std::string ScriptedS3::begin(const S3Request& request) {
  const std::string headers = kept_headers(request.received);
  if (has_too_much_metadata(headers)) return refusal(400, "MetadataTooLarge");
  const std::string id = "upload/" + std::to_string(++last_upload_) + "+=";
  uploads_[id] = {request.key, headers, {}};
  return xml_answer(200, "<InitiateMultipartUploadResult><Bucket>" + std::string(kBucket) + "</Bucket><UploadId>" + id +
                             "</UploadId></InitiateMultipartUploadResult>");
}

std::string ScriptedS3::take_part(const S3Request& request, Upload& upload) {
  const int number = std::stoi(request.target.query.at("partNumber"));
  StoredObject& part = upload.parts[number];
  part.bytes = request.received.body;
  part.etag = etag_of(part.bytes + std::to_string(number));
  return asmgr_test::answer(200, "text/plain", "", "etag: " + part.etag + "\r\n");
}

std::string ScriptedS3::complete(const S3Request& request, const Upload& upload) {
  StoredObject whole{"", upload.headers, ""};
  std::size_t at = 0;
  for (auto part = upload.parts.begin(); part != upload.parts.end(); ++part) {
    const std::string named = "<PartNumber>" + std::to_string(part->first) + "</PartNumber><ETag>" + part->second.etag;
    at = request.received.body.find(named, at);
    if (at == std::string::npos) return refusal(400, "InvalidPart");
    if (std::next(part) != upload.parts.end() && part->second.bytes.size() < kSmallestPart)
      return refusal(400, "EntityTooSmall");
    whole.bytes += part->second.bytes;
  }
  whole.etag = "\"" + sha256_hex(whole.bytes).substr(0, 32) + "-" + std::to_string(upload.parts.size()) + "\"";
  objects_[request.key] = whole;
  return xml_answer(
      200, "<CompleteMultipartUploadResult><Key>" + in_xml(request.key) + "</Key></CompleteMultipartUploadResult>");
}

}  // namespace asmgr::s3_test
