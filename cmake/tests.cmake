# SPDX-License-Identifier: GPL-3.0-or-later
# The tests. A file in its place is a test; nothing is listed here by name.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(LCT_NODE node)

# What every test is told
set(environment
  "LCT_BIN=${CMAKE_BINARY_DIR}/bin"
  "LCT_TOOLS=${CMAKE_BINARY_DIR}/tests"
  "LCT_SOURCE=${CMAKE_SOURCE_DIR}"
  "LCT_DEEP=$<BOOL:${LCT_DEEP}>"
  "TSAN_OPTIONS=ignore_noninstrumented_modules=1"
  "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/plain/lsan.txt:print_suppressions=0")
set(sanitizer_words "(ERROR|WARNING): (Address|Leak|Thread)Sanitizer;runtime error:")

# Tests see every folder, every foreign library, and what only tests need.
lct_foreign(lct_tests xcb-xtest fuse3 gstreamer-rtsp-server-1.0 gstreamer-rtp-1.0 gstreamer-webrtc-1.0
  gstreamer-sdp-1.0 nice libsrtp2)
target_link_libraries(lct_tests INTERFACE ${LCT_FOREIGN})
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/inc/tests)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/tests ${CMAKE_BINARY_DIR}/inc/tests/tests SYMBOLIC)
target_include_directories(lct_tests INTERFACE ${LCT_INCLUDES} ${CMAKE_BINARY_DIR}/inc/tests)

# tests/support/*.c: what several tests share
file(GLOB support CONFIGURE_DEPENDS tests/support/*.c)
if(support)
  add_library(lct_support STATIC ${support})
  target_link_libraries(lct_support PRIVATE lct_tests)
endif()

# lct_test_program(target source folder...): a program of ours that only tests run
function(lct_test_program target source)
  add_executable(${target} ${source})
  if(TARGET lct_support)
    target_link_libraries(${target} PRIVATE lct_support)
  endif()
  lct_link(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE lct_tests)
endfunction()

include(cmake/fuzz.cmake)
if(LCT_FUZZ) # this tree is for fuzzing only
  return()
endif()

# The runner: Criterion, or where sanitizers and Criterion do not go together, tests/plain.
add_library(lct_runner INTERFACE)
if(LCT_SANITIZE)
  add_library(lct_plain STATIC tests/plain/plain.c)
  target_include_directories(lct_plain SYSTEM PUBLIC tests/plain)
  target_link_libraries(lct_runner INTERFACE lct_plain)
else()
  pkg_check_modules(CRITERION REQUIRED QUIET IMPORTED_TARGET criterion)
  target_link_libraries(lct_runner INTERFACE PkgConfig::CRITERION)
endif()

# tests/unit/<folder>/test_<file>.c, linked with the code up to that folder; "units" are all of them
# with the helper programs that they start
add_custom_target(units)
set(upto "")
foreach(folder IN LISTS LCT_FOLDERS)
  list(APPEND upto ${folder})
  file(GLOB sources CONFIGURE_DEPENDS tests/unit/${folder}/test_*.c tests/unit/${folder}/*/test_*.c)
  foreach(source IN LISTS sources)
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/tests ${source})
    string(REGEX REPLACE "test_(.*)\\.c$" "\\1" name ${name})
    string(REPLACE / - target ${name})
    lct_test_program(${target} ${source} ${upto})
    target_link_libraries(${target} PRIVATE lct_runner)
    add_dependencies(units ${target})
    add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES
      LABELS unit TIMEOUT 180
      FAIL_REGULAR_EXPRESSION "${sanitizer_words}" ENVIRONMENT "${environment}")
  endforeach()
endforeach()

# tests/tools/*.c, tests/bench/*.c: helper programs, in <build>/tests under their own names
file(GLOB tools CONFIGURE_DEPENDS tests/tools/*.c)
file(GLOB benches CONFIGURE_DEPENDS tests/bench/*.c)
foreach(source IN LISTS tools benches)
  cmake_path(GET source STEM name)
  lct_test_program(${name} ${source} ${LCT_FOLDERS})
  if(source IN_LIST tools)
    add_dependencies(units ${name})
  endif()
endforeach()

# tests/preload/*.c: libraries that a test puts before libc (LD_PRELOAD), which sanitizers forbid
if(NOT LCT_SANITIZE)
  file(GLOB preloads CONFIGURE_DEPENDS tests/preload/*.c)
  foreach(source IN LISTS preloads)
    cmake_path(GET source STEM name)
    add_library(${name} SHARED ${source})
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  endforeach()
endif()

# tests/{integration,e2e,fault}/*.{sh,py,mjs}: scripts that drive the real programs. Exit status 77
# is "skipped". A file that begins with _ is a helper of its neighbours.
foreach(kind IN ITEMS integration e2e fault)
  file(GLOB scripts CONFIGURE_DEPENDS tests/${kind}/*.sh tests/${kind}/*.py tests/${kind}/*.mjs)
  list(FILTER scripts EXCLUDE REGEX "/_[^/]*$")
  foreach(script IN LISTS scripts)
    cmake_path(GET script STEM name)
    cmake_path(GET script EXTENSION extension)
    if(extension STREQUAL ".sh")
      set(command bash)
    elseif(extension STREQUAL ".py")
      set(command ${Python3_EXECUTABLE})
    else()
      set(command ${LCT_NODE})
    endif()
    add_test(NAME ${kind}/${name} COMMAND ${command} ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${kind}/${name} PROPERTIES
      LABELS ${kind} TIMEOUT $<IF:$<BOOL:${LCT_DEEP}>,7200,300> SKIP_RETURN_CODE 77
      FAIL_REGULAR_EXPRESSION "${sanitizer_words}" ENVIRONMENT "${environment}")
    # Browsers decode video without a GPU: tests of them begin first, at most two at a time
    # (cmake/browsers.json), and beside them one or two of the others. A guest machine, and what measures
    # losses of sound, has nothing beside it. A script that runs several of its tests at once takes two places.
    file(STRINGS ${script} several REGEX "beside\\.main")
    if(NOT kind STREQUAL "integration" OR several)
      set_tests_properties(${kind}/${name} PROPERTIES PROCESSORS 2)
    endif()
    if(kind STREQUAL "e2e")
      set_tests_properties(${kind}/${name} PROPERTIES RESOURCE_GROUPS browsers:1 COST 100)
    elseif(name MATCHES "_(sources|qemu)$")
      set_tests_properties(${kind}/${name} PROPERTIES PROCESSORS 5)
    endif()
  endforeach()
endforeach()

if(NOT LCT_SANITIZE)
  include(cmake/arch.cmake)
endif()
