# Runs a libFuzzer program for a while: cmake -D FUZZER=... -D CORPUS=a|b -D WORK=... -D SECONDS_OF_A_NIGHT=n
# -P run_fuzzer.cmake
#
# What it finds goes to WORK, a folder of the build; the corpora are copied there first, so that the source tree is never
# written. What breaks it is left in WORK as crash-..., and printed.
set(seconds 5)
set(seed 1) # a run that anybody can repeat; a night's run looks elsewhere each time
if("$ENV{ASMGR_TEST_PROFILE}" STREQUAL "long")
  set(seconds ${SECONDS_OF_A_NIGHT})
  set(seed 0)
endif()

file(REMOVE_RECURSE ${WORK}/corpus)
file(MAKE_DIRECTORY ${WORK}/corpus)
string(REPLACE "|" ";" folders "${CORPUS}")
foreach(folder ${folders})
  file(GLOB files ${folder} ${folder}/*)
  foreach(path ${files})
    if(NOT IS_DIRECTORY ${path})
      file(COPY ${path} DESTINATION ${WORK}/corpus)
    endif()
  endforeach()
endforeach()

execute_process(
  COMMAND ${FUZZER} -max_total_time=${seconds} -seed=${seed} -rss_limit_mb=2048 -timeout=20 -print_final_stats=1
          -verbosity=0 -artifact_prefix=${WORK}/ ${WORK}/corpus
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${FUZZER} ended with ${result}; its input is in ${WORK}")
endif()
