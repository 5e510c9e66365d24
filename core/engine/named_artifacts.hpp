// The artifacts that the events of a log name, for logs that are copied.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/artifact.hpp"

namespace asmgr {

class NamedArtifacts {
 public:
  // Looks for keys of ours in the data of an event, by their form: whoever asks compares them with what is registered.
  void look_at(std::string_view data);
  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
  // Those of `artifacts` that were named.
  [[nodiscard]] std::vector<Artifact> of(std::vector<Artifact> artifacts) const;

 private:
  std::set<std::string, std::less<>> keys_;
};

}  // namespace asmgr
