// Whether two JSON values are the same.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cmath>

namespace asmgr::fuzz {

// The same kinds, texts, integers, keys and order of keys. Doubles may differ in their last digits, since Boost.JSON
// does not always read the nearest one. It reads a zero with a huge exponent as NaN, which is written as null.
inline bool alike(const boost::json::value& a, const boost::json::value& b) {
  const auto is_nan = [](const boost::json::value& value) {
    return value.is_double() && std::isnan(value.get_double());
  };
  if (is_nan(a) || is_nan(b)) return (is_nan(a) || a.is_null()) && (is_nan(b) || b.is_null());
  if (a.is_double() && b.is_double()) {
    const double x = a.get_double();
    const double y = b.get_double();
    return x == y || std::abs(x - y) <= 1e-14 * std::abs(x);
  }
  if (a.is_array() && b.is_array()) {
    const auto& x = a.get_array();
    const auto& y = b.get_array();
    if (x.size() != y.size()) return false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!alike(x[i], y[i])) return false;
    }
    return true;
  }
  if (a.is_object() && b.is_object()) {
    const auto& x = a.get_object();
    const auto& y = b.get_object();
    if (x.size() != y.size()) return false;
    for (auto mine = x.begin(), theirs = y.begin(); mine != x.end(); ++mine, ++theirs) {
      if (mine->key() != theirs->key() || !alike(mine->value(), theirs->value())) return false;
    }
    return true;
  }
  return a == b;
}

}  // namespace asmgr::fuzz
