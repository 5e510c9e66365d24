#include "core/config/yaml_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/config/yaml_problem.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxShownPath = 100;

// Ends the parse from inside a callback of the parser; never leaves read_yaml.
struct Refused {
  Diagnostic diagnostic;
};

struct Anchored {
  ConfigNode node;
  std::size_t nodes = 0;
  std::size_t alias_depth = 0;
};

// Builds the tree from the parser's events, so that duplicates, tags and the order of keys are seen as written.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics)
      : text_(sources[source]), source_(source), diagnostics_(diagnostics) {}

  [[nodiscard]] std::optional<ConfigNode> take_root() { return std::move(root_); }

  // The '{' or '[' that is still open, when the parser has given up inside one.
  [[nodiscard]] std::optional<Position> open_bracket() const {
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
      if (frame->is_flow) return frame->node.position;
    }
    return std::nullopt;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    refuse(position(mark, 1), "a second YAML document begins here", "keep one document per file, use include for more");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) refuse(position(mark, 1), "a key is missing before ':'", "write KEY: VALUE");
    ConfigNode node;
    node.null = true;
    node.position = pending_key_position(position(mark, 1));
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    const bool quoted = tag == "!";
    const Position where = position(mark, token_length(mark, value, quoted));
    if (expects_key()) {
      begin_member(value, quoted, where);
      return;
    }
    ConfigNode node;
    node.quoted = quoted;
    node.text = value;
    node.position = where;
    if (value.find('\0') != std::string::npos) refuse(where, "a value holds a NUL character", "remove it");
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Position where = position(mark, 1);
    if (expects_key()) refuse(where, "a key cannot be an alias", "write the key out");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(where, "the alias stands inside its own anchor", "write the value out");
    if (found->second.alias_depth >= kMaxAliasDepth) {
      refuse(where, "aliases are nested more than " + std::to_string(kMaxAliasDepth) + " deep", "write the value out");
    }
    count(found->second.nodes, where);
    if (!frames_.empty())
      frames_.back().alias_depth = std::max(frames_.back().alias_depth, found->second.alias_depth + 1);
    attach(ConfigNode(found->second.node), found->second.nodes, where);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    begin(ConfigNode::Kind::list, mark, tag, anchor, style);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    begin(ConfigNode::Kind::map, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  struct Frame {
    ConfigNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;
    std::size_t alias_depth = 0;
    bool has_key = false;
    bool drop_value = false;  // of a key that was refused
    bool is_flow = false;
    std::string key;
    Position key_position;
  };

  [[noreturn]] void refuse(Position where, std::string message, std::string suggestion) const {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = current_path();
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    throw Refused{std::move(diagnostic)};
  }

  [[nodiscard]] std::string current_path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.node.is_list()) path = path_join(path, frame.node.items.size());
      if (frame.node.is_map() && frame.has_key) path = path_join(path, frame.key);
      if (path.size() > kMaxShownPath) return path.substr(0, kMaxShownPath) + "...";
    }
    return path;
  }

  [[nodiscard]] Position position(const YAML::Mark& mark, std::size_t length) const {
    return {source_, static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1,
            static_cast<std::uint32_t>(length)};
  }

  [[nodiscard]] bool expects_key() const {
    return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key;
  }

  // A value that is nothing, or a block, is pointed at by its key: its own mark is the next token's.
  [[nodiscard]] Position pending_key_position(Position otherwise) const {
    return !frames_.empty() && frames_.back().has_key ? frames_.back().key_position : otherwise;
  }

  // How much of the line the token takes. The parser takes the end of the file for a closing quote; that is refused
  // here.
  [[nodiscard]] std::size_t token_length(const YAML::Mark& mark, const std::string& value, bool quoted) const {
    const std::string_view line = text_.line(static_cast<std::uint32_t>(mark.line) + 1);
    const std::size_t column = static_cast<std::size_t>(std::max(mark.column, 0));
    if (column >= line.size()) return 1;
    const std::string_view rest = line.substr(column);
    if (!quoted) return rest.starts_with(value) ? std::max<std::size_t>(value.size(), 1) : rest.size();
    const char quote = rest.front();
    if (quote != '"' && quote != '\'') return 1;  // a block text
    const std::size_t end = closing_quote(rest, quote);
    if (end != std::string_view::npos) return end + 1;
    const std::size_t start = static_cast<std::size_t>(rest.data() - text_.text.data());
    if (closing_quote(std::string_view(text_.text).substr(start), quote) == std::string_view::npos) {
      refuse(position(mark, 1), "the quotes are never closed", "close them with another " + std::string(1, quote));
    }
    return rest.size();
  }

  static std::size_t closing_quote(std::string_view text, char quote) {
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (quote == '"' && text[i] == '\\') {
        ++i;
      } else if (text[i] == quote) {
        if (quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'') {
          ++i;
          continue;
        }
        return i;
      }
    }
    return std::string_view::npos;
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse(position(mark, 1), "tags are not used here ('" + tag + "')",
           "remove the tag; quotes make any value a string");
  }

  void begin_member(const std::string& key, bool quoted, Position where) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key = key;
    frame.key_position = where;
    frame.drop_value = false;
    if (key == "<<" && !quoted) {
      report(where, "merge keys (<<) are not supported", "use include, or write the keys out");
      frame.drop_value = true;
    } else if (const ConfigMember* first = frame.node.find_member(key)) {
      report(where, "duplicate key",
             "first given at line " + std::to_string(first->key_position.line) + ", column " +
                 std::to_string(first->key_position.column));
      frame.drop_value = true;
    }
  }

  void report(Position where, std::string message, std::string suggestion) {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = current_path();
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostics_.push_back(std::move(diagnostic));
  }

  void begin(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             YAML::EmitterStyle::value style) {
    const Position where = position(mark, 1);
    refuse_tag(mark, tag);
    if (expects_key()) refuse(where, "a key must be a plain name", "quote it if it begins with '{' or '['");
    if (frames_.size() >= kMaxConfigDepth) {
      refuse(where, "nested more than " + std::to_string(kMaxConfigDepth) + " deep", "flatten it");
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.position = style == YAML::EmitterStyle::Block ? pending_key_position(where) : where;
    frame.anchor = anchor;
    frame.is_flow = style == YAML::EmitterStyle::Flow;
    frames_.push_back(std::move(frame));
  }

  void end() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    count(1, frame.node.position);
    if (!frames_.empty()) frames_.back().alias_depth = std::max(frames_.back().alias_depth, frame.alias_depth);
    if (frame.anchor != 0) anchors_[frame.anchor] = {frame.node, frame.nodes, frame.alias_depth};
    const Position where = frame.node.position;
    attach(std::move(frame.node), frame.nodes, where);
  }

  void add(ConfigNode node, YAML::anchor_t anchor) {
    count(1, node.position);
    if (anchor != 0) anchors_[anchor] = {node, 1, 0};
    const Position where = node.position;
    attach(std::move(node), 1, where);
  }

  void count(std::size_t nodes, Position where) {
    total_ += nodes;
    if (total_ > kMaxConfigNodes) {
      refuse(where, "more than " + std::to_string(kMaxConfigNodes) + " values, aliases written out",
             "split the file or drop aliases");
    }
  }

  [[nodiscard]] static std::size_t depth_of(const ConfigNode& node) {
    std::size_t deepest = 0;
    for (const ConfigNode& item : node.items) deepest = std::max(deepest, depth_of(item));
    for (const ConfigMember& member : node.members) deepest = std::max(deepest, depth_of(member.value));
    return deepest + 1;
  }

  void attach(ConfigNode node, std::size_t nodes, Position where) {
    // Only an alias can bring depth that begin() has not seen.
    if (nodes > 1 && frames_.size() + depth_of(node) > kMaxConfigDepth + 1) {
      refuse(where, "nested more than " + std::to_string(kMaxConfigDepth) + " deep", "flatten it");
    }
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    frame.nodes += nodes;
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    frame.has_key = false;
    if (!frame.drop_value) frame.node.members.push_back({frame.key, frame.key_position, std::move(node)});
  }

  const Source& text_;
  std::uint32_t source_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::optional<ConfigNode> root_;
  std::size_t total_ = 0;
  std::size_t documents_ = 0;
};

