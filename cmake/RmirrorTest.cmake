# SPDX-License-Identifier: GPL-2.0-only
#
# rmirror_add_test(<name> LABEL <unit|plugin|vm> SOURCES <file>... [LIBRARIES <target>...])
#
# Every GoogleTest program of the project is declared by this function: the program <name>, built
# into build/tests/<label>/. Those of the labels unit and plugin are tests of ctest, one for each
# TEST(); those of the label vm are run by the VM harness, inside the guest.
if(RMIRROR_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  configure_file("${PROJECT_SOURCE_DIR}/tests/support/paths.hpp.in"
    "${PROJECT_BINARY_DIR}/generated/support/paths.hpp" @ONLY)

  # Link `rmirror_test_settings` in whatever is for tests only: they wait for the compiler longer than
  # for the program, and no one steps through them.
  add_library(rmirror_test_settings INTERFACE)
  target_link_libraries(rmirror_test_settings INTERFACE rmirror_settings)
  target_compile_options(rmirror_test_settings INTERFACE $<$<CONFIG:RelWithDebInfo>:-O1;-g1>)
  target_include_directories(rmirror_test_settings INTERFACE
    "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_BINARY_DIR}/generated")
endif()

# rmirror_share_test_headers(<target>): compiles a target of test code with the headers that
# rmirror_testlib has compiled (tests/support/). Both have to be compiled alike: as the compiler does
# by itself, neither for a library nor for a program.
function(rmirror_share_test_headers target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_precompile_headers(${target} REUSE_FROM rmirror_testlib)
endfunction()

function(rmirror_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${arg_LABEL}")
  target_link_libraries(${name} PRIVATE rmirror_test_settings ${arg_LIBRARIES} GTest::gtest_main)
  rmirror_share_test_headers(${name})
  if(NOT arg_LABEL STREQUAL "vm")
    gtest_discover_tests(${name} PROPERTIES LABELS ${arg_LABEL} DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
