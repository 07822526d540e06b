# OTHERWISE_PARTS: what is compiled or linked into the programs and is not ours. A record a part, its fields
# parted by `|`, lists in them by `,` (none of them may hold these):
#
#   reference|name|version|SPDX licence|package|text of the licence|libraries|files
#
# libraries are what is linked; files the headers, sources and data that are compiled in, as files or folders.
# tests/sbom_test.py holds the list against what was really read and linked.
set(OTHERWISE_PARTS "")
set(OTHERWISE_PART_TEXTS "")      # the licences
set(OTHERWISE_PART_LIBRARIES "")  # the libraries

# otherwise_part(reference name license [VERSION v] [PACKAGE p] [TEXT file…] [LINKED file…] [FILES path…]): the
# text is the first of the files that is there, else what a distribution keeps of the package; no
# version: the package's.
function(otherwise_part reference name license)
    cmake_parse_arguments(PARSE_ARGV 3 part "" "VERSION;PACKAGE" "TEXT;LINKED;FILES")
    set(text "")
    foreach(file IN LISTS part_TEXT ITEMS "/usr/share/doc/${part_PACKAGE}/copyright"
            "/usr/share/licenses/${part_PACKAGE}/LICENSE" "/usr/share/licenses/${part_PACKAGE}/COPYING")
        if(NOT text AND EXISTS "${file}")
            set(text "${file}")
        endif()
    endforeach()
    if(NOT part_VERSION)
        execute_process(COMMAND dpkg-query -W -f "\${Version}\n" ${part_PACKAGE}
            OUTPUT_VARIABLE part_VERSION ERROR_QUIET)
        string(REGEX REPLACE "\n.*" "" part_VERSION "${part_VERSION}")  # of several architectures the first
    endif()
    list(JOIN part_LINKED "," linked)
    list(JOIN part_FILES "," files)
    list(APPEND OTHERWISE_PARTS "${reference}|${name}|${part_VERSION}|${license}|${part_PACKAGE}|${text}|${linked}|${files}")
    set(OTHERWISE_PARTS "${OTHERWISE_PARTS}" PARENT_SCOPE)
    set(OTHERWISE_PART_TEXTS ${OTHERWISE_PART_TEXTS} ${text} PARENT_SCOPE)
    set(OTHERWISE_PART_LIBRARIES ${OTHERWISE_PART_LIBRARIES} ${part_LINKED} PARENT_SCOPE)
endfunction()

# otherwise_headers(result target header…): each header, or its folder where it has one, in the folders that the
# target is compiled with.
function(otherwise_headers result target)
    set(folders "")
    if(TARGET ${target})
        get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    endif()
    set(found "")
    foreach(header IN LISTS ARGN)
        unset(header_folder)  # a variable that is there would be taken for the answer
        find_path(header_folder "${header}" HINTS ${folders} NO_CACHE)
        if(header_folder)
            string(REGEX REPLACE "/.*" "" top "${header}")
            cmake_path(APPEND header_folder "${top}" OUTPUT_VARIABLE path)
            cmake_path(NORMAL_PATH path)
            list(APPEND found "${path}")
        endif()
    endforeach()
    set(${result} ${found} PARENT_SCOPE)
endfunction()

# The number behind a #define of a header.
function(otherwise_header_number header name result)
    set(${result} "" PARENT_SCOPE)
    if(EXISTS "${header}")
        file(STRINGS "${header}" line REGEX "#define +${name} " LIMIT_COUNT 1)
        string(REGEX MATCH "[0-9]+" number "${line}")
        set(${result} "${number}" PARENT_SCOPE)
    endif()
endfunction()

set(part_source "${OTHERWISE_CACHE_DIR}/llama_cpp_python-${OTHERWISE_LLAMA_PIN}/vendor/llama.cpp")
if(OTHERWISE_LLAMA AND NOT OTHERWISE_SYSTEM_LLAMA)
    otherwise_part(llama.cpp "llama.cpp, ggml" MIT
        VERSION "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries it" TEXT "${part_source}/LICENSE"
        FILES "${part_source}/include" "${part_source}/src" "${part_source}/ggml")
