# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the libraries of the folders in cmake/folders.txt.
#
# Each row is one OBJECT library (lct_stream, lct_stream_http, …) that sees its own foreign libraries
# and no others. Its include path is a farm of links in the build folder,
#
#     <build>/inc/base/base -> <source>/base        <build>/inc/encode/encode -> <source>/encode
#
# of which it is given its own entry and those to its left: in capture/, "base/log.h" is found and
# "encode/bus.h" is not. Each folder's objects are also packed into one archive (lct_pack_stream), so
# that a program holds, and loads, only what it reaches. See docs/decisions/0001-build-shape.md.

find_package(PkgConfig REQUIRED)

set(LCT_FOLDERS "")     # all folders, left to right
set(LCT_INCLUDES "")    # their entries in the farm, in the same order
set(LCT_OBJECTS "")     # the OBJECT libraries that have sources
set(LCT_FOREIGN "")     # targets of all foreign libraries

# lct_foreign(target item...): an interface library for pkg-config names and -l… items
function(lct_foreign target)
  add_library(${target} INTERFACE)
  set(packages ${ARGN})
  list(FILTER packages EXCLUDE REGEX "^-l")
  set(plain ${ARGN})
  list(FILTER plain INCLUDE REGEX "^-l")
  if(packages)
    pkg_check_modules(${target} REQUIRED QUIET IMPORTED_TARGET ${packages})
    target_link_libraries(${target} INTERFACE PkgConfig::${target})
  endif()
  target_link_libraries(${target} INTERFACE ${plain})
endfunction()

set(table ${CMAKE_SOURCE_DIR}/cmake/folders.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
file(STRINGS ${table} rows REGEX "^[a-z]")
set(own_row ${rows}) # sub folders that are libraries of their own
list(TRANSFORM own_row REPLACE " .*" "")
list(FILTER own_row INCLUDE REGEX "/")

foreach(row IN LISTS rows)
  string(REGEX MATCH "^([a-z/]+) *\\|([^|]*)\\|" unused "${row}")
  set(path ${CMAKE_MATCH_1})
  separate_arguments(packages UNIX_COMMAND "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "/.*" "" folder ${path})
  string(MAKE_C_IDENTIFIER lct_${path} object)

  if(path STREQUAL folder)
    list(APPEND LCT_FOLDERS ${folder})
    list(APPEND LCT_INCLUDES ${CMAKE_BINARY_DIR}/inc/${folder})
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/inc/${folder})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${CMAKE_BINARY_DIR}/inc/${folder}/${folder} SYMBOLIC)
    set(patterns ${folder}/*.c ${folder}/*/*.c)
  else()
    set(patterns ${path}/*.c)
  endif()

  lct_foreign(${object}_foreign ${packages})
  list(APPEND LCT_FOREIGN ${object}_foreign)

  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  list(FILTER sources EXCLUDE REGEX "/control/[a-z]+_main\\.c$")
  if(path STREQUAL folder)
    foreach(sub IN LISTS own_row)
      list(FILTER sources EXCLUDE REGEX "^${CMAKE_SOURCE_DIR}/${sub}/")
    endforeach()
  endif()
  if(sources)
    add_library(${object} OBJECT ${sources})
    target_include_directories(${object} PRIVATE ${LCT_INCLUDES})
    target_link_libraries(${object} PRIVATE ${object}_foreign)
    list(APPEND LCT_OBJECTS ${object})
    if(NOT TARGET lct_pack_${folder})
      add_library(lct_pack_${folder} STATIC)
    endif()
    target_sources(lct_pack_${folder} PRIVATE $<TARGET_OBJECTS:${object}>)
    set_target_properties(lct_pack_${folder} PROPERTIES LINKER_LANGUAGE C)
    target_link_libraries(lct_pack_${folder} INTERFACE $<LINK_ONLY:${object}_foreign>)
  endif()
endforeach()

# lct_link(target folder...): gives a program the code of these folders, and its libraries
function(lct_link target)
  set(packs "")
  foreach(folder IN LISTS ARGN)
    if(TARGET lct_pack_${folder})
      list(PREPEND packs lct_pack_${folder}) # for the linker, who uses stands before the used
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE ${packs})
endfunction()
