# The tests. A file in its place is a test; nothing is listed here by name.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
set(sanitizer_words "(ERROR|WARNING): (Address|Leak|Thread)Sanitizer;runtime error:")

# Tests see every folder, every foreign library, and what only tests need.
lct_foreign(lct_tests xcb-xtest)
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

# The runner: Criterion, or where sanitizers and Criterion do not go together, tests/plain.
add_library(lct_runner INTERFACE)
if(LCT_SANITIZE OR LCT_FUZZ)
  add_library(lct_plain STATIC tests/plain/plain.c)
  target_include_directories(lct_plain SYSTEM PUBLIC tests/plain)
  target_link_libraries(lct_runner INTERFACE lct_plain)
else()
  pkg_check_modules(CRITERION REQUIRED QUIET IMPORTED_TARGET criterion)
  target_link_libraries(lct_runner INTERFACE PkgConfig::CRITERION)
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

# tests/unit/<folder>/test_<file>.c, linked with the code up to that folder
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
    add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES
      LABELS unit TIMEOUT 180 FAIL_REGULAR_EXPRESSION "${sanitizer_words}"
      ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1")
  endforeach()
endforeach()
