# SPDX-License-Identifier: GPL-3.0-or-later
# The programs: control/X_main.c becomes <build>/bin/lectern-X. What a program may hold is said here.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(without_capture ${LCT_FOLDERS})
list(REMOVE_ITEM without_capture capture)

add_custom_target(programs)

# lct_program(name main folder...): a program, as soon as its main file exists
function(lct_program name main)
  file(GLOB main CONFIGURE_DEPENDS control/${main})
  if(main)
    add_executable(${name} ${main})
    target_include_directories(${name} PRIVATE ${LCT_INCLUDES})
    lct_link(${name} ${ARGN})
    add_dependencies(programs ${name})
  endif()
endfunction()

lct_program(lectern-recorder recorder_main.c ${LCT_FOLDERS})
lct_program(lectern-server server_main.c ${without_capture})
lct_program(lectern-worker worker_main.c ${LCT_FOLDERS})
lct_program(lectern lectern_main.c ${LCT_FOLDERS})
