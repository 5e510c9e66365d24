// What a host's hidden command does: inspect one plugin file and print the description.
#include <iostream>

#include "core/model/json.hpp"
#include "core/plugin/inspection.hpp"

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--chatter") {
    std::cout << "hello\n";
    return 3;
  }
  std::cout << asmgr::to_text(asmgr::inspect_plugin_file(argv[argc - 1], {})) << '\n';
}