endif()
if(TARGET otherwise_jinja)
    file(GLOB chat_templates "${part_source}/models/templates/*.jinja")
    list(LENGTH chat_templates count)
    otherwise_part(llama.cpp-jinja "llama.cpp's Jinja engine and ${count} chat templates" MIT
        VERSION "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries them" TEXT "${part_source}/LICENSE"
        FILES "${part_source}/common" "${part_source}/models/templates")
    otherwise_part(llama.cpp-json "llama.cpp's JSON for Modern C++" MIT
        VERSION "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries it"
        TEXT "${part_source}/licenses/LICENSE-jsonhpp" FILES "${part_source}/vendor/nlohmann")
endif()
if(TARGET otherwise_httplib)
    file(STRINGS "${httplib_source}/cpp-httplib/httplib.h" line
        REGEX "define CPPHTTPLIB_VERSION " LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9.]+[0-9]" httplib_version "${line}")
    otherwise_part(cpp-httplib "cpp-httplib" MIT VERSION "${httplib_version}"
        TEXT "${httplib_source}/cpp-httplib/LICENSE" FILES "${httplib_source}/cpp-httplib")
endif()
otherwise_part(rapidfuzz-cpp "rapidfuzz-cpp" MIT PACKAGE librapidfuzz-cpp-dev
    VERSION "as Levenshtein ${OTHERWISE_RAPIDFUZZ_PIN} carries it" TEXT "${RAPIDFUZZ_INCLUDE_DIR}/LICENSE"
    FILES "${RAPIDFUZZ_INCLUDE_DIR}/rapidfuzz")
foreach(part MAJOR MINOR PATCH)
    otherwise_header_number("${RAPIDJSON_INCLUDE_DIR}/rapidjson/rapidjson.h"
        RAPIDJSON_${part}_VERSION rapidjson_${part})
endforeach()
otherwise_part(rapidjson "RapidJSON" MIT PACKAGE rapidjson-dev
    VERSION "${rapidjson_MAJOR}.${rapidjson_MINOR}.${rapidjson_PATCH}"
    FILES "${RAPIDJSON_INCLUDE_DIR}/rapidjson")
otherwise_part(random123 "Random123" BSD-3-Clause PACKAGE librandom123-dev
    FILES "${RANDOM123_INCLUDE_DIR}/Random123")
otherwise_headers(part_headers hwy::hwy hwy/highway.h)
otherwise_part(highway "Highway" Apache-2.0 VERSION "${hwy_VERSION}" PACKAGE libhwy-dev
    LINKED "$<TARGET_FILE:hwy::hwy>" "$<TARGET_FILE:hwy::hwy_contrib>" FILES ${part_headers})
otherwise_headers(part_headers fmt::fmt fmt/core.h)
otherwise_part(fmt "{fmt}" MIT VERSION "${fmt_VERSION}" PACKAGE libfmt-dev
    LINKED "$<TARGET_FILE:fmt::fmt>" FILES ${part_headers})
otherwise_headers(part_headers ZLIB::ZLIB zlib.h zconf.h)
otherwise_part(zlib "zlib" Zlib VERSION "${ZLIB_VERSION_STRING}" PACKAGE zlib1g-dev
    LINKED "$<TARGET_FILE:ZLIB::ZLIB>" FILES ${part_headers})
otherwise_headers(part_headers OpenSSL::Crypto openssl/evp.h openssl/configuration.h)
otherwise_part(openssl "OpenSSL" Apache-2.0 VERSION "${OPENSSL_VERSION}" PACKAGE libssl-dev
    LINKED "$<TARGET_FILE:OpenSSL::Crypto>" FILES ${part_headers})
