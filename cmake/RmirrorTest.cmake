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
endif()

function(rmirror_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${arg_LABEL}")
  target_link_libraries(${name} PRIVATE rmirror_settings ${arg_LIBRARIES} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    RMIRROR_SOURCE_DIR="${PROJECT_SOURCE_DIR}" RMIRROR_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(NOT arg_LABEL STREQUAL "vm")
    gtest_discover_tests(${name} PROPERTIES LABELS ${arg_LABEL} DISCOVERY_MODE PRE_TEST)
  endif()
endfunction()
