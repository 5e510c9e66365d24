// Answers of S3: XML, and names of objects in it.
//
// Input: a document.
#include <string>
#include <string_view>
#include <vector>

#include "plugins/s3/answer_xml.hpp"
#include "plugins/s3/object_name.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

void check_name(const std::string& name) {
  const auto key = s3_store::key_of_name(name);
  if (!key) return;
  require(s3_store::name_of_key(*key) == name, "a key has one name", name);
  require(!key->empty() && s3_store::is_utf8(*key), "a key is text", *key);
}

std::vector<std::string> read(std::string_view xml, bool& whole) {
  std::vector<std::string> seen;
  whole = s3_store::read_xml(xml, [&](std::string_view path, const std::string& text) {
    require(!path.empty() && path.find("//") == std::string_view::npos, "an element has a path of names", path);
    require(text.size() <= xml.size(), "a text is no longer than the document", text);
    seen.push_back(std::string(path) + '\0' + text);
    check_name(text);
  });
  return seen;
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr::fuzz;
  const std::string_view xml = as_text(data, size);
  bool whole = false;
  const std::vector<std::string> seen = read(xml, whole);
  require(!whole || !seen.empty(), "a whole document has an element", xml);
  if (whole) {
    bool again = false;
    require(read("<?xml version=\"1.0\"?>\n" + std::string(xml), again) == seen && again,
            "a declaration before it changes nothing", xml);
    static_cast<void>(read(xml.substr(0, xml.rfind('>')), again));
    require(!again, "what is cut off is not whole", xml);
  }
  check_name(std::string(xml));
  return 0;
}
