# What `cmake --install` lays out, in components that can be had alone:
#   sdk      include/asmgr (the C boundary, the C++ layer, the toolkit's headers), lib/cmake/asmgr
#   toolkit  the toolkit's static libraries
#   core     the engine's static library and headers
#   plugins  lib/asmgr/plugins
#   host     bin, share/asmgr
# Targets that a partial tree does not have are left out.
include(CMakePackageConfigHelpers)
set(ASMGR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/asmgr)

# ---- sdk
install(DIRECTORY ${ASMGR_SDK_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(TARGETS asmgr_sdk EXPORT asmgrSdkTargets)
install(EXPORT asmgrSdkTargets NAMESPACE asmgr:: DESTINATION ${ASMGR_CMAKE_DIR} COMPONENT sdk)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/asmgrConfig.cmake.in ${PROJECT_BINARY_DIR}/asmgrConfig.cmake
                              INSTALL_DESTINATION ${ASMGR_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/asmgrConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/asmgrConfig.cmake ${PROJECT_BINARY_DIR}/asmgrConfigVersion.cmake
              ${ASMGR_SDK_DIR}/cmake/asmgr_plugin.cmake ${ASMGR_SDK_DIR}/cmake/plugin.map
        DESTINATION ${ASMGR_CMAKE_DIR} COMPONENT sdk)

# ---- toolkit
foreach(part json exec jsonl json_rpc agent http model_api store_rules store_query store_maintenance)
  if(TARGET asmgr_toolkit_${part})
    install(TARGETS asmgr_toolkit_${part} EXPORT asmgrToolkitTargets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT toolkit)
    set(toolkit TRUE)
  endif()
endforeach()
if(toolkit)
  install(EXPORT asmgrToolkitTargets NAMESPACE asmgr:: DESTINATION ${ASMGR_CMAKE_DIR} COMPONENT toolkit)
endif()

# ---- core
if(TARGET asmgr_core)
  install(TARGETS asmgr_core core_base EXPORT asmgrCoreTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT core)
  install(EXPORT asmgrCoreTargets NAMESPACE asmgr:: DESTINATION ${ASMGR_CMAKE_DIR} COMPONENT core)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/asmgr/core COMPONENT core
          FILES_MATCHING PATTERN "*.hpp" PATTERN include EXCLUDE PATTERN cmake EXCLUDE PATTERN pch.hpp EXCLUDE)
  if(EXISTS ${PROJECT_SOURCE_DIR}/core/include)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT core
            FILES_MATCHING PATTERN "*.hpp")
  endif()
endif()

# ---- plugins and host: whatever their folders build
function(asmgr_targets_below folder type result)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(children DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  set(found)
  foreach(target ${targets})
    get_target_property(target_type ${target} TYPE)
    if(target_type STREQUAL type)
      list(APPEND found ${target})
    endif()
  endforeach()
  foreach(child ${children})
    asmgr_targets_below(${child} ${type} below)
    list(APPEND found ${below})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

asmgr_targets_below(${PROJECT_SOURCE_DIR}/plugins MODULE_LIBRARY plugins)
if(plugins)
  # Not under the architecture's folder: a host looks for ../lib/asmgr/plugins beside itself.
  install(TARGETS ${plugins} LIBRARY DESTINATION lib/asmgr/plugins COMPONENT plugins)
endif()
asmgr_targets_below(${PROJECT_SOURCE_DIR}/host EXECUTABLE programs)
list(FILTER programs EXCLUDE REGEX "^asmgr_example_")
if(programs)
  install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT host)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/configs)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/asmgr COMPONENT host)
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/host/packages.txt)
  install(FILES ${PROJECT_SOURCE_DIR}/host/packages.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/asmgr COMPONENT host)
endif()
