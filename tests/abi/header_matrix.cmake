# Compiles every header of the SDK alone: cmake -DCOMPILER=cc -DLANGUAGE=c|c++ -DSTANDARD=c11 -DINCLUDE=folder -P this.
# The boundary itself must have no hidden padding: its layout then is the same for every compiler.
cmake_minimum_required(VERSION 3.25)
file(GLOB boundary RELATIVE ${INCLUDE} ${INCLUDE}/asmgr/abi/*.h ${INCLUDE}/asmgr/plugin.h)
set(headers ${boundary} asmgr/run_blocking.h)
set(flags -Wall -Wextra -pedantic -Werror)
if(LANGUAGE STREQUAL "c++")
  # Each header of the layer brings much of the standard library: alone in the oldest standard, together in the others.
  if(STANDARD STREQUAL "c++17")
    file(GLOB layer RELATIVE ${INCLUDE} ${INCLUDE}/asmgr/cpp/*.hpp)
  endif()
  list(APPEND headers ${layer} asmgr/plugin.hpp)
  list(APPEND flags -Wconversion -Wshadow)
endif()

set(broken 0)
foreach(header ${headers})
  set(padded)
  if(LANGUAGE STREQUAL "c" AND header IN_LIST boundary)
    set(padded -Wpadded)
  endif()
  set(source "#include <${header}>\nint asmgr_not_empty;\n")
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E echo "${source}"
    COMMAND ${COMPILER} -x ${LANGUAGE} -std=${STANDARD} ${flags} ${padded} -D_POSIX_C_SOURCE=200809L -I${INCLUDE}
            -fsyntax-only -
    RESULT_VARIABLE result ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    message("${header} does not compile alone as ${STANDARD}:\n${said}")
    math(EXPR broken "${broken} + 1")
  endif()
endforeach()
list(LENGTH headers count)
if(broken OR count LESS 12)
  message(FATAL_ERROR "${broken} of ${count} headers do not compile alone")
endif()
message("${count} headers compile alone as ${STANDARD} with ${COMPILER}")
