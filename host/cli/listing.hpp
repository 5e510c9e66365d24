// How lists are answered: a table, {"items": [], "next_cursor": null}, or an item a line.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "host/cli/console.hpp"

namespace asmgr::cli {

struct Listing {
  boost::json::array items;                    // for json and jsonl
  std::vector<std::string> head;               // for text
  std::vector<std::vector<std::string>> rows;  // for text, one per item
  std::string next_cursor;                     // empty = this was all
};

// In the console's format. A text table that is not all says how to go on, on standard error.
void print_listing(Console& console, Listing listing);

}  // namespace asmgr::cli
