# asmgr_add_plugin(NAME SOURCES file... [LIBS target...] [TARGET_MINOR n])
#
# The one supported way to build a plugin: NAME.asmgr.so, exporting the entry symbol and nothing else, refusing undefined
# symbols at link time, never unloaded. Works the same inside this project and after find_package(asmgr).
set(ASMGR_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "")

function(asmgr_add_plugin name)
  cmake_parse_arguments(PLUGIN "" "TARGET_MINOR" "SOURCES;LIBS" ${ARGN})
  if(NOT PLUGIN_SOURCES)
    message(FATAL_ERROR "asmgr_add_plugin(${name}): no SOURCES given")
  endif()
  set(target asmgr_plugin_${name})
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE asmgr::sdk ${PLUGIN_LIBS})
  if(DEFINED PLUGIN_TARGET_MINOR)
    target_compile_definitions(${target} PRIVATE ASMGR_TARGET_MINOR=${PLUGIN_TARGET_MINOR})
  endif()
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME "${name}.asmgr" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(ASMGR_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ASMGR_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A unique symbol would pin the library and be shared between plugins whatever the version script says.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  target_link_options(${target} PRIVATE
    LINKER:-z,nodelete LINKER:-z,now LINKER:--exclude-libs,ALL LINKER:--build-id LINKER:--version-script=${ASMGR_PLUGIN_MAP})
  # Clang's sanitizer runtimes are resolved from the program at load time, so there -z defs cannot hold.
  if(NOT ("${CMAKE_C_COMPILER_ID} ${CMAKE_CXX_COMPILER_ID}" MATCHES "Clang"
          AND "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${ASMGR_SANITIZE}" MATCHES "sanitize|address|thread"))
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${ASMGR_PLUGIN_MAP})
endfunction()
