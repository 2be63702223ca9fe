# How everything of this project is compiled, and the two helpers that add a module and a test.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

# Shared libraries find each other wherever they are installed, and so do programs. (Static ones are the default.)
if(BUILD_SHARED_LIBS)
    set(CMAKE_INSTALL_RPATH "$ORIGIN;$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()

# -Wno-mismatched-new-delete: g++ 12 takes Asio's allocator of coroutine frames for a mistake wherever it inlines half of it.
# -Wno-stringop-overflow: with -O3 it does the same to `"text" + std::string()`, which is in many files.
# What each target of this project is compiled with; never what a user of the library gets. Position independent by the
# same two options for libraries and programs, so that all can use the same precompiled headers.
# In a batch a local may be called what a constant of another file is, and g++ takes each .cpp file in it for a header, whose types
# of anonymous namespaces must not be in a coroutine's frame.
if(MOTE_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    set(mote_batch_options -Wshadow=local -Wno-subobject-linkage)
else()
    set(mote_batch_options -Wshadow)
endif()
add_library(mote_build_options INTERFACE)
target_compile_options(mote_build_options INTERFACE
    -Wall -Wextra ${mote_batch_options} -Wconversion -Wnon-virtual-dtor -Wno-mismatched-new-delete -fPIC -fno-semantic-interposition
    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
    $<$<BOOL:${MOTE_WERROR}>:-Werror>)
# What is shipped has each function in a section of its own, so that a linker that is told to leaves out what a program does not
# use: of the five-line service that is two fifths. Not where one debugs: linking would take longer.
set(mote_shipped $<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>,$<CONFIG:MinSizeRel>>)
target_compile_options(mote_build_options INTERFACE $<${mote_shipped}:-ffunction-sections> $<${mote_shipped}:-fdata-sections>)
if(PROJECT_IS_TOP_LEVEL)
    add_link_options($<${mote_shipped}:LINKER:--gc-sections>)
endif()
if(MOTE_SANITIZE)
    add_compile_options(-fsanitize=${MOTE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${MOTE_SANITIZE})
    # Asio keeps freed coroutine frames and operations for the next one, which hides every use after the end.
    add_compile_definitions(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
endif()

# Most of the time of a file goes into Boost's headers, which a dozen files read once. Larger batches gain little more, and
# take more memory: two compilers at a time have to fit into 8 GB.
if(MOTE_UNITY)
    set(CMAKE_UNITY_BUILD ON)
    if(NOT DEFINED CMAKE_UNITY_BUILD_BATCH_SIZE)
        set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
    endif()
endif()

if(MOTE_PCH)
    file(WRITE ${PROJECT_BINARY_DIR}/mote_pch.cpp "// Only for the precompiled headers that the other targets use too.\n")
    add_library(mote_pch OBJECT ${PROJECT_BINARY_DIR}/mote_pch.cpp)
    target_link_libraries(mote_pch PRIVATE mote_build_options)
    target_compile_features(mote_pch PRIVATE cxx_std_20)
    target_precompile_headers(mote_pch PRIVATE
        <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/post.hpp>
        <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <boost/system/system_error.hpp>
        <chrono> <functional> <memory> <optional> <string> <string_view> <utility> <vector>)
endif()

function(mote_compile target)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:mote_build_options>)
    if(MOTE_PCH)
        target_precompile_headers(${target} REUSE_FROM mote_pch)
    endif()
endfunction()

# mote_module(NAME kv PUBLIC_HEADERS ... SOURCES ... LINK ...)
# A library of the folder that calls it: mote/kv is mote::kv. What is listed as PUBLIC_HEADERS is installed, nothing else.
function(mote_module)
    cmake_parse_arguments(arg "" "NAME" "PUBLIC_HEADERS;SOURCES;LINK" ${ARGN})
    set(target mote_${arg_NAME})
    add_library(${target} ${arg_SOURCES})
    add_library(mote::${arg_NAME} ALIAS ${target})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_PUBLIC_HEADERS})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_link_libraries(${target} PUBLIC ${arg_LINK})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME}
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    mote_compile(${target})
    # boost::system::error_category is a base without a virtual destructor on purpose; g++ 12 warns in each file that has one.
    set_property(SOURCE error.cpp service_error.cpp APPEND PROPERTY COMPILE_OPTIONS -Wno-non-virtual-dtor)
    install(TARGETS ${target} EXPORT mote-targets FILE_SET HEADERS)
    set_property(GLOBAL APPEND PROPERTY mote_modules ${target})

    # Each public header has to compile alone.
    if(MOTE_TESTS)
        set(checks "")
        foreach(header IN LISTS arg_PUBLIC_HEADERS)
            file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
            string(MAKE_C_IDENTIFIER ${path} identifier)
            set(check ${CMAKE_CURRENT_BINARY_DIR}/alone_${identifier}.cpp)
            file(CONFIGURE OUTPUT ${check} CONTENT "#include <${path}>\n")
            list(APPEND checks ${check})
        endforeach()
        add_library(${target}_headers OBJECT ${checks})
        target_link_libraries(${target}_headers PRIVATE ${target} mote_build_options)
        set_target_properties(${target}_headers PROPERTIES UNITY_BUILD OFF)
    endif()
endfunction()

# mote_test(NAME kv SOURCES ... LINK ... [LIVE] [DEFINITIONS ...])
# One executable with GoogleTest's main, one ctest test a TEST. LIVE: it starts servers; it can be run again with another
# nats-server by `ctest -L live`.
function(mote_test)
    cmake_parse_arguments(arg "LIVE" "NAME" "SOURCES;LINK;DEFINITIONS" ${ARGN})
    set(target ${arg_NAME}_test)
    add_executable(${target} ${arg_SOURCES})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${target} PRIVATE ${arg_DEFINITIONS})
    target_link_libraries(${target} PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main)
    mote_compile(${target})
    if(arg_LIVE)
        set(labels live)
    else()
        set(labels unit)
    endif()
    gtest_discover_tests(${target} TEST_PREFIX "${arg_NAME}: " DISCOVERY_MODE PRE_TEST
        PROPERTIES LABELS ${labels} TIMEOUT 180)
endfunction()
