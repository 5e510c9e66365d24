// Keeps the values of secrets out of sentences that others wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/tree.hpp"

namespace asmgr {

class SecretMask {
 public:
  // The text of a scalar, or of all scalars below. Short ones (under 4 characters) would mask ordinary words; left out.
  void add(const ConfigNode& node);
  // Every scalar below that came from the environment or a file.
  void add_substituted(const ConfigNode& node);
  // The text with every known secret as ***.
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace asmgr
