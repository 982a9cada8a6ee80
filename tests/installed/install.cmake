# Installs the build into PREFIX and builds apps/examples, copied to another folder, against it; then the
# programs on the layers, which are asked for, and one of them against the build tree.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)
file(REMOVE_RECURSE ${PREFIX} ${EXAMPLES})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX})
file(COPY ${SOURCE}/apps/examples/ DESTINATION ${EXAMPLES}/source)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/layers DESTINATION ${EXAMPLES})
# Neither LibTorch nor the source is told to the examples.
set(ENV{CMAKE_PREFIX_PATH})
set(installed -DCMAKE_PREFIX_PATH=${PREFIX})
set(more -G ${GENERATOR} -DITK_DIR=${ITK_DIR} "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_C_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} -S ${EXAMPLES}/source -B ${EXAMPLES}/build ${more} ${installed})
run(${CMAKE_COMMAND} --build ${EXAMPLES}/build)

execute_process(COMMAND ${CMAKE_COMMAND} -S ${EXAMPLES}/layers -B ${EXAMPLES}/refused ${more} ${installed}
                -DLAYERS=plan RESULT_VARIABLE code ERROR_VARIABLE error OUTPUT_QUIET)
if(code EQUAL 0 OR NOT error MATCHES "without its[ \n]+layers")
  message(FATAL_ERROR "layers that are not installed are found: ${code}\n${error}")
endif()
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} --component layers)
run(${CMAKE_COMMAND} -S ${EXAMPLES}/layers -B ${EXAMPLES}/with_layers ${more} ${installed}
    "-DLAYERS=plan\;train")
run(${CMAKE_COMMAND} --build ${EXAMPLES}/with_layers)
run(${CMAKE_COMMAND} -S ${EXAMPLES}/layers -B ${EXAMPLES}/of_build_tree ${more} -Dseg_DIR=${BUILD}
    -DLAYERS=plan)
run(${CMAKE_COMMAND} --build ${EXAMPLES}/of_build_tree)
