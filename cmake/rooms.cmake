# One library per room, otherwise_<room>, from otherwise/<room>/*.cpp. What a room links is what it
# may include; scripts/rooms.py checks the same order in the sources. A room that is made of rooms
# (<room>_rooms) is all of them: otherwise_<room>_<inner>, from otherwise/<room>/<inner>/*.cpp.
set(base_links OpenSSL::Crypto fmt::fmt Threads::Threads ZLIB::ZLIB RapidJSON::RapidJSON
    rapidfuzz::rapidfuzz)
set(noise_links otherwise_base Random123::Random123 hwy::hwy hwy::hwy_contrib)
set(mechanism_links otherwise_base hwy::hwy hwy::hwy_contrib)
set(coupling_links otherwise_base hwy::hwy hwy::hwy_contrib)
set(model_links otherwise_base)
set(world_links otherwise_model nlohmann_json::nlohmann_json hwy::hwy hwy::hwy_contrib)
set(fit_rooms states tail methods edit)
set(fit_states_links otherwise_world Eigen3::Eigen)
set(fit_tail_links otherwise_world)
set(fit_methods_links otherwise_fit_states)
set(fit_edit_links otherwise_fit_states otherwise_fit_tail Eigen3::Eigen
    nlohmann_json::nlohmann_json)
set(fit_links otherwise_fit_methods otherwise_fit_edit)
set(generate_links otherwise_noise otherwise_mechanism otherwise_world nlohmann_json::nlohmann_json)
set(measure_links otherwise_coupling otherwise_generate nlohmann_json::nlohmann_json
    re2::re2)
set(study_links otherwise_measure SQLite::SQLite3 tomlplusplus::tomlplusplus)
set(page_links otherwise_study nlohmann_json::nlohmann_json)
set(api_links otherwise_page otherwise_fit nlohmann_json::nlohmann_json)
set(console_links otherwise_api)
set(serve_links otherwise_api nlohmann_json::nlohmann_json)

set(OTHERWISE_LLAMA_ROOMS model world fit/tail)  # the only rooms that see llama.h, ggml.h, gguf.h

# Every room of this build in one.
add_library(otherwise_all INTERFACE)

# Drops the sources with a line that matches `pattern`, and looks again when one is edited.
function(otherwise_drop_matching list pattern)
    set(kept "")
    foreach(source IN LISTS ${list})
        file(STRINGS "${source}" hits REGEX "${pattern}" LIMIT_COUNT 1)
        if(NOT hits)
            list(APPEND kept "${source}")
        endif()
    endforeach()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${${list}})
    set(${list} "${kept}" PARENT_SCOPE)
endfunction()

set(OTHERWISE_LLAMA_INCLUDE "^[ \t]*#[ \t]*include[ \t]*[\"<](llama|ggml|gguf|jinja/)")

function(otherwise_add_room room)
    string(REPLACE "/" "_" name ${room})
    foreach(inner IN LISTS ${room}_rooms)
        otherwise_add_room(${room}/${inner})
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/otherwise/${room}/*.cpp")
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    if(NOT OTHERWISE_LLAMA)
        otherwise_drop_matching(sources "${OTHERWISE_LLAMA_INCLUDE}")
    endif()
    set(target otherwise_${name})
    target_link_libraries(otherwise_all INTERFACE ${target})
    if(NOT sources)  # headers only
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE ${${name}_links})
        return()
    endif()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target}
        PUBLIC "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
    target_link_libraries(${target} PUBLIC ${${name}_links} PRIVATE otherwise_flags)
    if(OTHERWISE_LLAMA AND room IN_LIST OTHERWISE_LLAMA_ROOMS)
        target_link_libraries(${target} PRIVATE llama)
    endif()
    if(room STREQUAL "serve" AND TARGET otherwise_httplib)
        target_link_libraries(${target} PRIVATE otherwise_httplib)
    endif()
    if(room STREQUAL "model" AND TARGET otherwise_jinja)
        target_link_libraries(${target} PRIVATE otherwise_jinja)
        target_sources(${target} PRIVATE "${OTHERWISE_CHAT_TEMPLATES}")
        # Clang warns of literals of more than 65,536 characters, which is what compilers must take.
        set_source_files_properties("${OTHERWISE_CHAT_TEMPLATES}"
            PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
    endif()
endfunction()
