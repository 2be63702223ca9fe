# MOTE_COMMIT: what the programs say they were built of, as `sha` in `GET /system/info`. Of a tree without git it has to be given.
set(MOTE_COMMIT "" CACHE STRING "Commit that is built; empty: what git says")
set(mote_commit "${MOTE_COMMIT}")
find_program(MOTE_GIT git)
if(NOT mote_commit AND MOTE_GIT)
    execute_process(COMMAND ${MOTE_GIT} -C ${PROJECT_SOURCE_DIR} rev-parse HEAD
        OUTPUT_VARIABLE mote_commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    # Written with each commit: then the question is asked again.
    execute_process(COMMAND ${MOTE_GIT} -C ${PROJECT_SOURCE_DIR} rev-parse --path-format=absolute --git-path logs/HEAD
        OUTPUT_VARIABLE journal OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(mote_commit AND EXISTS "${journal}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${journal}")
    endif()
endif()
