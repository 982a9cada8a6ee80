# CPack runs this on what it is about to pack: everything looks for LibTorch in seg's own folder, not
# where it lay on the machine that built it; and the licences are collected.
find_program(PATCHELF patchelf REQUIRED)
set(prefix ${CPACK_TEMPORARY_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX})
function(look_in file folder)
  execute_process(COMMAND ${PATCHELF} --set-rpath ${folder} ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

look_in(${prefix}/bin/seg $ORIGIN/../lib/seg)
file(GLOB library ${prefix}/lib/libseg.so.*.*.*)
look_in(${library} $ORIGIN/seg)
file(REMOVE ${prefix}/lib/seg/libseg_openvino.so)  # OpenVINO is no part of packages
file(GLOB plugins ${prefix}/lib/seg/libseg_*.so)
foreach(plugin ${plugins})
  look_in(${plugin} $ORIGIN)
endforeach()
file(MAKE_DIRECTORY ${prefix}/share/doc/seg)
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/notice.sh --debian ${CPACK_SEG_TORCH_FOLDER}/libtorch.so
                OUTPUT_FILE ${prefix}/share/doc/seg/copyright COMMAND_ERROR_IS_FATAL ANY)
# Where Debian's zsh looks, and how Debian keeps manual pages.
if(EXISTS ${prefix}/share/zsh/site-functions)
  file(RENAME ${prefix}/share/zsh/site-functions ${prefix}/share/zsh/vendor-completions)
endif()
file(GLOB manual ${prefix}/share/man/man1/*.1)
if(manual)
  execute_process(COMMAND gzip -9n ${manual} COMMAND_ERROR_IS_FATAL ANY)
endif()
