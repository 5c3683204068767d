# `cmake --install build/release --prefix DIR`: the program, the libraries with their headers, a CMake package (find_package(krules),
# target krules::runtime) and a pkg-config file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS krules RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS krules_grammar krules_interpreter krules_stdlib krules_runtime
        EXPORT krules-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(layer grammar interpreter stdlib runtime)
  install(DIRECTORY ${layer}/include/krules DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()

set(krules_package ${CMAKE_INSTALL_LIBDIR}/cmake/krules)
install(EXPORT krules-targets NAMESPACE krules:: DESTINATION ${krules_package})
configure_file(cmake/krules-config.cmake.in krules-config.cmake @ONLY)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/krules-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/krules-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/krules-config-version.cmake
        DESTINATION ${krules_package})

configure_file(cmake/krules.pc.in krules.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/krules.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
