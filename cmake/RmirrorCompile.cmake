# SPDX-License-Identifier: GPL-2.0-only
# One set of compiler settings for all user space parts: link `rmirror_settings`.
option(RMIRROR_WERROR "Treat compiler warnings as errors" OFF)
option(RMIRROR_SANITIZE "Build with the address and undefined behaviour sanitizers" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

add_library(rmirror_settings INTERFACE)
target_compile_options(rmirror_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wundef
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
  $<$<BOOL:${RMIRROR_WERROR}>:-Werror>
  $<$<BOOL:${RMIRROR_SANITIZE}>:-fsanitize=address,undefined -fno-sanitize-recover=all>
  $<$<BOOL:${RMIRROR_FUZZ}>:-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all>)
target_link_options(rmirror_settings INTERFACE
  $<$<OR:$<BOOL:${RMIRROR_SANITIZE}>,$<BOOL:${RMIRROR_FUZZ}>>:-fsanitize=address,undefined>)
# The ABI header and the shared tables: the same files the modules are built from.
target_include_directories(rmirror_settings INTERFACE
  "${PROJECT_SOURCE_DIR}/kernel/include" "${PROJECT_SOURCE_DIR}/kernel/include/uapi")
