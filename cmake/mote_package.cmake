# What `cpack` makes of a build tree: the Debian packages `mote`, the programs and their services, and `libmote-dev`, the static
# libraries with all that a project needs to use them. Made of a release build: ./dev package.
# Whoever hands packages on names himself here.
set(MOTE_PACKAGE_MAINTAINER "The maintainers of mote <maintainers@mote.invalid>" CACHE STRING "Name and address in the packages")
find_program(CMAKE_STRIP strip REQUIRED)

# All that is packed, and not the tests.
get_property(modules GLOBAL PROPERTY mote_modules)
add_custom_target(packaged)
add_dependencies(packaged mote_program hackernews ${modules})
if(TARGET mote_manual)
    add_dependencies(packaged mote_manual)
endif()

set(doc_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc)
# Only in packages: what is said there of a whole machine has no place below a prefix such as ~/.local.
install(FILES packaging/systemd/mote-gateway.service packaging/systemd/mote-node.service
    DESTINATION lib/systemd/system COMPONENT services EXCLUDE_FROM_ALL)
install(FILES packaging/systemd/mote.sysusers DESTINATION lib/sysusers.d RENAME mote.conf COMPONENT services EXCLUDE_FROM_ALL)
install(FILES packaging/systemd/gateway.env packaging/systemd/node.env DESTINATION /etc/mote
    COMPONENT services EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/mote/credentials/gateway COMPONENT services EXCLUDE_FROM_ALL
    DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(DIRECTORY DESTINATION /etc/mote/credentials/node COMPONENT services EXCLUDE_FROM_ALL
    DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES packaging/debian/copyright DESTINATION ${doc_dir}/mote COMPONENT services EXCLUDE_FROM_ALL)
install(FILES CHANGELOG.md DESTINATION ${doc_dir}/mote RENAME changelog COMPONENT services EXCLUDE_FROM_ALL)
install(FILES README.md DESTINATION ${doc_dir}/mote COMPONENT services EXCLUDE_FROM_ALL)
install(DIRECTORY docs/guide DESTINATION ${doc_dir}/mote COMPONENT services EXCLUDE_FROM_ALL)
install(FILES packaging/debian/copyright DESTINATION ${doc_dir}/libmote-dev COMPONENT package_documents EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR mote)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # else the first line of each description
set(CPACK_PACKAGE_CONTACT "${MOTE_PACKAGE_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES TRUE)
set(CPACK_STRIP_PROGRAM ${CMAKE_STRIP})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/finish_package.cmake)
set(CPACK_COMPONENTS_ALL programs services development package_documents)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENT_PROGRAMS_GROUP mote)
set(CPACK_COMPONENT_SERVICES_GROUP mote)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP dev)
set(CPACK_COMPONENT_PACKAGE_DOCUMENTS_GROUP dev)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${MOTE_PACKAGE_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)

set(CPACK_DEBIAN_MOTE_PACKAGE_NAME mote)
set(CPACK_DEBIAN_MOTE_PACKAGE_SECTION net)
set(CPACK_DEBIAN_MOTE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MOTE_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
if(MOTE_LOAD_CURL)  # else dpkg-shlibdeps finds it
    string(APPEND CPACK_DEBIAN_MOTE_PACKAGE_DEPENDS ", ${mote_deb_curl}")
endif()
set(CPACK_DEBIAN_MOTE_PACKAGE_RECOMMENDS bubblewrap)
set(CPACK_DEBIAN_MOTE_PACKAGE_SUGGESTS "nats-server, libmote-dev")
set(CPACK_DEBIAN_MOTE_DESCRIPTION "NATS microservices and functions: command, node and gateway
The command mote starts, inspects and calls micro services on NATS, and
deploys and runs functions: programs in any language, in a sandbox, that
are asked over NATS, or over HTTP with the API of OpenFaaS.

With it come the services mote-gateway and mote-node for systemd, which
are not started unless told, and hackernews, an example application.")
foreach(script postinst prerm postrm conffiles)
    list(APPEND CPACK_DEBIAN_MOTE_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/mote/${script})
endforeach()

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libmote-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libboost1.81-dev, libboost-json1.81-dev, libboost-url1.81-dev, libssl-dev, \
${mote_deb_curl}, libarchive-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkg-config, nats-server")
set(CPACK_DEBIAN_DEV_DESCRIPTION "C++20 library for NATS: client, micro services, functions
Headers and static libraries of mote: a client for NATS with JetStream,
Key-Value and objects, the services framework on it (ADR-32), and what
its functions and their HTTP gateway are made of.

CMake finds it by find_package(mote), others by pkg-config.")

include(CPack)
