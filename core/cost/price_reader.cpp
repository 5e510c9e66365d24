#include "core/cost/price_reader.hpp"

#include <algorithm>
#include <cmath>

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

// Far above any price, and small enough that a whole day of tokens fits an amount.
constexpr double kMostUsdPerMillion = 1e9;
constexpr double kPicoPerUsdPerMillion = 1e6;

bool is_plain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string one_of(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

Result<std::int64_t> read_rate(const boost::json::value& json, const std::string& path) {
  double usd = -1;
  if (const auto* number = json.if_int64()) usd = static_cast<double>(*number);
  if (const auto* number = json.if_uint64()) usd = static_cast<double>(*number);
  if (const auto* number = json.if_double()) usd = *number;
  if (!(usd >= 0 && usd <= kMostUsdPerMillion)) {
    return price_problem(
        path, "must be a price in USD per million tokens, from 0 to 1000000000, but it is " + describe_found(&json));
  }
  return static_cast<std::int64_t>(std::llround(usd * kPicoPerUsdPerMillion));
}

}  // namespace

Error price_problem(std::string_view path, std::string_view problem) {
  return Error(ErrorCode::config_invalid, std::string(path) + ": " + std::string(problem))
      .with_detail("path", boost::json::value(path));
}

std::string price_path(std::string_view path, std::string_view name) {
  if (is_plain(name)) return std::string(path) + "." + std::string(name);
  std::string text(path);
  text += '[';
  append_json_string(text, name);
  return text + "]";
}

Result<const boost::json::object*> read_price_object(const boost::json::value& json, std::string_view path,
                                                     std::initializer_list<std::string_view> allowed) {
  const boost::json::object* object = json.if_object();
  if (object == nullptr) return price_problem(path, "must be an object, but it is " + describe_found(&json));
  for (const auto& member : *object) {
    const std::string_view key(member.key().data(), member.key().size());
    if (allowed.size() == 0 && key.empty()) return price_problem(path, "has a member without a name; give it one");
    if (allowed.size() == 0 || std::ranges::find(allowed, key) != allowed.end()) continue;
    return price_problem(price_path(path, key), "there is no such key; known are " + one_of(allowed));
  }
  return object;
}

Result<RateCard> read_rate_card(const boost::json::value& json, std::string_view path) {
  auto object = read_price_object(json, path, {"input", "output", "cache_read", "cache_write", "reasoning"});
  if (!object) return object.error();
  struct Field {
    std::string_view name;
    std::optional<std::int64_t> RateCard::*rate;
  };
  static constexpr Field kFields[] = {{"input", &RateCard::input},
                                      {"output", &RateCard::output},
                                      {"cache_read", &RateCard::cache_read},
                                      {"cache_write", &RateCard::cache_write},
                                      {"reasoning", &RateCard::reasoning}};
  RateCard card;
  for (const Field& field : kFields) {
    const boost::json::value* given = find(**object, field.name);
    if (given == nullptr) continue;
    auto rate = read_rate(*given, price_path(path, field.name));
    if (!rate) return rate.error();
    card.*field.rate = *rate;
  }
  return card;
}

Result<std::string> read_price_date(const boost::json::value* json, std::string_view path) {
  const boost::json::string* text = json == nullptr ? nullptr : json->if_string();
  const std::string day = text == nullptr ? "" : std::string(text->data(), text->size());
  if (day.size() == 10 && parse_timestamp(day + "T00:00:00Z")) return day;
  return price_problem(path, "must be the day of the prices as YYYY-MM-DD, but it is " + describe_found(json));
}

}  // namespace asmgr
