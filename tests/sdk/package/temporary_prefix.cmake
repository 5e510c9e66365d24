# Shared by the tests of the package: ${folder} is a temporary folder, removed when a step fails.
string(RANDOM LENGTH 12 name)
if(DEFINED ENV{TMPDIR})
  set(folder $ENV{TMPDIR}/asmgr-package-${name})
else()
  set(folder /tmp/asmgr-package-${name})
endif()

function(give_up message)
  file(REMOVE_RECURSE ${folder})
  message(FATAL_ERROR "${message}")
endfunction()

# Runs a command; ${said} is what it printed. On failure ends the test with that.
function(step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    give_up("${what} failed (${result}):\n${said}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()
