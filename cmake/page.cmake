# What the page embeds: otherwise/page/static/* and the plotting library, as one generated source.
file(GLOB page_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/otherwise/page/static/*")
list(APPEND page_files "${OTHERWISE_CHART_JS}")
list(JOIN page_files "|" page_list)
set(page_assets "${CMAKE_BINARY_DIR}/generated/page_assets.cpp")
add_custom_command(
    OUTPUT "${page_assets}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${page_assets}" "-DFILES=${page_list}"
        -P "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
    DEPENDS ${page_files} "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
            "${CMAKE_SOURCE_DIR}/cmake/raw_literal.cmake"
    VERBATIM)
# Clang warns of literals of more than 65,536 characters, which is what compilers must take.
set_source_files_properties("${page_assets}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
target_sources(otherwise_page PRIVATE "${page_assets}")
