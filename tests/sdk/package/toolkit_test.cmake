# Installs the SDK with its toolkit to a temporary folder and builds a provider of a model API on it.
#   cmake -DBUILD=build-folder -DSOURCES=this-folder -DTOOLS=nm-script -DNM=nm -DLIBRARY=libasmgr_toolkit_model_api.a
#         -DC=cc -DCXX=c++ [-DFLAGS=...] -P this
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/temporary_prefix.cmake)
foreach(library json exec http store_rules store_query store_maintenance)
  string(REPLACE "model_api" ${library} file ${LIBRARY})
  if(NOT EXISTS ${file})
    message("the toolkit is not built: ${file}")
    return()
  endif()
endforeach()

foreach(component sdk toolkit)
  step("installing ${component}" ${CMAKE_COMMAND} --install ${BUILD} --component ${component} --prefix ${folder}/prefix)
endforeach()
step("configuring" ${CMAKE_COMMAND} -S ${SOURCES}/model_plugin -B ${folder}/model_plugin
     -DCMAKE_PREFIX_PATH=${folder}/prefix -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${FLAGS})
step("building" ${CMAKE_COMMAND} --build ${folder}/model_plugin)
step("looking at the symbols" ${CMAKE_COMMAND} -DNM=${NM} -DPLUGINS=${folder}/model_plugin -P ${TOOLS})
file(REMOVE_RECURSE ${folder})
message("a provider of a model API builds on the installed toolkit")
