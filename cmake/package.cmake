# SPDX-License-Identifier: GPL-3.0-or-later
# What "cmake --install" puts where, and the .deb that "cpack" makes of it.

include(GNUInstallDirs)

install(TARGETS lectern lectern-recorder lectern-server lectern-worker)
install(DIRECTORY control/web/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lectern/web
        PATTERN "node_modules/.*" EXCLUDE
        PATTERN "typescript" EXCLUDE
        PATTERN "axe-core" EXCLUDE)
install(DIRECTORY control/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lectern/presets)
install(DIRECTORY control/cards/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lectern/cards)
install(FILES README.md README.zh-CN.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES control/service/lectern.service control/service/lectern-stick@.service
        DESTINATION lib/systemd/system)
install(FILES control/service/80-lectern-stick.rules DESTINATION lib/udev/rules.d)
install(FILES control/service/lectern-desktop.service DESTINATION lib/systemd/user)
install(PROGRAMS control/service/first-room DESTINATION lib/lectern)

# The commented sample is the programs' own knowledge of their settings.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/lectern.conf
  COMMAND lectern-server --print-config > ${CMAKE_BINARY_DIR}/lectern.conf
  DEPENDS lectern-server VERBATIM)
add_custom_target(sample ALL DEPENDS ${CMAKE_BINARY_DIR}/lectern.conf)
install(FILES ${CMAKE_BINARY_DIR}/lectern.conf DESTINATION /etc/lectern)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME lectern)
set(CPACK_PACKAGE_CONTACT "lectern maintainers <maintainers@lectern.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "record lessons in classrooms")
set(CPACK_PACKAGE_DESCRIPTION
    "lectern records a classroom's cameras, screen and microphone with one button, on a tape that\n survives crashes, power cuts and full disks, and serves the recordings as pages.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "adduser, ca-certificates, gstreamer1.0-plugins-base, gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad, gstreamer1.0-libav, gstreamer1.0-alsa, gstreamer1.0-pulseaudio")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tesseract-ocr-chi-sim, tesseract-ocr-eng, fonts-noto-cjk, fonts-noto-color-emoji") # text on slides; text on cards
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/control/service/postinst;${CMAKE_SOURCE_DIR}/control/service/prerm;${CMAKE_BINARY_DIR}/conffiles")
file(WRITE ${CMAKE_BINARY_DIR}/conffiles "/etc/lectern/lectern.conf\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
