# SPDX-License-Identifier: GPL-2.0-only
#
# rmirror_add_modules(<target> SOURCE_DIR <directory> MODULES <name>...)
#
# Builds the kernel modules of a Kbuild directory for RMIRROR_KERNEL_DIR as part of `all`, with
# cmake/kbuild.sh, in <build>/kernel/<release>/, and installs them in lib/modules/<release>/updates/.
# Without kernel headers the modules are left out, with a message: user space does not need them.
set(_rmirror_kbuild "${CMAKE_CURRENT_LIST_DIR}/kbuild.sh")

# The running kernel's headers; else, as in a build container, the newest that are installed.
function(_rmirror_default_kernel_dir result)
  cmake_host_system_information(RESULT running QUERY OS_RELEASE)
  file(GLOB installed "/lib/modules/*/build/Makefile")
  list(SORT installed COMPARE NATURAL ORDER DESCENDING)
  list(PREPEND installed "/lib/modules/${running}/build/Makefile")
  foreach(makefile IN LISTS installed)
    if(EXISTS "${makefile}")
      cmake_path(GET makefile PARENT_PATH directory)
      set(${result} "${directory}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} "" PARENT_SCOPE)
endfunction()

_rmirror_default_kernel_dir(_rmirror_kernel_dir)
set(RMIRROR_KERNEL_DIR "${_rmirror_kernel_dir}" CACHE PATH
  "Headers of the kernel to build the modules for (empty: no modules)")

# What `uname -r` says under the kernel of the headers in <kernel_dir>. (`make kernelrelease` does not
# know the suffix that distributions add.)
function(rmirror_kernel_release kernel_dir result)
  set(header "${kernel_dir}/include/generated/utsrelease.h")
  if(NOT EXISTS "${header}")
    message(FATAL_ERROR "RMIRROR_KERNEL_DIR=${kernel_dir} holds no configured kernel headers")
  endif()
  file(STRINGS "${header}" line REGEX "define UTS_RELEASE ")
  string(REGEX REPLACE ".*\"(.*)\".*" "\\1" release "${line}")
  set(${result} "${release}" PARENT_SCOPE)
endfunction()

function(rmirror_add_modules target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE_DIR" "MODULES")
  if(NOT RMIRROR_KERNEL_DIR)
    message(STATUS "No kernel headers: modules are not built (set RMIRROR_KERNEL_DIR)")
    return()
  endif()
  rmirror_kernel_release("${RMIRROR_KERNEL_DIR}" release)
  message(STATUS "Kernel modules: for ${release} (${RMIRROR_KERNEL_DIR})")
  set(out "${PROJECT_BINARY_DIR}/kernel/${release}")
  set(files ${arg_MODULES})
  list(TRANSFORM files PREPEND "${out}/")
  list(TRANSFORM files APPEND ".ko")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${arg_SOURCE_DIR}/*.[ch]"
    "${arg_SOURCE_DIR}/*.sh" "${arg_SOURCE_DIR}/Kbuild*" "${arg_SOURCE_DIR}/Makefile*")
  add_custom_command(OUTPUT ${files}
    COMMAND "${_rmirror_kbuild}" "${RMIRROR_KERNEL_DIR}" "${arg_SOURCE_DIR}" "${out}"
    # Nothing was built when only a time stamp had changed: say so to ninja.
    COMMAND "${CMAKE_COMMAND}" -E touch_nocreate ${files}
    DEPENDS ${sources} "${_rmirror_kbuild}"
    COMMENT "Building kernel modules for ${release}"
    VERBATIM)
  add_custom_target(${target} ALL DEPENDS ${files})
  install(FILES ${files} DESTINATION "lib/modules/${release}/updates")
endfunction()
