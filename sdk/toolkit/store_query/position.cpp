// Where a page ended, as text: VALUE.NUMBER.ID.
#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <charconv>

namespace asmgr::store_query {
namespace {

// Takes a number and the full stop behind it from the front of `text`.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end == text.data() + text.size() || *end != '.') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::string Position::text() const {
  return std::to_string(value) + "." + std::to_string(number) + "." + id;
}

std::optional<Position> Position::read(std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  Position position;
  std::string_view rest = cursor;
  if (!take_number(rest, position.value) || !take_number(rest, position.number) || rest.empty())
    throw sdk::StatusError(ASMGR_E_INVALID_CURSOR,
                           "the cursor is none of this store; begin again without one, or give the next_cursor of the "
                           "page before");
  position.id = std::string(rest);
  return position;
}

}  // namespace asmgr::store_query
