# How our own code is compiled and linked; a third party's plugin sees none of this (it includes asmgr_plugin.cmake only).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(ASMGR_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/asmgr/plugins)

# ccache where present. The sloppiness lets it cache units that use a precompiled header.
find_program(ASMGR_CCACHE ccache)
if(ASMGR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${ASMGR_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ASMGR_CCACHE})
endif()

# mold where present: links are most of an incremental build.
find_program(ASMGR_MOLD mold)
if(ASMGR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(ASMGR_SANITIZE)
  add_compile_options(-fsanitize=${ASMGR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASMGR_SANITIZE})
endif()

# Warnings are errors in our own code. An interface target, so that it never reaches an installed target's users.
add_library(asmgr_warnings INTERFACE)
target_compile_options(asmgr_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# Not under a sanitizer: its instrumentation makes the optimiser warn of things that are not in the code.
if(NOT ASMGR_SANITIZE)
  target_compile_options(asmgr_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of GCC 12's optimiser inside std::string and std::variant of the standard library itself.
  target_compile_options(asmgr_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>
                         -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=array-bounds
                         -Wno-error=dangling-pointer)
  if(CMAKE_UNITY_BUILD)
    # In such a unit every source is an included file, whose unnamed namespaces GCC takes for a header's.
    target_compile_options(asmgr_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
  endif()
  if(ASMGR_SANITIZE MATCHES "thread")
    target_compile_options(asmgr_warnings INTERFACE -Wno-tsan)
  endif()
endif()

find_package(Threads REQUIRED)
