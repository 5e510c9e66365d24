// What the documentation shows must work: every ```yaml block parses, and those that are whole deployments fit the
// schema.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/host_schema.hpp"
#include "core/config/schema.hpp"
#include "core/config/yaml_reader.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> readmes() {
  std::vector<fs::path> found;
  for (auto entry = fs::recursive_directory_iterator(ASMGR_SOURCE_DIR); entry != fs::recursive_directory_iterator();
       ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name.starts_with(".") || name.starts_with("build")))
      entry.disable_recursion_pending();
    if (entry->is_regular_file() && name == "README.md") found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The blocks of one file, each padded with empty lines so that problems carry the line of the README.
std::vector<std::string> yaml_blocks(const std::string& markdown) {
  std::vector<std::string> blocks;
  std::istringstream lines(markdown);
  std::string line;
  std::string block;
  bool inside = false;
  std::size_t number = 0;
  while (std::getline(lines, line)) {
    ++number;
    const std::size_t indent = line.find_first_not_of(' ');
    const std::string_view content =
        indent == std::string::npos ? std::string_view() : std::string_view(line).substr(indent);
    if (!inside && (content == "```yaml" || content == "```yml")) {
      inside = true;
      block.assign(number, '\n');
    } else if (inside && content.starts_with("```")) {
      inside = false;
      blocks.push_back(block);
    } else if (inside) {
      block += line + '\n';
    }
  }
  return blocks;
}

// Problems of one text: as YAML, and as a deployment when it says that it is one.
std::string problems_of(const std::string& name, const std::string& text) {
  Diagnostics diagnostics;
  Sources sources{{name, ".", text, SourceKind::file}};
  const std::optional<ConfigNode> root = read_yaml(sources, 0, diagnostics);
  const bool is_deployment = root && root->find("version") != nullptr && root->find("pipelines") != nullptr;
  if (is_deployment) {
    SchemaOptions options;
    options.unresolved = Unresolved::skip;
    static_cast<void>(apply_schema(*root, host_schema(), "", sources, options, diagnostics));
  }
  return render(diagnostics, sources);
}

TEST(Documentation, ShowsOnlyYamlThatIsRight) {
  for (const fs::path& readme : readmes()) {
    for (const std::string& block : yaml_blocks(read_text(readme))) {
      EXPECT_EQ(problems_of(fs::relative(readme, ASMGR_SOURCE_DIR).string(), block), "");
    }
  }
}

TEST(Documentation, HasReadmesWithYaml) {
  std::size_t blocks = 0;
  for (const fs::path& readme : readmes()) blocks += yaml_blocks(read_text(readme)).size();
  EXPECT_GE(blocks, 2U) << "the test above must have something to look at";
}

TEST(Documentation, FindsABrokenBlock) {
  const auto blocks = yaml_blocks("text\n```yaml\nversion: 1\npipelines: {}\nstore: {}\n```\n");
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_NE(problems_of("README.md", blocks[0]).find("README.md:5:1: store: unknown key"), std::string::npos);
}

TEST(Documentation, ShipsConfigsThatFitTheSchema) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ASMGR_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    Diagnostics diagnostics;
    const ConfigTree tree = read_config(entry.path().string(), test_options(), diagnostics);
    static_cast<void>(parse_deployment(tree, {}, diagnostics));
    EXPECT_EQ(render(diagnostics, tree.sources), "");
  }
  EXPECT_GE(count, 2U);
}

}  // namespace
}  // namespace asmgr
