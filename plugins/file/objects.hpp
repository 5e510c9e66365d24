// The bytes, once per SHA-256. Beside the bytes of an object lies an empty file per key that names it, its mark; with
// the last mark the object goes.
//
// All changes while the store is locked. Every function throws std::system_error.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sha256.hpp"
#include "workplace.hpp"

namespace asmgr::file_store {

// The name of a key's mark.
[[nodiscard]] std::string mark_of(std::string_view key);

class Objects {
 public:
  // Borrows the folder.
  explicit Objects(const Folder& folder) : folder_(folder) {}

  // Puts the file in its place, also over one that is there (which mends a damaged one), with the mark. Durable.
  void add(const Digest& digest, const std::string& mark, WorkFile& bytes) const;
  // Takes the mark away, and the object when it was the last one.
  void drop(const Digest& digest, const std::string& mark) const;
  // None: it is not there.
  [[nodiscard]] std::optional<Descriptor> find(const Digest& digest) const;
  // Takes away every mark that `is_named(hexadecimal digest, mark)` does not know, and objects without marks.
  void sweep(const std::function<bool(const std::string& digest, const std::string& mark)>& is_named) const;

 private:
  const Folder& folder_;
};

}  // namespace asmgr::file_store
