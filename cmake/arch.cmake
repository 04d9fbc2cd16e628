# SPDX-License-Identifier: GPL-3.0-or-later
# Tests of the tree itself: its shape, its headers, its programs, its format.

# Each header compiles alone.
set(seen "")
foreach(folder IN LISTS LCT_FOLDERS)
  list(APPEND seen ${CMAKE_BINARY_DIR}/inc/${folder})
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h ${folder}/*/*.h)
  set(sources "")
  foreach(header IN LISTS headers)
    file(RELATIVE_PATH header ${CMAKE_SOURCE_DIR} ${header})
    string(MAKE_C_IDENTIFIER ${header} name)
    set(source ${CMAKE_BINARY_DIR}/headers/${name}.c)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\ntypedef int lct_not_empty;\n")
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(lct_headers_${folder} OBJECT ${sources})
    target_include_directories(lct_headers_${folder} PRIVATE ${seen})
    target_link_libraries(lct_headers_${folder} PRIVATE ${LCT_FOREIGN})
  endif()
endforeach()

# Every object file in one program: no name is defined twice, none is missing, reached or not.
if(LCT_OBJECTS)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/whole.c CONTENT "int main(void) { return 0; }\n")
  add_executable(lct_whole EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/whole.c)
  target_link_libraries(lct_whole PRIVATE ${LCT_OBJECTS} ${LCT_FOREIGN})
  add_test(NAME arch/whole
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target lct_whole)
  set_tests_properties(arch/whole PROPERTIES LABELS arch RUN_SERIAL ON)
endif()

foreach(script IN ITEMS check.py test_check.py programs.sh format.sh)
  cmake_path(GET script STEM name)
  add_test(NAME arch/${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/arch/${script}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(arch/${name} PROPERTIES LABELS arch ENVIRONMENT "${environment}")
endforeach()
