# Compile through ccache where it is installed when a build folder is made: one that came later would
# have everything compiled again.
if(NOT DEFINED OTHERWISE_CCACHE)
    find_program(OTHERWISE_CCACHE ccache)
endif()
mark_as_advanced(OTHERWISE_CCACHE)
if(OTHERWISE_CCACHE)
    foreach(language C CXX)
        if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
            # Paths below the checkout count as relative, so that another clone finds the same objects.
            set(CMAKE_${language}_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
                "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${OTHERWISE_CCACHE}")
        endif()
    endforeach()
endif()
