// Names that say that what follows them is a secret: keys of objects, variables, headers.
#pragma once

#include <string_view>

#include "core/redaction/category.hpp"

namespace asmgr::redaction {

struct SecretName {
  std::string_view name;  // lower case, without _ and -
  Category category;
  // An ordinary word too: before a colon and a bare value it says nothing ("the secret: patience").
  bool ordinary_word = false;
};

// The secret name that the text ends with, null when there is none. The case does not count, nor do _ and -; more may
// stand before it (DB_PASSWORD, x-api-key, spring.datasource.password). PWD and OLDPWD of a shell are folders.
// Looks at the last 64 bytes.
[[nodiscard]] const SecretName* secret_name_at_end(std::string_view text) noexcept;

}  // namespace asmgr::redaction
