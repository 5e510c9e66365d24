// What stands at one place of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/redaction/rule_set.hpp"
#include "core/redaction/run.hpp"

namespace asmgr::redaction {

struct Place {
  std::string_view behind;  // the last bytes before the place, at most kLookBehind
  std::string_view ahead;   // from the place on, at most kLookAhead
  bool complete = false;    // no rule will see more than `ahead`
};

inline constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

struct Verdict {
  enum class Kind : std::uint8_t { nothing, undecided, found };
  Kind kind = Kind::nothing;
  // All relative to the place.
  std::size_t hold = kNowhere;  // undecided: from here on it may be a secret; kNowhere: not before the end of `ahead`
  std::size_t begin = 0;        // found: the secret's first byte
  std::size_t run_from = 0;     // found: up to here for certain, and then as far as `run` goes
  Run run;
  std::uint16_t category = 0;
};

[[nodiscard]] inline Verdict nothing() {
  return {};
}
[[nodiscard]] inline Verdict undecided(std::size_t hold) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::undecided;
  verdict.hold = hold;
  return verdict;
}
[[nodiscard]] inline Verdict found(std::size_t begin, std::size_t run_from, Run run, std::uint16_t category) {
  return {Verdict::Kind::found, kNowhere, begin, run_from, run, category};
}
[[nodiscard]] inline Run run_of(CharClass char_class) {
  Run run;
  run.kind = RunKind::char_class;
  run.char_class = char_class;
  return run;
}

// Every rule but the extra patterns. The answer never changes once it is not `undecided`, however much text follows.
[[nodiscard]] Verdict evaluate(const Rule& rule, const Place& place);

// A value behind a name that says it is secret: `ahead` begins with the separator, : or =.
[[nodiscard]] Verdict evaluate_keyed(const Place& place);
// A quick no to most separators: whether the last byte before it may end a name, a quoted one too.
[[nodiscard]] bool may_follow_a_name(std::string_view behind) noexcept;
// A private key in PEM: `ahead` begins with the BEGIN line.
[[nodiscard]] Verdict evaluate_pem(const Rule& rule, const Place& place);

// Whether `behind` ends with a secret name and what may stand between it and a separator, in any way of escaping.
[[nodiscard]] bool may_name_a_secret(std::string_view raw_json_behind) noexcept;

}  // namespace asmgr::redaction
