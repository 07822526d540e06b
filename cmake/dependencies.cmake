# The system libraries. All that is missing is named in one line.
set(missing "")

macro(otherwise_need package version)
    find_package(${package} ${version} QUIET ${ARGN})
    if(NOT ${package}_FOUND)
        list(APPEND missing "${package} >= ${version}")
    endif()
endmacro()

find_package(Threads REQUIRED)
otherwise_need(OpenSSL 3.0 COMPONENTS Crypto)
otherwise_need(fmt 9.1 CONFIG)
otherwise_need(hwy 1.0.3 CONFIG)
otherwise_need(nlohmann_json 3.10 CONFIG)
otherwise_need(ZLIB 1.2.11)
if(OTHERWISE_CLI AND OTHERWISE_LLAMA)
    otherwise_need(CLI11 2.1 CONFIG)
endif()
if("fit" IN_LIST OTHERWISE_ROOMS)
    otherwise_need(Eigen3 3.4 CONFIG NO_MODULE)
endif()
if(OTHERWISE_TESTS OR OTHERWISE_FUZZ)
    otherwise_need(GTest 1.11 CONFIG)
endif()
if(OTHERWISE_TESTS)
    otherwise_need(Python3 3.10 COMPONENTS Interpreter)
endif()
if(OTHERWISE_BENCHMARKS)
    otherwise_need(benchmark 1.6 CONFIG)
endif()

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
mark_as_advanced(RANDOM123_INCLUDE_DIR)
if(NOT RANDOM123_INCLUDE_DIR)
    list(APPEND missing "Random123 >= 1.14")
endif()

# RapidJSON's headers alone: its packages' CMake files differ.
find_path(RAPIDJSON_INCLUDE_DIR rapidjson/reader.h)
mark_as_advanced(RAPIDJSON_INCLUDE_DIR)
if(NOT RAPIDJSON_INCLUDE_DIR)
    list(APPEND missing "RapidJSON >= 1.1.0")
endif()

# rapidfuzz-cpp, from `make setup` or installed.
set(OTHERWISE_RAPIDFUZZ_PIN "0.27.5")  # the Levenshtein release that carries its source
find_path(RAPIDFUZZ_INCLUDE_DIR rapidfuzz/distance/Levenshtein.hpp HINTS
    "${OTHERWISE_CACHE_DIR}/levenshtein-${OTHERWISE_RAPIDFUZZ_PIN}/extern/rapidfuzz-cpp")
mark_as_advanced(RAPIDFUZZ_INCLUDE_DIR)
if(NOT RAPIDFUZZ_INCLUDE_DIR)
    list(APPEND missing "rapidfuzz-cpp >= 3.3")
endif()

# What the room `measure` needs: RE2.
if("measure" IN_LIST OTHERWISE_ROOMS)
    find_package(re2 CONFIG QUIET)  # names the Abseil that newer ones need; Debian's has none
    if(NOT TARGET re2::re2)
        find_path(RE2_INCLUDE_DIR re2/re2.h)
        find_library(RE2_LIBRARY re2)
        mark_as_advanced(RE2_INCLUDE_DIR RE2_LIBRARY)
        if(NOT RE2_INCLUDE_DIR OR NOT RE2_LIBRARY)
            list(APPEND missing "RE2 >= 20220601")
        endif()
    endif()
endif()

if("study" IN_LIST OTHERWISE_ROOMS)
    otherwise_need(SQLite3 3.40)
    otherwise_need(tomlplusplus 3.3 CONFIG)
endif()

# The plotting library that the page embeds.
if("page" IN_LIST OTHERWISE_ROOMS)
    find_file(OTHERWISE_CHART_JS chart.min.js
        PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist
        NO_DEFAULT_PATH DOC "Chart.js 3, minified")
    mark_as_advanced(OTHERWISE_CHART_JS)
    if(NOT OTHERWISE_CHART_JS)
        list(APPEND missing "Chart.js >= 3.9 (libjs-chart.js)")
    endif()
endif()

if(missing)
    list(JOIN missing ", " missing)
    message(FATAL_ERROR " missing: ${missing}; run `make setup` to install what is needed")
endif()

add_library(Random123::Random123 INTERFACE IMPORTED)
target_include_directories(Random123::Random123 INTERFACE "${RANDOM123_INCLUDE_DIR}")

add_library(RapidJSON::RapidJSON INTERFACE IMPORTED)
target_include_directories(RapidJSON::RapidJSON INTERFACE "${RAPIDJSON_INCLUDE_DIR}")

add_library(rapidfuzz::rapidfuzz INTERFACE IMPORTED)
target_include_directories(rapidfuzz::rapidfuzz INTERFACE "${RAPIDFUZZ_INCLUDE_DIR}")

if("measure" IN_LIST OTHERWISE_ROOMS)
    if(NOT TARGET re2::re2)
        # What we call of RE2 refers to no Abseil symbol, so a shared RE2 links alone.
        add_library(re2::re2 UNKNOWN IMPORTED)
        set_target_properties(re2::re2 PROPERTIES
            IMPORTED_LOCATION "${RE2_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${RE2_INCLUDE_DIR}")
    endif()
endif()
