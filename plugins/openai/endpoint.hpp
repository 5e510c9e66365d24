// Where requests go, and what each of them says besides its body.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <asmgr/toolkit/model_api/settings.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace asmgr::openai {

class Endpoint {
 public:
  // `path` begins with a slash and goes before a query that the base URL has.
  Endpoint(const model_api::Settings& settings, std::string_view path);

  [[nodiscard]] http::Request request(const boost::json::object& body) const;

  // What Chat Completions calls the limit of an answer here. OpenAI's newer models refuse the old name, and other
  // servers do not know the new one.
  [[nodiscard]] std::string_view limit_name() const { return limit_name_; }

 private:
  std::string url_;
  std::string authorization_;  // empty = no key
  std::string_view limit_name_;
};

}  // namespace asmgr::openai
