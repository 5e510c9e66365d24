// What a plain scalar is by the core schema of YAML 1.2, and nothing more: yes, no, on, off, 0123 and dates are
// strings.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "core/config/tree.hpp"

namespace asmgr {

enum class ScalarType : std::uint8_t { null, boolean, integer, number, string };

struct TypedScalar {
  ScalarType type = ScalarType::string;
  boost::json::value value;
};

// Quoted scalars are strings. Numbers that JSON cannot hold (.inf, .nan) are strings, integers beyond 64 bits are
// numbers. An integer written with a leading zero is a string too: half the world reads it as octal.
[[nodiscard]] TypedScalar type_scalar(const ConfigNode& scalar);

[[nodiscard]] std::string_view scalar_type_name(ScalarType type) noexcept;

}  // namespace asmgr
