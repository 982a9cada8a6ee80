# find_package(seg) gives seg::seg, the shared library.
include(${CMAKE_CURRENT_LIST_DIR}/segTargets.cmake)
