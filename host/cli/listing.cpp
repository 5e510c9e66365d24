#include "host/cli/listing.hpp"

#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {

void print_listing(Console& console, Listing listing) {
  switch (console.format()) {
    case OutputFormat::text:
      console.write(table(listing.head, listing.rows));
      if (!listing.next_cursor.empty()) console.note("more: --cursor " + listing.next_cursor);
      return;
    case OutputFormat::jsonl:
      for (const auto& item : listing.items) console.write_json(item);
      return;
    case OutputFormat::json:
      break;
  }
  boost::json::object page;
  page["items"] = std::move(listing.items);
  page["next_cursor"] =
      listing.next_cursor.empty() ? boost::json::value(nullptr) : boost::json::value(listing.next_cursor);
  console.write_json(page);
}

}  // namespace asmgr::cli
