# The portable build (GGML_BACKEND_DL): llama.cpp and ggml as libraries, and ggml's CPU backend as
# one module for each kind of processor, of which the program takes the best at start
# (otherwise/model/backends.h). Installed, they are lib/otherwise/, which bin/otherwise and
# lib/libotherwise.so find wherever all of it lies. In a wheel they are otherwise/lib/ beside the
# module.
set(OTHERWISE_MODULES_TO "lib/otherwise")
if(SKBUILD)
    set(OTHERWISE_MODULES_TO "otherwise/lib")
endif()
set(OTHERWISE_CPU_VARIANTS "" CACHE STRING
    "Variants of the CPU backend to build, as haswell;skylakex; all of x86-64-v2 and up if empty")

# As rpaths: runpaths would let another llama.cpp in LD_LIBRARY_PATH take the place of ours.
set(OTHERWISE_RPATH_FLAG "-Wl,--disable-new-dtags")

# For llama.cpp's own CMakeLists, in the scope of the caller.
macro(otherwise_use_modules)
    set(BUILD_SHARED_LIBS ON)
    set(CMAKE_INSTALL_RPATH "$ORIGIN")
    foreach(kind SHARED MODULE)
        string(APPEND CMAKE_${kind}_LINKER_FLAGS " ${OTHERWISE_RPATH_FLAG}")
    endforeach()
endmacro()

# ggml makes every target depend on all variants: one that is left out stays, as an empty module
# outside the folder that is searched.
function(otherwise_leave_out target)
    set(empty "${CMAKE_BINARY_DIR}/left_out/empty.c")
    if(NOT EXISTS "${empty}")
        file(WRITE "${empty}" "")
    endif()
    set_target_properties(${target} PROPERTIES
        SOURCES "${empty}" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/left_out")
    file(REMOVE "${CMAKE_BINARY_DIR}/bin/lib${target}.so")  # of an earlier configuration
endfunction()

function(otherwise_add_modules source)
    get_property(targets DIRECTORY "${source}/ggml/src" PROPERTY BUILDSYSTEM_TARGETS)
    list(FILTER targets INCLUDE REGEX "^ggml-cpu")
    list(FILTER targets EXCLUDE REGEX "-feats$")
    set(known ${targets})
    list(TRANSFORM known REPLACE "^ggml-cpu-?" "")
    foreach(name IN LISTS OTHERWISE_CPU_VARIANTS)
        if(NOT name IN_LIST known)
            list(JOIN known ", " known)
            message(FATAL_ERROR " OTHERWISE_CPU_VARIANTS: expected some of ${known}; got ${name}")
        endif()
    endforeach()
    set(modules "")
    set(variants "")
    foreach(target name IN ZIP_LISTS targets known)
        if(name STREQUAL "x64" OR (OTHERWISE_CPU_VARIANTS AND NOT name IN_LIST OTHERWISE_CPU_VARIANTS))
            otherwise_leave_out(${target})
        else()
            list(APPEND modules ${target})
            list(APPEND variants ${name})
        endif()
    endforeach()
    set(OTHERWISE_VARIANTS ${variants} PARENT_SCOPE)
    set_target_properties(llama ggml PROPERTIES PUBLIC_HEADER "")  # programs are installed alone
    set(components command library)  # each of them needs all
    if(SKBUILD)  # a wheel has no links: each library is one file, by the name that is asked for
        set_property(TARGET llama ggml ggml-base PROPERTY VERSION)
        set(components python)
    endif()
    foreach(component IN LISTS components)
        install(TARGETS llama ggml ggml-base ${modules}
            LIBRARY DESTINATION "${OTHERWISE_MODULES_TO}" COMPONENT ${component} NAMELINK_SKIP)
    endforeach()
endfunction()
