#include "core/pipeline/cut_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "core/model/cut_text.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Room for the sentence behind a text that was cut.
constexpr std::size_t kSentence = 64;
// Less than that is not worth being kept of a text or a list.
constexpr std::size_t kLeastPiece = 2 * kSentence;

// What consumers of an event look for; the others go first where there are too many members.
constexpr std::array<std::string_view, 16> kWellKnown{"role",          "content",      "delta",       "tool_call_id",
                                                      "tool_name",     "tool_input",   "tool_output", "is_error",
                                                      "provider",      "stop_reason",  "reason",      "error_code",
                                                      "error_message", "input_tokens", "model",       "output_tokens"};

bool is_well_known(std::string_view name) {
  return std::find(kWellKnown.begin(), kWellKnown.end(), name) != kWellKnown.end();
}

std::size_t escaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte == '"' || byte == '\\') return 2;
  if (byte >= 0x20) return 1;
  return byte == '\b' || byte == '\f' || byte == '\n' || byte == '\r' || byte == '\t' ? 2 : 6;
}

std::size_t size_of(std::string_view text) {
  std::size_t size = 2;
  for (const char c : text) size += escaped(c);
  return size;
}

// As it is printed.
std::size_t size_of(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::string:
      return size_of(std::string_view(value.get_string()));
    case boost::json::kind::array: {
      std::size_t size = 2;
      for (const boost::json::value& element : value.get_array()) size += size_of(element) + 1;
      return size;
    }
    case boost::json::kind::object: {
      std::size_t size = 2;
      for (const auto& [name, member] : value.get_object())
        size += size_of(std::string_view(name)) + size_of(member) + 2;
      return size;
    }
    default:
      return to_text(value).size();
  }
}

// Whole characters of the beginning that are no more than `limit` bytes when they are printed.
std::string_view beginning(std::string_view text, std::size_t limit) {
  std::size_t size = 0;
  std::size_t length = 0;
  while (length < text.size() && size + escaped(text[length]) <= limit) size += escaped(text[length++]);
  const auto continues = [&] { return (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80; };
  while (length > 0 && length < text.size() && continues()) --length;
  return text.substr(0, length);
}

// False: there is no room for any of it.
bool fit(boost::json::value& value, std::size_t room);

bool fit_text(boost::json::string& text, std::size_t room) {
  if (room < kLeastPiece) return false;
  const std::string_view all(text);
  const std::string_view kept = beginning(all, room - kSentence);
  std::string out(kept);
  out.append(kCutBegin).append(std::to_string(kept.size())).append(" of ").append(std::to_string(all.size()));
  out.append(kCutEnd);
  text = out;
  return true;
}

struct Part {
  std::size_t index = 0;
  std::size_t size = 0;  // with what stands around it
  bool well_known = false;
};

// Shares the room: each part gets what it needs as long as that is no more than an equal share of what is left, so the
// largest are cut and the small ones stay. `cut(index, room)` says whether something is left of a part.
template <typename Cut>
void share(std::vector<Part> parts, std::size_t room, Cut cut) {
  const bool crowded = parts.size() > room / kLeastPiece;
  std::stable_sort(parts.begin(), parts.end(), [crowded](const Part& a, const Part& b) {
    if (crowded && a.well_known != b.well_known) return a.well_known;
    return a.size < b.size;
  });
  for (std::size_t done = 0; done < parts.size(); ++done) {
    const Part& part = parts[done];
    const std::size_t others = crowded ? 1 : parts.size() - done;
    const std::size_t most = room / others;
    if (part.size <= most) {
      room -= part.size;
    } else if (cut(part.index, most)) {
      room -= most;
    }
  }
}

bool fit_list(boost::json::array& list, std::size_t room) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i < list.size(); ++i) parts.push_back({i, size_of(list[i]) + 1, false});
  if (parts.size() > room / kLeastPiece) {  // too many to look at each: the first of them
    std::size_t kept = 0;
    for (room -= 2; kept < parts.size() && parts[kept].size <= room; ++kept) room -= parts[kept].size;
    list.resize(kept);
    return true;
  }
  std::vector<bool> lost(list.size(), false);
  share(std::move(parts), room - 2, [&](std::size_t index, std::size_t most) {
    lost[index] = most == 0 || !fit(list[index], most - 1);
    return !lost[index];
  });
  boost::json::array kept;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!lost[i]) kept.push_back(std::move(list[i]));
  }
  list = std::move(kept);
  return true;
}

bool fit_members(boost::json::object& object, std::size_t room) {
  std::vector<std::string> names;
  std::vector<Part> parts;
  for (const auto& [name, member] : object) {
    const std::string_view text(name);
    parts.push_back({names.size(), size_of(text) + size_of(member) + 2, is_well_known(text)});
    names.emplace_back(text);
  }
  std::vector<std::size_t> lost;
  share(std::move(parts), room - 2, [&](std::size_t index, std::size_t most) {
    const std::size_t around = size_of(std::string_view(names[index])) + 2;
    if (most > around && fit(object[names[index]], most - around)) return true;
    lost.push_back(index);
    return false;
  });
  if (lost.empty()) return true;
  std::sort(lost.begin(), lost.end());
  boost::json::object kept;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!std::binary_search(lost.begin(), lost.end(), i)) kept[names[i]] = std::move(object[names[i]]);
  }
  object = std::move(kept);
  return true;
}

bool fit(boost::json::value& value, std::size_t room) {
  if (size_of(value) <= room) return true;
  if (boost::json::string* text = value.if_string()) return fit_text(*text, room);
  if (room < kLeastPiece) return false;
  if (boost::json::array* list = value.if_array()) return fit_list(*list, room);
  if (boost::json::object* object = value.if_object()) return fit_members(*object, room);
  return false;
}

}  // namespace

std::string cut_event_data(std::string_view data, std::size_t limit, const CutMark& mark) {
  boost::json::object truncated;
  truncated["bytes"] = mark.bytes;
  truncated["artifact"] = text_or_null(mark.artifact);
  truncated["sha256"] = mark.sha256;
  boost::json::object rest;
  if (auto parsed = parse_json_object(data, "event data")) rest = std::move(*parsed);
  rest.erase(kTruncatedMember);
  constexpr std::size_t kAroundMark = sizeof(R"(,"_truncated":)");
  const std::size_t taken = size_of(boost::json::value(truncated)) + kAroundMark;
  boost::json::value value(std::move(rest));
  (void)fit(value, std::max(limit, kLeastEventBytes) - taken);
  boost::json::object& cut = value.get_object();
  cut[kTruncatedMember] = std::move(truncated);
  return to_text(cut);
}

}  // namespace asmgr
