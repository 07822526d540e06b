# llama.cpp's Jinja engine (common/jinja of the pinned source) and the chat templates that come with
# it (models/templates). The target otherwise_jinja is the engine; it is absent where the source is
# (an installed llama.cpp alone), and then --chat says so.
set(jinja_source
    "${OTHERWISE_CACHE_DIR}/llama_cpp_python-${OTHERWISE_LLAMA_PIN}/vendor/llama.cpp")
if(NOT EXISTS "${jinja_source}/common/jinja/runtime.cpp")
    return()
endif()

function(otherwise_add_jinja common vendor)
    set(CMAKE_EXPORT_COMPILE_COMMANDS OFF)  # lint reads ours only
    set(parts caps lexer parser runtime string value)
    list(TRANSFORM parts REPLACE "(.+)" "${common}/jinja/\\1.cpp")
    add_library(otherwise_jinja STATIC EXCLUDE_FROM_ALL
        ${parts} "${common}/json.cpp" "${common}/unicode.cpp")
    # Never common/jinja itself: it holds a string.h.
    target_include_directories(otherwise_jinja SYSTEM PUBLIC "${common}" PRIVATE "${vendor}")
    target_compile_definitions(otherwise_jinja INTERFACE OTHERWISE_JINJA)
    target_compile_options(otherwise_jinja PRIVATE -w)  # its warnings are not ours
    otherwise_sanitize(otherwise_jinja)
    target_link_libraries(otherwise_jinja PRIVATE llama)  # ggml.h, for its assertions
endfunction()
otherwise_add_jinja("${jinja_source}/common" "${jinja_source}/vendor")

# The templates by their names, as one generated source.
file(GLOB chat_files CONFIGURE_DEPENDS "${jinja_source}/models/templates/*.jinja")
list(JOIN chat_files "|" chat_list)
set(OTHERWISE_CHAT_TEMPLATES "${CMAKE_BINARY_DIR}/generated/chat_templates.cpp")
add_custom_command(
    OUTPUT "${OTHERWISE_CHAT_TEMPLATES}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${OTHERWISE_CHAT_TEMPLATES}" "-DFILES=${chat_list}"
        -P "${CMAKE_SOURCE_DIR}/cmake/embed_templates.cmake"
    DEPENDS ${chat_files} "${CMAKE_SOURCE_DIR}/cmake/embed_templates.cmake"
            "${CMAKE_SOURCE_DIR}/cmake/raw_literal.cmake"
    VERBATIM)
