#include "core/model/error.hpp"

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"
#include "core/model/provider_error.hpp"

namespace asmgr {

// What few errors have, kept apart so that a Result is small.
struct Error::Rare {
  boost::json::object details;
  std::optional<ProviderError> provider_error;
};

Error::Error(ErrorCode code) : Error(code, std::string(default_message(code))) {}

Error::Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {
  if (message_.empty()) message_ = default_message(code);
}

Error::Error(ErrorCode code, std::string message, boost::json::object details) : Error(code, std::move(message)) {
  if (!details.empty()) rare_.reset(new Rare{std::move(details), std::nullopt});
}

Error::Error(const Error& other)
    : code_(other.code_),
      message_(other.message_),
      retryable_(other.retryable_),
      retry_after_ms_(other.retry_after_ms_),
      rare_(other.rare_ ? std::make_unique<Rare>(*other.rare_) : nullptr) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) *this = Error(other);
  return *this;
}

Error::Error(Error&&) noexcept = default;
Error::~Error() = default;

Error& Error::operator=(Error&& other) noexcept {
  // `error = std::move(error).with_detail(...)` is natural to write, and assigns an error to itself.
  if (this == &other) return *this;
  code_ = other.code_;
  message_ = std::move(other.message_);
  retryable_ = other.retryable_;
  retry_after_ms_ = other.retry_after_ms_;
  rare_ = std::move(other.rare_);
  return *this;
}

const boost::json::object& Error::details() const noexcept {
  // Immutable; an object with static storage is never counted or freed.
  static const boost::json::object kNone;
  return rare_ ? rare_->details : kNone;
}

const ProviderError* Error::provider_error() const noexcept {
  return rare_ && rare_->provider_error ? &*rare_->provider_error : nullptr;
}

Error&& Error::with_detail(std::string_view key, boost::json::value value) && {
  if (!rare_) rare_ = std::make_unique<Rare>();
  rare_->details[key] = std::move(value);
  return std::move(*this);
}

Error&& Error::with_details(boost::json::object details) && {
  if (!rare_) rare_ = std::make_unique<Rare>();
  for (auto& member : details) rare_->details[member.key()] = std::move(member.value());
  return std::move(*this);
}

Error&& Error::with_provider_error(ProviderError provider_error) && {
  if (!rare_) rare_ = std::make_unique<Rare>();
  rare_->provider_error = std::move(provider_error);
  return std::move(*this);
}

Error&& Error::with_retryable(bool retryable) && {
  retryable_ = retryable;
  return std::move(*this);
}

Error&& Error::with_retry_after_ms(std::int64_t milliseconds) && {
  retry_after_ms_ = milliseconds;
  return std::move(*this);
}

Error&& Error::with_context(std::string_view context) && {
  message_.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

boost::json::object Error::to_json() const {
  boost::json::object json;
  json.reserve(5);
  json["code"] = code_name(code_);
  json["message"] = message_;
  json["retryable"] = retryable();
  json["details"] = details();
  if (const ProviderError* provider_error = this->provider_error()) {
    json["provider_error"] = asmgr::to_json(*provider_error);
  } else {
    json["provider_error"] = nullptr;
  }
  return json;
}

boost::system::result<Error, Error> Error::from_json(const boost::json::value& json) {
  // Value and error are of one type here, so each return has to say which it is.
  using Read = boost::system::result<Error, Error>;
  const auto fail = [](Error error) { return Read(boost::system::in_place_error, std::move(error)); };
  auto in = ObjectReader::open(json, "error", ErrorCode::validation_error);
  if (!in) return fail(in.error());

  auto name = in->required_string("code");
  if (!name) return fail(name.error());
  const auto code = parse_error_code(*name);
  if (!code) return fail(in->mismatch("code", "a code of the taxonomy"));
  auto message = in->required_string("message");
  if (!message) return fail(message.error());
  auto retryable = in->optional_bool("retryable");
  if (!retryable) return fail(retryable.error());
  auto details = in->optional_object("details");
  if (!details) return fail(details.error());
  const auto* provider_error = find(in->object(), "provider_error");
  const bool has_provider_error = provider_error && !provider_error->is_null();
  if (has_provider_error && !provider_error->is_object()) {
    return fail(in->mismatch("provider_error", "an object or null"));
  }

  Error error(*code, std::string(*message), std::move(*details));
  if (*retryable && **retryable != is_retryable(*code)) error.retryable_ = **retryable;
  if (has_provider_error) {
    error = std::move(error).with_provider_error(provider_error_from_json(provider_error->get_object()));
  }
  return Read(boost::system::in_place_value, std::move(error));
}

std::string Error::to_string() const {
  std::string text = "[";
  text.append(code_name(code_)).append("] ").append(message_);
  return text;
}

bool Error::operator==(const Error& other) const {
  const ProviderError* mine = provider_error();
  const ProviderError* theirs = other.provider_error();
  const bool same_provider_error = mine && theirs ? *mine == *theirs : mine == theirs;
  return code_ == other.code_ && message_ == other.message_ && retryable() == other.retryable() &&
         retry_after_ms_ == other.retry_after_ms_ && same_provider_error && details() == other.details();
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw ErrorException(error);
}

}  // namespace asmgr