std::optional<Diagnostic> check_text(const Source& source, std::uint32_t index) {
  Diagnostic diagnostic;
  diagnostic.position.source = index;
  const std::string& text = source.text;
  if (text.size() > kMaxConfigBytes) {
    diagnostic.message = "larger than " + std::to_string(kMaxConfigBytes >> 20U) + " MiB";
    diagnostic.suggestion = "is this the right file?";
    return diagnostic;
  }
  if (!is_valid_utf8(text)) {
    diagnostic.message = "not UTF-8 text";
    diagnostic.suggestion = "save the file as UTF-8";
    return diagnostic;
  }
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  };
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (control == text.end()) return std::nullopt;
  const auto lines = std::count(text.begin(), control, '\n');
  const std::size_t offset = static_cast<std::size_t>(control - text.begin());
  const std::size_t line_start = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  diagnostic.position.line = static_cast<std::uint32_t>(lines + 1);
  diagnostic.position.column = static_cast<std::uint32_t>(offset - line_start + 1);
  diagnostic.position.length = 1;
  diagnostic.message = "a control character stands here";
  diagnostic.suggestion = "remove it, or write it as an escape in double quotes";
  return diagnostic;
}

ConfigNode empty_document(std::uint32_t source) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::map;
  node.position.source = source;
  return node;
}

}  // namespace

std::optional<ConfigNode> read_yaml(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics) {
  if (auto problem = check_text(sources[source], source)) {
    diagnostics.push_back(std::move(*problem));
    return std::nullopt;
  }
  TreeBuilder builder(sources, source, diagnostics);
  try {
    std::istringstream stream(sources[source].text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    diagnostics.push_back(refused.diagnostic);
    return std::nullopt;
  } catch (const YAML::Exception& problem) {
    Diagnostic diagnostic =
        explain_yaml_problem(sources[source], source, problem.mark.line, problem.mark.column, problem.msg);
    const bool is_unclosed = diagnostic.message.ends_with("is never closed");
    if (is_unclosed) diagnostic.position = builder.open_bracket().value_or(diagnostic.position);
    diagnostics.push_back(std::move(diagnostic));
    return std::nullopt;
  }
  std::optional<ConfigNode> root = builder.take_root();
  if (!root || (root->is_scalar() && root->null)) return empty_document(source);
  return root;
}

}  // namespace asmgr
