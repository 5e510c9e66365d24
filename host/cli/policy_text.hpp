// Policies in words, from the data that core/policy/explanation.hpp describes.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <utility>
#include <vector>

namespace asmgr::cli {

// What a run kept of its policies, as lines of `run-show`: a name and a value each. What an object lacks is left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> effective_policy_lines(
    const boost::json::object& effective);

// The whole of `policy explain`, with its last line feed.
[[nodiscard]] std::string explanation_text(const boost::json::object& explanation);

}  // namespace asmgr::cli
