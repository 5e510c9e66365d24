// Reads the XML that S3 answers with: elements and their texts, in order.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace asmgr::s3_store {

// Called when an element ends, with its path from the root ("ListBucketResult/Contents/Key", without name spaces) and
// the text directly in it, references resolved.
using ElementVisitor = std::function<void(std::string_view path, const std::string& text)>;

// False: the text is no whole XML document. What was seen before has been told.
[[nodiscard]] bool read_xml(std::string_view xml, const ElementVisitor& visit);

// The text of the first element of that path; empty when there is none, or no XML.
[[nodiscard]] std::string text_in_xml(std::string_view xml, std::string_view path);

}  // namespace asmgr::s3_store
