# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/fuzz_<name>.c with tests/fuzz/corpus/<name>/: with LCT_FUZZ libFuzzer looks for new
# inputs, in other trees the kept ones are replayed.
file(GLOB sources CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
add_custom_target(fuzzers)
foreach(source IN LISTS sources)
  cmake_path(GET source STEM target)
  string(REPLACE fuzz_ "" name ${target})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  lct_test_program(${target} ${source} ${LCT_FOLDERS})
  target_compile_options(${target} PRIVATE -Wno-missing-prototypes) # libFuzzer has no header
  add_dependencies(fuzzers ${target})
  if(LCT_FUZZ)
    set(found ${CMAKE_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${found})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(seconds 3)
    if(LCT_DEEP)
      set(seconds 600)
    endif()
    set(test fuzz/${name})
    add_test(NAME ${test} COMMAND ${target} -max_total_time=${seconds} -timeout=10
      -artifact_prefix=${found}- ${found} ${corpus})
  else()
    set(test replay/${name})
    target_sources(${target} PRIVATE tests/plain/fuzz_main.c)
    add_test(NAME ${test} COMMAND ${target} ${corpus})
  endif()
  set_tests_properties(${test} PROPERTIES
    LABELS fuzz TIMEOUT 900 FAIL_REGULAR_EXPRESSION "${sanitizer_words}")
endforeach()
