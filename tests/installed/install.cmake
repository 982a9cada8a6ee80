# Installs the build into PREFIX and builds apps/examples, copied to another folder, against it.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${PREFIX})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX})
file(REMOVE_RECURSE ${EXAMPLES})
file(COPY ${SOURCE}/apps/examples/ DESTINATION ${EXAMPLES}/source)
# Neither LibTorch nor the source is told to the examples.
set(ENV{CMAKE_PREFIX_PATH})
run(${CMAKE_COMMAND} -S ${EXAMPLES}/source -B ${EXAMPLES}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${PREFIX} -DITK_DIR=${ITK_DIR} "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_C_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build ${EXAMPLES}/build)
