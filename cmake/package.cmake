# `cpack -G DEB` in the build folder; packaging/build makes the man pages first.
install(TARGETS cordwood RUNTIME DESTINATION /usr/bin)
install(FILES packaging/systemd/cordwood-server.service packaging/systemd/cordwood-agent.service
        DESTINATION /lib/systemd/system)
install(FILES packaging/etc/server.toml packaging/etc/agent.env DESTINATION /etc/cordwood)
install(FILES packaging/completions/cordwood.bash DESTINATION /usr/share/bash-completion/completions RENAME cordwood)
install(FILES LICENSE DESTINATION /usr/share/doc/cordwood RENAME copyright)
install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION /usr/share/man/man1 OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cordwood)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Cordwood <maintainers@cordwood.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "distributed logging in one program")
set(CPACK_PACKAGE_DESCRIPTION
    "An agent on every host follows log files, a server stores their lines as templates and columns,\n and anyone asks the whole fleet one question in LogQL, with an answer that says what it is complete for.")
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS logrotate)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/packaging/debian/postinst;${CMAKE_SOURCE_DIR}/packaging/debian/prerm;${CMAKE_SOURCE_DIR}/packaging/debian/postrm;${CMAKE_SOURCE_DIR}/packaging/debian/conffiles")
include(CPack)
