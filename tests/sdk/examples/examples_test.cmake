# Installs the SDK to a temporary folder, builds the example policies as their README says, and sees each one hold back a
# command that the program would else run.
#   cmake -DBUILD=build-folder -DEXAMPLES=sdk/examples -DPROGRAM=asmgr -DPLUGINS=folder -DC=cc -DCXX=c++ -P this
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/../package/temporary_prefix.cmake)

step("installing the sdk" ${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${folder}/prefix)
foreach(example policy_c policy_cpp)
  file(COPY ${EXAMPLES}/${example} DESTINATION ${folder})
  step("configuring ${example}" ${CMAKE_COMMAND} -S ${folder}/${example} -B ${folder}/${example}/build
       -DCMAKE_PREFIX_PATH=${folder}/prefix -DCMAKE_C_COMPILER=${C} -DCMAKE_CXX_COMPILER=${CXX})
  step("building ${example}" ${CMAKE_COMMAND} --build ${folder}/${example}/build)
endforeach()

file(WRITE ${folder}/asmgr.yaml "version: 1
plugins:
  search_path: [./policy_c/build, ./policy_cpp/build, '${PLUGINS}']
stores:
  local: {plugin: memory}
providers:
  shell: {plugin: shell}
policies:
  none: {plugin: no_tools}
  quota: {plugin: call_quota, config: {max_calls: 0}}
  enough: {plugin: call_quota, config: {max_calls: 1}}
pipelines:
  default: {store: local, provider: shell}
")

# touch_under(POLICY): whether `touch` may make a file under the policy; what the program said is in ${said}.
function(touch_under policy)
  file(REMOVE ${folder}/marker)
  execute_process(COMMAND ${PROGRAM} run --output jsonl --policy ${policy} "touch marker" WORKING_DIRECTORY ${folder}
                  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE complaint)
  set(said "${result}: ${said}${complaint}" PARENT_SCOPE)
  set(made FALSE PARENT_SCOPE)
  if(EXISTS ${folder}/marker)
    set(made TRUE PARENT_SCOPE)
  endif()
endfunction()

foreach(denying "none;no_tools" "quota;max_calls")
  list(GET denying 0 policy)
  list(GET denying 1 rule)
  touch_under(${policy})
  if(made OR said MATCHES "tool_call_started" OR NOT said MATCHES "\"rule\":\"${rule}\"")
    give_up("the policy ${policy} did not hold back the call:\n${said}")
  endif()
endforeach()
touch_under(enough)
if(NOT made)
  give_up("a call within the quota was held back:\n${said}")
endif()
file(REMOVE_RECURSE ${folder})
message("the example policies build against the installed SDK and deny tool calls")
