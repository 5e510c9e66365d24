#include "values.hpp"

#include <cstdlib>

namespace asmgr::postgres_store {
namespace {

// Most significant byte first, as everything on the wire.
template <typename Integer>
void append_big_endian(std::string& out, Integer value) {
  for (std::size_t i = sizeof(value); i-- > 0;) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

Type element_of(Type array) {
  switch (array) {
    case Type::byteas:
      return Type::bytea;
    case Type::texts:
      return Type::text;
    default:
      return Type::bigint;
  }
}

}  // namespace

Array::Array(Type type) : type_(type) {}

void Array::add(std::int64_t number) {
  append_big_endian(elements_, std::uint32_t{8});
  append_big_endian(elements_, static_cast<std::uint64_t>(number));
  ++count_;
}

void Array::add(std::string_view bytes) {
  append_big_endian(elements_, static_cast<std::uint32_t>(bytes.size()));
  elements_.append(bytes);
  ++count_;
}

void Array::add_null() {
  append_big_endian(elements_, ~std::uint32_t{0});  // a length of -1
  has_nulls_ = true;
  ++count_;
}

Parameters& Parameters::append(Type type, std::string value) {
  types_.push_back(static_cast<Oid>(type));
  values_.push_back(std::move(value));
  return *this;
}

Parameters& Parameters::add(std::int64_t number) {
  std::string value;
  append_big_endian(value, static_cast<std::uint64_t>(number));
  return append(Type::bigint, std::move(value));
}

// Dimensions, whether there are NULLs, the type of the elements, then length and lower bound of the one dimension.
Parameters& Parameters::add(const Array& array) {
  std::string value;
  value.reserve(20 + array.elements_.size());
  append_big_endian(value, array.empty() ? std::uint32_t{0} : std::uint32_t{1});
  append_big_endian(value, array.has_nulls_ ? std::uint32_t{1} : std::uint32_t{0});
  append_big_endian(value, static_cast<std::uint32_t>(element_of(array.type_)));
  if (!array.empty()) {
    append_big_endian(value, array.count_);
    append_big_endian(value, std::uint32_t{1});
    value += array.elements_;
  }
  return append(array.type_, std::move(value));
}

Parameters::Pointers Parameters::pointers() const {
  Pointers out;
  for (const std::string& value : values_) {
    out.values.push_back(value.c_str());
    out.lengths.push_back(static_cast<int>(value.size()));
    out.formats.push_back(1);
  }
  return out;
}

std::int64_t Result::integer(int row, int column) const noexcept {
  const std::string_view raw = bytes(row, column);
  if (raw.empty()) return 0;
  std::uint64_t value = (static_cast<unsigned char>(raw.front()) & 0x80) != 0 && raw.size() > 1 ? ~std::uint64_t{0} : 0;
  for (const char byte : raw) value = value << 8 | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

std::size_t Result::affected() const noexcept {
  return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
}

}  // namespace asmgr::postgres_store
