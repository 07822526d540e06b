# NOTICES.txt: what is compiled into the programs, each with its version and the licence that comes
# with its own source or package. The target `notices`; part of a portable build, which is there to
# be copied, and installed beside any.
set(OTHERWISE_NOTICES "${CMAKE_BINARY_DIR}/NOTICES.txt")
set(notice_list "")
set(notice_files "")

# otherwise_notice(name version package files…): the first of the files that is there, else what a
# distribution keeps of the package. No version: the package's.
function(otherwise_notice name version package)
    set(found "")
    foreach(file IN LISTS ARGN ITEMS "/usr/share/doc/${package}/copyright"
            "/usr/share/licenses/${package}/LICENSE" "/usr/share/licenses/${package}/COPYING")
        if(NOT found AND EXISTS "${file}")
            set(found "${file}")
        endif()
    endforeach()
    if(NOT version)
        execute_process(COMMAND dpkg-query -W -f "\${Version}\n" ${package}
            OUTPUT_VARIABLE version ERROR_QUIET)
        string(REGEX REPLACE "\n.*" "" version "${version}")  # of several architectures the first
    endif()
    list(APPEND notice_list "${name}|${version}|${found}")
    if(found)
        list(APPEND notice_files "${found}")
    endif()
    set(notice_list "${notice_list}" PARENT_SCOPE)
    set(notice_files "${notice_files}" PARENT_SCOPE)
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

set(notice_sources
    "${OTHERWISE_CACHE_DIR}/llama_cpp_python-${OTHERWISE_LLAMA_PIN}/vendor/llama.cpp")
if(OTHERWISE_LLAMA AND NOT OTHERWISE_SYSTEM_LLAMA)
    otherwise_notice("llama.cpp, ggml" "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries it"
        llama.cpp "${notice_sources}/LICENSE")
endif()
if(TARGET otherwise_jinja)
    file(GLOB chat_templates "${notice_sources}/models/templates/*.jinja")
    list(LENGTH chat_templates count)
    otherwise_notice("llama.cpp's Jinja engine and ${count} chat templates"
        "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries them" llama.cpp "${notice_sources}/LICENSE")
    otherwise_notice("llama.cpp's JSON for Modern C++"
        "as llama-cpp-python ${OTHERWISE_LLAMA_PIN} carries it" nlohmann-json3-dev
        "${notice_sources}/licenses/LICENSE-jsonhpp")
endif()
if(TARGET otherwise_httplib)
    file(STRINGS "${httplib_source}/cpp-httplib/httplib.h" line
        REGEX "define CPPHTTPLIB_VERSION " LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9.]+[0-9]" httplib_version "${line}")
    otherwise_notice("cpp-httplib" "${httplib_version}" libcpp-httplib-dev
        "${httplib_source}/cpp-httplib/LICENSE")
endif()
otherwise_notice("rapidfuzz-cpp" "as Levenshtein ${OTHERWISE_RAPIDFUZZ_PIN} carries it"
    librapidfuzz-cpp-dev "${RAPIDFUZZ_INCLUDE_DIR}/LICENSE")
foreach(part MAJOR MINOR PATCH)
    otherwise_header_number("${RAPIDJSON_INCLUDE_DIR}/rapidjson/rapidjson.h"
        RAPIDJSON_${part}_VERSION rapidjson_${part})
endforeach()
otherwise_notice("RapidJSON" "${rapidjson_MAJOR}.${rapidjson_MINOR}.${rapidjson_PATCH}"
    rapidjson-dev)
otherwise_notice("Random123" "" librandom123-dev)
otherwise_notice("Highway" "${hwy_VERSION}" libhwy-dev)
otherwise_notice("{fmt}" "${fmt_VERSION}" libfmt-dev)
otherwise_notice("zlib" "${ZLIB_VERSION_STRING}" zlib1g-dev)
otherwise_notice("OpenSSL" "${OPENSSL_VERSION}" libssl-dev)
otherwise_notice("JSON for Modern C++" "${nlohmann_json_VERSION}" nlohmann-json3-dev)
if(OTHERWISE_PYTHON)
    otherwise_notice("nanobind, in the Python module" "${nanobind_VERSION}" python3-nanobind
        "${OTHERWISE_NANOBIND_LICENSE}")
    otherwise_notice("tsl::robin_map, in the Python module" "as nanobind ${nanobind_VERSION} carries it"
        robin-map-dev "${OTHERWISE_ROBIN_MAP_LICENSE}")
endif()
if(OTHERWISE_CLI)
    otherwise_notice("CLI11" "${CLI11_VERSION}" libcli11-dev)
endif()
if("fit" IN_LIST OTHERWISE_ROOMS)
    otherwise_notice("Eigen" "${Eigen3_VERSION}" libeigen3-dev)
endif()
if("measure" IN_LIST OTHERWISE_ROOMS)
    otherwise_notice("RE2" "${re2_VERSION}" libre2-dev)
endif()
if("study" IN_LIST OTHERWISE_ROOMS)
    otherwise_notice("SQLite" "${SQLite3_VERSION}" libsqlite3-dev)
    otherwise_notice("toml++" "${tomlplusplus_VERSION}" libtomlplusplus-dev)
endif()
if("page" IN_LIST OTHERWISE_ROOMS)
    file(STRINGS "${OTHERWISE_CHART_JS}" line REGEX "Chart\\.js v" LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9]+\\.[0-9.]+[0-9]" chart_version "${line}")
    otherwise_notice("Chart.js, in the pages of reports" "${chart_version}" libjs-chart.js)
endif()

list(JOIN notice_list "&" notices)
add_custom_command(
    OUTPUT "${OTHERWISE_NOTICES}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${OTHERWISE_NOTICES}" "-DNOTICES=${notices}"
        "-DOWN=${CMAKE_SOURCE_DIR}/LICENSE" "-DVERSION=${PROJECT_VERSION}"
        -P "${CMAKE_SOURCE_DIR}/cmake/write_notices.cmake"
    DEPENDS ${notice_files} "${CMAKE_SOURCE_DIR}/LICENSE"
            "${CMAKE_SOURCE_DIR}/cmake/write_notices.cmake"
    VERBATIM)
if(SKBUILD)
    add_custom_target(notices DEPENDS "${OTHERWISE_NOTICES}")
    add_dependencies(otherwise_python notices)
    install(FILES "${OTHERWISE_NOTICES}" DESTINATION otherwise COMPONENT python)
elseif(GGML_BACKEND_DL OR OTHERWISE_TESTS)
    add_custom_target(notices ALL DEPENDS "${OTHERWISE_NOTICES}")
else()
    add_custom_target(notices DEPENDS "${OTHERWISE_NOTICES}")
endif()
set(optional OPTIONAL)
if(GGML_BACKEND_DL)
    set(optional "")
endif()
foreach(component command library)
    install(FILES "${OTHERWISE_NOTICES}" DESTINATION share/doc/otherwise
        COMPONENT ${component} ${optional})
endforeach()
