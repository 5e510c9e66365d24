// Reads the members of one JSON object with errors that name the object, the member, what was expected and what is
// there.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/time.hpp"

namespace asmgr {

// How deep a document of ours may be: payloads of kMaxJsonDepth and the shapes they stand in.
inline constexpr std::size_t kMaxDocumentDepth = 72;
// parse_json_object with that depth.
[[nodiscard]] Result<boost::json::object> parse_document(std::string_view text, std::string_view what);

// Borrows the object. `what` must outlive the reader ("session"); every error has the given code and {"field"} in its
// details. A member that is null counts as missing; `optional_...` then answer the empty value.
class ObjectReader {
 public:
  // Errors when the value is no object.
  [[nodiscard]] static Result<ObjectReader> open(const boost::json::value& json, std::string_view what, ErrorCode code);
  ObjectReader(const boost::json::object& object, std::string_view what, ErrorCode code) noexcept
      : object_(&object), what_(what), code_(code) {}

  [[nodiscard]] const boost::json::object& object() const noexcept { return *object_; }

  // Views into the object.
  [[nodiscard]] Result<std::string_view> required_string(std::string_view key) const;  // not empty
  [[nodiscard]] Result<std::string_view> optional_string(std::string_view key) const;
  [[nodiscard]] Result<std::string_view> required_id(std::string_view key) const;  // is_valid_id
  [[nodiscard]] Result<std::string_view> optional_id(std::string_view key) const;
  [[nodiscard]] Result<Timestamp> required_time(std::string_view key) const;
  [[nodiscard]] Result<Timestamp> optional_time(std::string_view key) const;
  // At least `least`; `fallback` when missing.
  [[nodiscard]] Result<std::int64_t> optional_int(std::string_view key, std::int64_t least,
                                                  std::int64_t fallback) const;
  [[nodiscard]] Result<std::optional<bool>> optional_bool(std::string_view key) const;
  [[nodiscard]] Result<boost::json::object> optional_object(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> optional_strings(std::string_view key) const;

  // `cannot read session: "status" must be EXPECTED, but it is 7`
  [[nodiscard]] Error mismatch(std::string_view key, std::string_view expected) const;
  // What is wrong inside a member, said of the object: `cannot read run: cannot read error: ...`.
  [[nodiscard]] Error nested(const Error& inner) const;

 private:
  const boost::json::object* object_;
  std::string_view what_;
  ErrorCode code_;
};

// "missing", "null", "an array", `"text"`, `7`: what stands where something else was expected. Long text is cut.
[[nodiscard]] std::string describe_found(const boost::json::value* found);

}  // namespace asmgr
