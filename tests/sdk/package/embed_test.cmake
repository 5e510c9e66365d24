# Installs the engine to a temporary folder and builds a program on it.
#   cmake -DBUILD=build-folder -DSOURCES=this-folder -DLIBRARY=libasmgr_core.a -DC=cc -DCXX=c++ [-DFLAGS=...] -P this
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/temporary_prefix.cmake)
if(NOT EXISTS ${LIBRARY})
  message("the engine is not built")
  return()
endif()

foreach(component sdk toolkit core)
  step("installing ${component}" ${CMAKE_COMMAND} --install ${BUILD} --component ${component} --prefix ${folder}/prefix)
endforeach()
step("configuring" ${CMAKE_COMMAND} -S ${SOURCES}/embed -B ${folder}/embed -DCMAKE_PREFIX_PATH=${folder}/prefix
     -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS})
step("building" ${CMAKE_COMMAND} --build ${folder}/embed)
step("running" ${folder}/embed/embed)
if(NOT said STREQUAL "[run_not_found] no run here: abort\n● Session started\n")
  give_up("the program said: ${said}")
endif()
file(REMOVE_RECURSE ${folder})
message("a program builds on the installed engine and runs")
