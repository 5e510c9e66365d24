#include "core/config/substitution.hpp"

#include <filesystem>

#include "core/config/read_file.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxVariableName = 200;

struct Problem {
  std::string message;
  std::string hint;
};

struct Replacement {
  std::string text;
  ValueOrigin origin = ValueOrigin::literal;
  Problem problem;  // message not empty: failed
};

Replacement fail(std::string message, std::string hint) {
  return {{}, ValueOrigin::literal, {std::move(message), std::move(hint)}};
}

bool is_variable_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxVariableName || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

Replacement checked(std::string text, ValueOrigin origin, const std::string& what) {
  if (text.find('\0') != std::string::npos) return fail(what + " holds a NUL character", "it must be text");
  if (text.size() > kMaxSubstitutedBytes) return fail(what + " is larger than 1 MiB", "is it the right one?");
  if (!is_valid_utf8(text)) return fail(what + " is not UTF-8 text", "it must be text");
  return {std::move(text), origin, {}};
}

Replacement replace_environment(std::string_view body, const EnvironmentLookup& environment) {
  const std::size_t split = body.find(":-");
  const std::string name(body.substr(0, split));
  if (!is_variable_name(name)) {
    return fail("'" + name + "' is not a variable name", "write ${env:NAME} or ${env:NAME:-default}");
  }
  std::optional<std::string> value = environment ? environment(name) : std::nullopt;
  const bool use_default = split != std::string_view::npos && (!value || value->empty());
  if (use_default) return {std::string(body.substr(split + 2)), ValueOrigin::literal, {}};
  if (!value) {
    return fail("environment variable " + name + " is not set", "set it, or give a default: ${env:" + name + ":-...}");
  }
  return checked(std::move(*value), ValueOrigin::environment, "environment variable " + name);
}

Replacement replace_file(std::string_view body, const std::string& directory) {
  if (body.empty()) return fail("${file:} names no file", "write ${file:PATH}");
  const std::string path = (std::filesystem::path(directory) / std::string(body)).lexically_normal().string();
  Result<std::string> text = read_whole_file(path, kMaxSubstitutedBytes);
  if (!text) return fail("file " + path + " cannot be read: " + text.error().message(), "");
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  return checked(std::move(*text), ValueOrigin::file, "file " + path);
}

// Walks one text from reference to reference.
class Substitution {
 public:
  Substitution(std::string_view text, const std::string& directory, const EnvironmentLookup& environment)
      : rest_(text), directory_(directory), environment_(environment) {}

  void apply_to(ConfigNode& scalar) {
    while (!rest_.empty() && problem_.message.empty()) step();
    if (problem_.message.empty() && out_.size() > kMaxSubstitutedBytes) problem_ = {"larger than 1 MiB", ""};
    if (!problem_.message.empty()) {
      scalar.problem = std::move(problem_.message);
      scalar.problem_hint = std::move(problem_.hint);
      return;
    }
    if (references_ == 1 && literals_ == 0) scalar.quoted = false;
    scalar.text = std::move(out_);
    scalar.origin = origin_;
    scalar.begins_with_environment = begins_with_environment_;
  }

 private:
  void step() {
    const std::size_t dollar = rest_.find('$');
    if (dollar != 0) {
      take_literal(dollar == std::string_view::npos ? rest_.size() : dollar);
    } else if (rest_.starts_with("$$")) {
      take_literal(1);
      rest_.remove_prefix(1);
    } else if (!rest_.starts_with("${")) {
      take_literal(1);
    } else {
      take_reference();
    }
  }

  void take_literal(std::size_t length) {
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(length);
    ++literals_;
  }

  void take_reference() {
    const std::size_t close = rest_.find('}');
    if (close == std::string_view::npos) {
      problem_ = {"'${' is never closed", "close it with '}', or write $$ for a literal $"};
      return;
    }
    const std::string_view body = rest_.substr(2, close - 2);
    Replacement replacement;
    if (body.starts_with("env:")) {
      replacement = replace_environment(body.substr(4), environment_);
    } else if (body.starts_with("file:")) {
      replacement = replace_file(body.substr(5), directory_);
    } else {
      replacement = fail("'" + std::string(rest_.substr(0, close + 1)) + "' is not a known reference",
                         "write ${env:NAME} or ${file:PATH}, or $$ for a literal $");
    }
    rest_.remove_prefix(close + 1);
    if (!replacement.problem.message.empty()) {
      problem_ = std::move(replacement.problem);
      return;
    }
    if (out_.empty() && replacement.origin == ValueOrigin::environment) begins_with_environment_ = true;
    out_ += replacement.text;
    origin_ = std::max(origin_, replacement.origin);
    ++references_;
  }

  std::string_view rest_;
  const std::string& directory_;
  const EnvironmentLookup& environment_;
  std::string out_;
  Problem problem_;
  ValueOrigin origin_ = ValueOrigin::literal;
  bool begins_with_environment_ = false;
  std::size_t references_ = 0;
  std::size_t literals_ = 0;
};

}  // namespace

void substitute(ConfigNode& node, const Sources& sources, const EnvironmentLookup& environment) {
  for (ConfigNode& item : node.items) substitute(item, sources, environment);
  for (ConfigMember& member : node.members) substitute(member.value, sources, environment);
  if (!node.is_scalar() || node.text.find('$') == std::string::npos) return;
  const std::string text = node.text;
  Substitution(text, sources[node.position.source].directory, environment).apply_to(node);
}

}  // namespace asmgr
