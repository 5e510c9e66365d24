#include "core/workspace/left_out.hpp"

#include "core/workspace/binary_text.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::string_view kLeftOutFormat = "asmgr left out 1";

void write_texts(BinaryWriter& out, const std::vector<std::string>& texts) {
  out.number(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(BinaryReader& in) {
  std::vector<std::string> texts;
  for (auto left = in.number<std::uint32_t>(); left > 0 && in.ok(); --left) texts.push_back(in.text());
  return texts;
}

}  // namespace

std::string to_bytes(const LeftOut& left_out) {
  BinaryWriter out;
  out.text(kLeftOutFormat);
  for (const auto* texts : {&left_out.excluded, &left_out.rules.paths, &left_out.rules.globs, &left_out.ignored}) {
    write_texts(out, *texts);
  }
  return out.finish();
}

Result<LeftOut> left_out_from_bytes(std::string_view bytes, std::string_view what) {
  LeftOut left_out;
  auto in = BinaryReader::open(bytes);
  if (in && in->text() == kLeftOutFormat) {
    for (auto* texts : {&left_out.excluded, &left_out.rules.paths, &left_out.rules.globs, &left_out.ignored}) {
      *texts = read_texts(*in);
    }
    if (in->ok() && in->left() == 0) return left_out;
  }
  return Error(ErrorCode::storage_error, std::string(what) + " is damaged; take a new snapshot");
}

}  // namespace asmgr::workspace
