// Boost.JSON's one source file. See CMakeLists.txt for why it is compiled here instead of linked from the system.
#include <boost/json/src.hpp>
