# krules_layer(NAME SOURCES... ) makes the static library krules_NAME out of one folder. Public headers live in
# <folder>/include/krules, private ones beside the sources.
#
# krules_check_layers() fails the configuration when a library of ours links one it must not know:
#   cli -> runtime -> {stdlib, interpreter} -> grammar
function(krules_layer name)
  add_library(krules_${name} STATIC ${ARGN})
  target_include_directories(krules_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE .)
  target_link_libraries(krules_${name} PRIVATE $<BUILD_INTERFACE:krules_options>)
  set_target_properties(krules_${name} PROPERTIES EXPORT_NAME ${name})
endfunction()

set(krules_allowed_grammar "")
set(krules_allowed_interpreter "grammar")
set(krules_allowed_stdlib "interpreter;grammar")
set(krules_allowed_runtime "stdlib;interpreter;grammar")

function(krules_check_layers)
  foreach(layer grammar interpreter stdlib runtime)
    get_target_property(links krules_${layer} LINK_LIBRARIES)
    foreach(link IN LISTS links)
      if(link MATCHES "^krules_(grammar|interpreter|stdlib|runtime)$" AND NOT CMAKE_MATCH_1 IN_LIST krules_allowed_${layer})
        message(FATAL_ERROR "${layer}/ must not depend on ${CMAKE_MATCH_1}/ (see docs/architecture.md)")
      endif()
    endforeach()
  endforeach()
endfunction()
