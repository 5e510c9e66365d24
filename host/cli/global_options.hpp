// The options every command takes, before or after its name.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace asmgr::cli {

enum class OutputFormat : std::uint8_t { text, json, jsonl };

struct GlobalOptions {
  std::string config;             // empty = look in the usual places
  std::vector<std::string> sets;  // PATH=VALUE, in the order given
  OutputFormat output = OutputFormat::text;
  bool quiet = false;
  int verbosity = 0;
  bool no_color = false;
  bool version = false;
};

// Adds them to `root`, which must outlive nothing but the parse; `options` must outlive the parse.
void add_global_options(CLI::App& root, GlobalOptions& options);

// What --output says anywhere on a command line that may not parse, so that a usage error comes in the form asked for.
[[nodiscard]] OutputFormat find_output_format(const std::vector<std::string>& arguments);

// A validator that accepts these words only; its type name ("a|b|c") is what help and completion show.
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);

}  // namespace asmgr::cli