otherwise_headers(part_headers nlohmann_json::nlohmann_json nlohmann/json.hpp)
otherwise_part(nlohmann-json "JSON for Modern C++" MIT VERSION "${nlohmann_json_VERSION}"
    PACKAGE nlohmann-json3-dev FILES ${part_headers})
if(OTHERWISE_PYTHON)
    otherwise_part(nanobind "nanobind, in the Python module" BSD-3-Clause VERSION "${nanobind_VERSION}"
        PACKAGE python3-nanobind TEXT "${OTHERWISE_NANOBIND_LICENSE}"
        FILES "${NB_DIR}/include" "${NB_DIR}/src")
    otherwise_part(robin-map "tsl::robin_map, in the Python module" MIT
        VERSION "as nanobind ${nanobind_VERSION} carries it" PACKAGE robin-map-dev
        TEXT "${OTHERWISE_ROBIN_MAP_LICENSE}" FILES "${NB_DIR}/ext/robin_map")
endif()
if(OTHERWISE_CLI)
    otherwise_headers(part_headers CLI11::CLI11 CLI/CLI.hpp)
    otherwise_part(cli11 "CLI11" BSD-3-Clause VERSION "${CLI11_VERSION}" PACKAGE libcli11-dev
        FILES ${part_headers})
endif()
if("fit" IN_LIST OTHERWISE_ROOMS)
    otherwise_headers(part_headers Eigen3::Eigen Eigen/Core)
    otherwise_part(eigen "Eigen" MPL-2.0 VERSION "${Eigen3_VERSION}" PACKAGE libeigen3-dev
        FILES ${part_headers})
endif()
if("measure" IN_LIST OTHERWISE_ROOMS)
    otherwise_headers(part_headers re2::re2 re2/re2.h)
    otherwise_part(re2 "RE2" BSD-3-Clause VERSION "${re2_VERSION}" PACKAGE libre2-dev
        LINKED "$<TARGET_FILE:re2::re2>" FILES ${part_headers})
    if(TARGET absl::strings)  # of newer ones
        otherwise_headers(part_headers absl::strings absl/strings/string_view.h)
        otherwise_part(abseil "Abseil, as RE2 uses it" Apache-2.0 VERSION "${absl_VERSION}" PACKAGE libabsl-dev
            LINKED "$<TARGET_FILE:absl::strings>" FILES ${part_headers})
    endif()
endif()
if("study" IN_LIST OTHERWISE_ROOMS)
    otherwise_headers(part_headers SQLite::SQLite3 sqlite3.h)
    otherwise_part(sqlite "SQLite" blessing VERSION "${SQLite3_VERSION}" PACKAGE libsqlite3-dev
        LINKED "$<TARGET_FILE:SQLite::SQLite3>" FILES ${part_headers})
    otherwise_headers(part_headers tomlplusplus::tomlplusplus toml++/toml.h)
    get_target_property(type tomlplusplus::tomlplusplus TYPE)
    set(part_linked "")
    if(NOT type STREQUAL "INTERFACE_LIBRARY")  # headers alone, or Debian's library
        set(part_linked "$<TARGET_FILE:tomlplusplus::tomlplusplus>")
    endif()
    otherwise_part(tomlplusplus "toml++" MIT VERSION "${tomlplusplus_VERSION}"
        PACKAGE libtomlplusplus-dev LINKED ${part_linked} FILES ${part_headers})
endif()
if("page" IN_LIST OTHERWISE_ROOMS)
    file(STRINGS "${OTHERWISE_CHART_JS}" line REGEX "Chart\\.js v" LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9]+\\.[0-9.]+[0-9]" chart_version "${line}")
    otherwise_part(chart.js "Chart.js, in the pages of reports" MIT VERSION "${chart_version}"
        PACKAGE libjs-chart.js FILES "${OTHERWISE_CHART_JS}")
endif()
