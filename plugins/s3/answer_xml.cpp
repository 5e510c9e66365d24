#include "answer_xml.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace asmgr::s3_store {
namespace {

constexpr std::size_t kDeepest = 32;

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The name of a reference, what stands between & and ;. False when there is no such one.
bool append_reference(std::string& out, std::string_view name) {
  static constexpr std::pair<std::string_view, char> kNamed[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [known, character] : kNamed) {
    if (name == known) {
      out += character;
      return true;
    }
  }
  if (name.size() < 2 || name.front() != '#') return false;
  const bool is_hex = name[1] == 'x';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t point = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, problem] = std::from_chars(digits.data(), end, point, is_hex ? 16 : 10);
  if (digits.empty() || problem != std::errc() || stopped != end || point > 0x10ffff) return false;
  append_utf8(out, point);
  return true;
}

class Reader {
 public:
  Reader(std::string_view xml, const ElementVisitor& visit) : rest_(xml), visit_(visit) {}

  bool read() {
    while (!rest_.empty()) {
      const bool good = rest_.front() == '<' ? take_markup() : take_text();
      if (!good) return false;
    }
    return open_.empty() && seen_;
  }

 private:
  struct Open {
    std::size_t path_size;  // of the path without it
    std::string text;
  };

  bool take_text() {
    const std::string_view text = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(text.size());
    if (open_.empty()) return text.find_first_not_of(" \t\r\n\xEF\xBB\xBF") == std::string_view::npos;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '&') {
        open_.back().text += text[at];
        continue;
      }
      const std::size_t end = text.find(';', at);
      if (end == std::string_view::npos) return false;
      if (!append_reference(open_.back().text, text.substr(at + 1, end - at - 1))) return false;
      at = end;
    }
    return true;
  }

  // Up to and with `end`; what is between.
  std::optional<std::string_view> take_until(std::string_view begin, std::string_view end) {
    const std::size_t at = rest_.find(end, begin.size());
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view inside = rest_.substr(begin.size(), at - begin.size());
    rest_.remove_prefix(at + end.size());
    return inside;
  }

  bool take_markup() {
    if (rest_.starts_with("<?")) return take_until("<?", "?>").has_value();
    if (rest_.starts_with("<!--")) return take_until("<!--", "-->").has_value();
    if (rest_.starts_with("<![CDATA[")) {
      const auto inside = take_until("<![CDATA[", "]]>");
      if (!inside || open_.empty()) return false;
      open_.back().text += *inside;
      return true;
    }
    const auto tag = take_until("<", ">");
    if (!tag || tag->empty()) return false;
    if (tag->front() == '/') return close(name_of(tag->substr(1)));
    const std::string_view name = name_of(*tag);
    if (name.empty() || open_.size() == kDeepest || (open_.empty() && seen_)) return false;
    open_.push_back({path_.size(), {}});
    seen_ = true;
    path_.append(path_.empty() ? "" : "/").append(name);
    return !tag->ends_with('/') || close(name);
  }

  // Without name space and attributes.
  static std::string_view name_of(std::string_view tag) {
    const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
  }

  bool close(std::string_view name) {
    if (open_.empty()) return false;
    const std::size_t before = open_.back().path_size;
    if (std::string_view(path_).substr(before == 0 ? 0 : before + 1) != name) return false;
    visit_(path_, open_.back().text);
    path_.resize(before);
    open_.pop_back();
    return true;
  }

  std::string_view rest_;
  const ElementVisitor& visit_;
  std::vector<Open> open_;
  std::string path_;
  bool seen_ = false;
};

}  // namespace

bool read_xml(std::string_view xml, const ElementVisitor& visit) {
  return Reader(xml, visit).read();
}

std::string text_in_xml(std::string_view xml, std::string_view path) {
  std::optional<std::string> found;
  static_cast<void>(read_xml(xml, [&](std::string_view at, const std::string& text) {
    if (!found && at == path) found = text;
  }));
  return found.value_or("");
}

}  // namespace asmgr::s3_store
