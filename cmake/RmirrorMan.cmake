# SPDX-License-Identifier: GPL-2.0-only
#
# rmirror_add_man_pages(<target> <directory>)
#
# Every <name>.<section>.rst of the directory becomes a man page, as part of `all`, and is installed
# below share/man. @PROJECT_VERSION@ and the like are replaced. A warning of docutils is an error.
# Without rst2man the pages are left out, with a message.
find_program(RMIRROR_RST2MAN NAMES rst2man rst2man.py
  DOC "Makes man pages (python3-docutils); without it there are none")

function(rmirror_add_man_pages target directory)
  if(NOT RMIRROR_RST2MAN)
    message(WARNING "Man pages are not built: rst2man is missing (Debian: python3-docutils)")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${directory}/*.[1-9].rst")
  set(pages)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM LAST_ONLY name)
    cmake_path(GET name EXTENSION LAST_ONLY section)
    string(SUBSTRING "${section}" 1 -1 section)
    set(configured "${CMAKE_CURRENT_BINARY_DIR}/${name}.rst")
    set(page "${CMAKE_CURRENT_BINARY_DIR}/${name}")
    configure_file("${source}" "${configured}" @ONLY)
    # To a file of its own first: a page that was refused must not look made.
    add_custom_command(OUTPUT "${page}"
      COMMAND "${RMIRROR_RST2MAN}" --strict --halt=warning "${configured}" "${page}.new"
      COMMAND "${CMAKE_COMMAND}" -E rename "${page}.new" "${page}"
      DEPENDS "${configured}"
      COMMENT "Making the man page ${name}"
      VERBATIM)
    list(APPEND pages "${page}")
    install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
  endforeach()
  add_custom_target(${target} ALL DEPENDS ${pages})
endfunction()
