#include "core/config/pricing_settings.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kPricingPath = "host.pricing";

void report_price(const ConfigNode* vendor, const std::string& vendor_name, const std::string& model,
                  const Error& problem, Diagnostics& diagnostics) {
  const ConfigMember* at = vendor == nullptr ? nullptr : vendor->find_member(model);
  Diagnostic diagnostic;
  if (at != nullptr) diagnostic.position = at->key_position;
  const auto path = find_string(problem.details(), "path");
  diagnostic.path = path ? std::string(*path) : path_join(path_join(kPricingPath, vendor_name), model);
  // The path stands before the message already.
  const std::string& message = problem.message();
  const std::size_t colon = message.find(": ");
  diagnostic.message = colon == std::string::npos ? message : message.substr(colon + 2);
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace

PriceTable parse_pricing(const boost::json::object& json, const ConfigNode* node, Diagnostics& diagnostics) {
  PriceTable table = PriceTable::shipped();
  for (const auto& [vendor, models] : json) {
    if (!models.is_object()) continue;  // the schema has said so
    const ConfigNode* at = node == nullptr ? nullptr : node->find(vendor);
    for (const auto& [model, card] : models.get_object()) {
      boost::json::object one_model;
      one_model[model] = card;
      boost::json::object one;
      one[vendor] = std::move(one_model);
      auto priced = table.with_overrides(one, kPricingPath);
      if (priced) {
        table = std::move(*priced);
      } else {
        report_price(at, vendor, model, priced.error(), diagnostics);
      }
    }
  }
  return table;
}

}  // namespace asmgr
