#include "core/plugin/load_error.hpp"

#include <algorithm>
#include <numeric>

namespace asmgr {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Error load_error(ErrorCode code, const PluginSubject& subject, std::string_view why, std::string_view what_to_do) {
  std::string message = "plugin '" + subject.name + "' cannot be loaded: ";
  if (!subject.file.empty()) message += subject.file.string() + ": ";
  message.append(why).append("; ").append(what_to_do);
  boost::json::object details{{"plugin", subject.name}, {"why", why}, {"try", what_to_do}};
  if (!subject.file.empty()) details["file"] = subject.file.string();
  return Error(code, std::move(message), std::move(details));
}

std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& candidates,
                                    std::size_t limit) {
  const std::size_t tolerated = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, candidate);
    if (distance <= tolerated) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> names;
  for (auto& [distance, name] : near) {
    if (names.size() == limit) break;
    names.push_back(std::move(name));
  }
  return names;
}

std::string quoted_list(const std::vector<std::string>& names, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && i + 1 == names.size()) {
      text.append(" ").append(last).append(" ");
    } else if (i > 0) {
      text += ", ";
    }
    text.append("'").append(names[i]).append("'");
  }
  return text;
}

}  // namespace asmgr
