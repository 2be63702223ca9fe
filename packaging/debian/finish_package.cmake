# What cpack runs on each package's files before it packs them: what Debian wants beside what `cmake --install` puts there.
file(GLOB folders ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(folder IN LISTS folders)
    # The name of the package is that of its folder of documents, where its licence lies.
    file(GLOB copyright ${folder}/usr/share/doc/*/copyright)
    if(NOT copyright)
        message(FATAL_ERROR "${folder}: no copyright file")
    endif()
    cmake_path(GET copyright PARENT_PATH documents)
    cmake_path(GET documents FILENAME name)
    file(WRITE ${documents}/changelog.Debian
        "mote (${CPACK_DEBIAN_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
        "  * What is new is in changelog.gz of the package mote.\n\n"
        " -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${date}\n")
    file(GLOB texts ${documents}/changelog* ${folder}/usr/share/man/*/*)
    list(FILTER texts EXCLUDE REGEX "\\.gz$")
    execute_process(COMMAND gzip -9nf ${texts} COMMAND_ERROR_IS_FATAL ANY)

    # cpack strips programs; libraries keep the symbols that a linker needs.
    file(GLOB libraries ${folder}/usr/lib/*.a)
    if(libraries)
        execute_process(COMMAND ${CPACK_STRIP_PROGRAM} --strip-debug --enable-deterministic-archives ${libraries}
            COMMAND_ERROR_IS_FATAL ANY)
    endif()
endforeach()
