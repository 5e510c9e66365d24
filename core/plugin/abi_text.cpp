#include "core/plugin/abi_text.hpp"

namespace asmgr {

std::string problem_with_text(asmgr_str text, std::string_view what) {
  if (text.len == 0) return {};
  if (text.ptr == nullptr) return "its " + std::string(what) + " has a length and no pointer";
  if (text.len > kMaxAbiText) return "its " + std::string(what) + " claims " + std::to_string(text.len) + " bytes";
  if (!is_valid_utf8({text.ptr, text.len})) return "its " + std::string(what) + " is not UTF-8";
  return {};
}

std::string problem_with_object(asmgr_str text, std::string_view what) {
  if (text.len == 0) return {};
  if (text.ptr == nullptr || text.len > kMaxAbiText) return problem_with_text(text, what);
  const Result<void> checked = check_json_object({text.ptr, text.len}, what);
  if (checked) return {};
  return "its " + checked.error().message();
}

std::string problem_with_array(const asmgr_array* array, std::size_t element_size) {
  if (array == nullptr) return "it pushed no array";
  if (array->count == 0) return {};
  if (array->data == nullptr) return "its array has " + std::to_string(array->count) + " elements and no data";
  if (array->stride < element_size || array->stride % alignof(void*) != 0 ||
      reinterpret_cast<std::uintptr_t>(array->data) % alignof(void*) != 0) {
    return "its array has a stride of " + std::to_string(array->stride) + " bytes, at least " +
           std::to_string(element_size) + " are needed, in steps of " + std::to_string(alignof(void*));
  }
  return {};
}

}  // namespace asmgr
