# What scripts/package/deb.sh packs.
set(CPACK_PACKAGE_NAME seg)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "nnU-Net, native: plans, trains and runs segmentation of medical images")
set(CPACK_PACKAGE_CONTACT "the seg project <seg@localhost>")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# All of seg, and LibTorch, which Debian's own package cannot replace, in one package.
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};seg;ALL;/;${PROJECT_BINARY_DIR};seg;libtorch;/")
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb_paths.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${SEG_TORCH_FOLDER} ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS plplot-driver-cairo)  # draws progress.png
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
