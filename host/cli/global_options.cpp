#include "host/cli/global_options.hpp"

#include <algorithm>
#include <optional>

#include "core/config/suggest.hpp"

namespace asmgr::cli {
namespace {

constexpr const char* kFormats[] = {"text", "json", "jsonl"};

std::optional<OutputFormat> parse_format(std::string_view name) {
  if (name == kFormats[0]) return OutputFormat::text;
  if (name == kFormats[1]) return OutputFormat::json;
  if (name == kFormats[2]) return OutputFormat::jsonl;
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string description = joined(words, "|");
  return CLI::Validator(
      [words](std::string& value) -> std::string {
        if (std::find(words.begin(), words.end(), value) != words.end()) return {};
        std::string problem = "'" + value + "' is not one of " + joined(words, ", ");
        const std::string near = nearest(value, words);
        return near.empty() ? problem : problem + " (did you mean '" + near + "'?)";
      },
      "", description);
}

void add_global_options(CLI::App& root, GlobalOptions& options) {
  constexpr const char* kGroup = "Options of every command";
  root.add_option("-c,--config", options.config, "Configuration file (else $ASMGR_CONFIG, ./asmgr.yaml, ...)")
      ->type_name("FILE")
      ->group(kGroup);
  root.add_option("--set", options.sets,
                  "Override one value of the configuration, e.g. pipelines.default.provider=shell")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->group(kGroup);
  root.add_option_function<std::string>(
          "--output", [&options](const std::string& name) { options.output = *parse_format(name); },
          "Form of the answer on standard output (default text)")
      ->check(one_of({kFormats[0], kFormats[1], kFormats[2]}))
      ->type_name("text|json|jsonl")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(kGroup);
  root.add_flag("-q,--quiet", options.quiet, "Say only what was asked for")->group(kGroup);
  root.add_flag("-v,--verbose", options.verbosity, "Log more to standard error; twice for still more")->group(kGroup);
  root.add_flag("--no-color", options.no_color, "No colour, also with NO_COLOR in the environment")->group(kGroup);
  root.add_flag("--version", options.version, "Print the version")->group(kGroup);
}

OutputFormat find_output_format(const std::vector<std::string>& arguments) {
  constexpr std::string_view kLong = "--output";
  OutputFormat found = OutputFormat::text;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--") break;
    std::string_view value;
    if (argument == kLong && i + 1 < arguments.size()) value = arguments[i + 1];
    if (argument.size() > kLong.size() && argument.substr(0, kLong.size()) == kLong && argument[kLong.size()] == '=') {
      value = argument.substr(kLong.size() + 1);
    }
    if (const auto format = parse_format(value)) found = *format;
  }
  return found;
}

}  // namespace asmgr::cli
