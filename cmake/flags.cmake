# SPDX-License-Identifier: GPL-3.0-or-later
# How every C file is compiled, in every tree.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g") # without NDEBUG: an assert stays in what we ship

add_compile_definitions(_GNU_SOURCE LCT_VERSION="${PROJECT_VERSION}")
add_compile_options(
  -pthread -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Werror)
add_link_options(-pthread -Wl,--as-needed -Wl,-z,now)

if(LCT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(LCT_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(LCT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(LCT_SANITIZE)
  message(FATAL_ERROR "LCT_SANITIZE is address, thread or OFF, not '${LCT_SANITIZE}'")
endif()

if(LCT_FUZZ OR LCT_SANITIZE)
  add_compile_options(-fno-omit-frame-pointer -fno-sanitize-recover=all)
else()
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
