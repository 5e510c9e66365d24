# A plugin that exports a second function, or none, must be found: cmake -DCC=cc -DNM=nm -P this.
cmake_minimum_required(VERSION 3.25)
string(RANDOM LENGTH 12 name)
if(DEFINED ENV{TMPDIR})
  set(folder $ENV{TMPDIR}/asmgr-symbols-${name})
else()
  set(folder /tmp/asmgr-symbols-${name})
endif()

# Builds a library from `source` and says in `result` whether the check lets it pass.
function(passes source result)
  file(REMOVE_RECURSE ${folder})
  file(WRITE ${folder}/plugin.c "${source}")
  execute_process(COMMAND ${CC} -shared -fPIC ${folder}/plugin.c -o ${folder}/plugin.asmgr.so COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} -DNM=${NM} -DPLUGINS=${folder}
                          -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/exported_symbols.cmake
                  RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET)
  file(REMOVE_RECURSE ${folder})
  if(code EQUAL 0)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

passes("int asmgr_plugin_entry_v1(void) { return 0; }" alone)
passes("int asmgr_plugin_entry_v1(void) { return 0; } int other(void) { return 0; }" with_another)
passes("static int nothing; int other(void) { return nothing; }" none)
if(NOT alone OR with_another OR none)
  message(FATAL_ERROR "alone: ${alone}, with another: ${with_another}, without the entry: ${none}")
endif()
