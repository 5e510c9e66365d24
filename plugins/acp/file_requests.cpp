#include "file_requests.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <filesystem>
#include <utility>

#include "refusals.hpp"

namespace asmgr::acp {
namespace {

namespace json = boost::json;

const json::object& parameters_of(const json_rpc::Request& request) {
  static const json::object kNone;
  const json::object* params = request.params.if_object();
  return params == nullptr ? kNone : *params;
}

std::optional<std::int64_t> count_at(const json::object& params, const char* key) {
  const json::value* value = params.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return std::max<std::int64_t>(0, agent::integer_at(params, key));
}

bool same_path(const std::string& a, std::string_view b) {
  return std::filesystem::path(a).lexically_normal() == std::filesystem::path(b).lexically_normal();
}

}  // namespace

void FileRequests::answer_with(const json::value& id, const FileProblem& problem) {
  switch (problem.kind) {
    case FileProblem::Kind::kOutside:
      return peer_.respond_error(id, invalid_parameters(problem.message));
    case FileProblem::Kind::kNotFound:
      return peer_.respond_error(id, {kResourceNotFound, "Resource not found: " + problem.message, nullptr});
    case FileProblem::Kind::kUnusable:
      return peer_.respond_error(id, {json_rpc::kInternalError, problem.message, nullptr});
  }
}

void FileRequests::read(const json_rpc::Request& request) {
  const json::object& params = parameters_of(request);
  const auto found =
      workspace_.read(agent::text_at(params, "path"), count_at(params, "line"), count_at(params, "limit"));
  if (const auto* problem = std::get_if<FileProblem>(&found)) return answer_with(request.id, *problem);
  json::object result;
  result["content"] = std::get<std::string>(found);
  peer_.respond(request.id, std::move(result));
}

void FileRequests::write(const json_rpc::Request& request) {
  const json::object& params = parameters_of(request);
  const std::string path(agent::text_at(params, "path"));
  const json::value* content = params.if_contains("content");
  if (content == nullptr || !content->is_string()) {
    return peer_.respond_error(request.id, invalid_parameters("fs/write_text_file needs `content`, a string"));
  }
  const std::string text(content->get_string());
  if (const auto problem = workspace_.check(path)) return answer_with(request.id, *problem);
  const bool permitted = turn_.is_permitted([&](const ToolCall& call) {
    const std::vector<std::string> paths = call.paths();
    return std::any_of(paths.begin(), paths.end(), [&](const std::string& named) { return same_path(named, path); });
  });
  if (!permitted) return ask_and_write(request, path, text);
  if (const auto problem = workspace_.write(path, text)) return answer_with(request.id, *problem);
  peer_.respond(request.id, json::object());
}

void FileRequests::ask_and_write(const json_rpc::Request& request, const std::string& path,
                                 const std::string& content) {
  json::object input;
  input["path"] = path;
  input["content"] = content;
  json::object asked;
  asked["toolCallId"] = "fs_write_" + std::to_string(next_call_++);
  asked["title"] = "Write " + path;
  asked["kind"] = "edit";
  asked["rawInput"] = std::move(input);
  const ToolCall& call = turn_.asked(asked);
  const auto settle = [this, id = request.id, call_id = call.id, path, content](const sdk::Verdict& verdict) {
    if (verdict.cancelled) return peer_.respond_error(id, request_cancelled());
    const std::string refusal = refusal_of(verdict);
    if (!refusal.empty()) {
      turn_.denied(call_id, refusal);
      return peer_.respond_error(id, {json_rpc::kInternalError, "not permitted: " + refusal, nullptr});
    }
    turn_.own_call_started(call_id);
    const auto problem = workspace_.write(path, content);
    json::object output;
    if (problem) output["error"] = problem->message;
    turn_.own_call_ended(call_id, output, problem.has_value());
    if (problem) return answer_with(id, *problem);
    peer_.respond(id, json::object());
  };
  questions_.ask(request.id, call, settle);
}

}  // namespace asmgr::acp
