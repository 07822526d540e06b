# libotherwise.so: all rooms in one shared library for other programs, which find it with
# find_package(otherwise) and link otherwise::otherwise (docs/library.md).
#
# It exports what is ours (library.map); llama.cpp is inside and stays local, so that another
# llama.cpp in the same program is never mixed up with it. In the portable build llama.cpp's own
# libraries lie in lib/otherwise/, which the library finds wherever the two lie.
set(OTHERWISE_LIBRARY_TO "lib")
set(OTHERWISE_PACKAGE_TO "${OTHERWISE_LIBRARY_TO}/cmake/otherwise")

function(otherwise_add_library)
    # The objects themselves: of an archive the linker would take only what something refers to.
    set(objects "")
    get_target_property(rooms otherwise_all INTERFACE_LINK_LIBRARIES)
    list(REMOVE_ITEM rooms otherwise_console otherwise_serve)  # above the front door, for programs
    foreach(room IN LISTS rooms)
        get_target_property(type ${room} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
            list(APPEND objects "$<TARGET_OBJECTS:${room}>")
        endif()
    endforeach()
    add_library(otherwise_library SHARED ${objects})
    set_target_properties(otherwise_library PROPERTIES LINKER_LANGUAGE CXX)
    target_link_libraries(otherwise_library PRIVATE otherwise_all)
    set(map "${CMAKE_SOURCE_DIR}/cmake/library.map")
    target_link_options(otherwise_library PRIVATE "LINKER:--version-script=${map}"
        "LINKER:--no-undefined" "LINKER:-Bsymbolic-functions")
    target_compile_features(otherwise_library INTERFACE cxx_std_20)
    target_include_directories(otherwise_library INTERFACE "$<INSTALL_INTERFACE:include>")
    set_target_properties(otherwise_library PROPERTIES
        OUTPUT_NAME otherwise
        EXPORT_NAME otherwise
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        LINK_DEPENDS "${map}")
    if(GGML_BACKEND_DL)
        target_link_options(otherwise_library PRIVATE ${OTHERWISE_RPATH_FLAG})
        file(RELATIVE_PATH modules "/${OTHERWISE_LIBRARY_TO}" "/${OTHERWISE_MODULES_TO}")
        set_target_properties(otherwise_library PROPERTIES INSTALL_RPATH "$ORIGIN/${modules}")
    endif()
endfunction()

# The component `library`; what it shares with the component `command` is installed with both.
function(otherwise_install_library)
    install(TARGETS otherwise_library EXPORT otherwise-targets
        LIBRARY DESTINATION "${OTHERWISE_LIBRARY_TO}" COMPONENT library
        NAMELINK_COMPONENT library)
    install(CODE "set(OTHERWISE_HEADER_FOLDERS
        \"${CMAKE_SOURCE_DIR}\" \"${CMAKE_BINARY_DIR}/generated\")" COMPONENT library)
    install(SCRIPT "${CMAKE_SOURCE_DIR}/cmake/install_headers.cmake" COMPONENT library)
    include(CMakePackageConfigHelpers)
    set(version_file "${CMAKE_BINARY_DIR}/generated/otherwise-config-version.cmake")
    write_basic_package_version_file("${version_file}" COMPATIBILITY SameMinorVersion)
    install(FILES "${version_file}" DESTINATION "${OTHERWISE_PACKAGE_TO}" COMPONENT library)
    install(EXPORT otherwise-targets FILE otherwise-config.cmake NAMESPACE otherwise::
        DESTINATION "${OTHERWISE_PACKAGE_TO}" COMPONENT library)
endfunction()

otherwise_add_library()
otherwise_install_library()
