# Installs the SDK to a temporary folder, builds plugins against it as a third party would, and runs them.
#   cmake -DBUILD=build-folder -DSOURCES=this-folder -DTOOLS=nm-script -DC=cc -DCXX=c++ -DNM=nm -P this
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/temporary_prefix.cmake)

# Without Boost, OpenSSL or anything else: what is not there cannot be needed.
set(nothing_else -DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON
                 -DCMAKE_DISABLE_FIND_PACKAGE_Threads=ON)
step("installing the sdk" ${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${folder}/prefix)
foreach(language plain_c plain_cpp)
  step("configuring ${language}" ${CMAKE_COMMAND} -S ${SOURCES}/${language} -B ${folder}/${language}
       -DCMAKE_PREFIX_PATH=${folder}/prefix -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX} ${nothing_else})
  step("building ${language}" ${CMAKE_COMMAND} --build ${folder}/${language})
  step("looking at the symbols of ${language}" ${CMAKE_COMMAND} -DNM=${NM} -DPLUGINS=${folder}/${language} -P ${TOOLS})
  step("running ${language}" ${folder}/plain_c/drive ${folder}/${language}/echo.asmgr.so)
  set(expected "1 event, finished 1 time with 1: {\"output\":{\"echo\":{\"input\":{}}}}\n")
  if(NOT said STREQUAL expected)
    give_up("${language} said: ${said}expected: ${expected}")
  endif()
endforeach()

# A component that is not installed is refused, not ignored.
file(WRITE ${folder}/missing/CMakeLists.txt
     "cmake_minimum_required(VERSION 3.25)\nproject(m LANGUAGES C)\nfind_package(asmgr REQUIRED COMPONENTS core)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${folder}/missing -B ${folder}/missing/build
                        -DCMAKE_PREFIX_PATH=${folder}/prefix -DCMAKE_C_COMPILER=${C}
                RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE said)
file(REMOVE_RECURSE ${folder})
string(REGEX REPLACE "[ \n]+" " " said "${said}")
if(result EQUAL 0 OR NOT said MATCHES "lacks these components[^:]*: ?core toolkit")
  message(FATAL_ERROR "a missing component core was not refused: ${said}")
endif()
message("plugins in C and C++ build against the installed SDK and run")
