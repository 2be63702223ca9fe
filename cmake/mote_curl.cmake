# Whether libcurl is loaded by the first HTTP request, or with each program. The first wherever the loader finds it by its name: for
# a shared library in a folder of the system.
set(mote_curl_is_found_by_name OFF)
if(CURL_LIBRARY_RELEASE MATCHES "\\.so$")
    get_filename_component(curl_folder ${CURL_LIBRARY_RELEASE} DIRECTORY)
    get_filename_component(curl_folder ${curl_folder} REALPATH)
    foreach(folder IN LISTS CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
        get_filename_component(folder ${folder} REALPATH)
        if(folder STREQUAL curl_folder)
            set(mote_curl_is_found_by_name ON)
        endif()
    endforeach()
endif()
option(MOTE_LOAD_CURL "Load libcurl.so.4 with the first HTTP request, and not with each program" ${mote_curl_is_found_by_name})

# What those who use the installed libraries need then.
set(mote_find_curl "find_dependency(CURL 7.88)\n")
set(mote_pc_curl "libcurl ")
set(mote_deb_curl libcurl4-openssl-dev)
if(MOTE_LOAD_CURL)
    set(mote_find_curl "")
    set(mote_pc_curl "")
    set(mote_deb_curl "libcurl4 (>= 7.88)")
endif()
