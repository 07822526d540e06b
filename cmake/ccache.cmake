# Compile through ccache where it is installed and nothing else was asked for.
find_program(OTHERWISE_CCACHE ccache)
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
