# What is compiled or linked into the programs, by the parts of cmake/parts.cmake:
#
#   NOTICES.txt          each part with its version and the licence that comes with its own source or package;
#                        also inside the programs (otherwise/api/licenses.h: `otherwise --licenses`)
#   otherwise.cdx.json   the bill of materials, CycloneDX 1.5: name, version, licence and hash of each part
#   sbom_paths.txt       where each part lies on this machine, for tests/sbom_test.py
#
# The target `notices`; installed with the programs, in a wheel beside the module. A build that is there
# to be copied, and one with tests, fails where a licence is not found: another says so in the text.
include(parts)
set(OTHERWISE_NOTICES "${CMAKE_BINARY_DIR}/NOTICES.txt")
set(OTHERWISE_SBOM "${CMAKE_BINARY_DIR}/otherwise.cdx.json")
set(licenses_source "${CMAKE_BINARY_DIR}/generated/licenses.cpp")

set(strict OFF)
if(SKBUILD OR GGML_BACKEND_DL OR OTHERWISE_TESTS)
    set(strict ON)
endif()
list(JOIN OTHERWISE_PARTS "&" parts)
add_custom_command(
    OUTPUT "${OTHERWISE_NOTICES}" "${licenses_source}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${OTHERWISE_NOTICES}" "-DPARTS=${parts}"
        "-DOWN=${CMAKE_SOURCE_DIR}/LICENSE" "-DVERSION=${PROJECT_VERSION}" "-DSTRICT=${strict}"
        -P "${CMAKE_SOURCE_DIR}/cmake/write_notices.cmake"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${licenses_source}" "-DFILE=${OTHERWISE_NOTICES}"
        -P "${CMAKE_SOURCE_DIR}/cmake/embed_licenses.cmake"
    DEPENDS ${OTHERWISE_PART_TEXTS} "${CMAKE_SOURCE_DIR}/LICENSE"
            "${CMAKE_SOURCE_DIR}/cmake/write_notices.cmake"
            "${CMAKE_SOURCE_DIR}/cmake/embed_licenses.cmake"
            "${CMAKE_SOURCE_DIR}/cmake/raw_literal.cmake"
    VERBATIM)
add_custom_command(
    OUTPUT "${OTHERWISE_SBOM}"
    BYPRODUCTS "${CMAKE_BINARY_DIR}/sbom_paths.txt"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${OTHERWISE_SBOM}" "-DPARTS=${parts}"
        "-DPATHS=${CMAKE_BINARY_DIR}/sbom_paths.txt" "-DVERSION=${PROJECT_VERSION}"
        -P "${CMAKE_SOURCE_DIR}/cmake/write_sbom.cmake"
    DEPENDS ${OTHERWISE_PART_LIBRARIES} "${CMAKE_SOURCE_DIR}/cmake/write_sbom.cmake"
    VERBATIM)
if(TARGET otherwise_api)
    target_sources(otherwise_api PRIVATE "${licenses_source}")
    # Clang warns of literals of more than 65,536 characters, which is what compilers must take.
    set_source_files_properties("${licenses_source}" PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
endif()

set(in_all "")
if(GGML_BACKEND_DL OR OTHERWISE_TESTS)
    set(in_all ALL)
endif()
add_custom_target(notices ${in_all} DEPENDS "${OTHERWISE_NOTICES}" "${OTHERWISE_SBOM}")
if(SKBUILD)
    add_dependencies(otherwise_python notices)
    install(FILES "${OTHERWISE_NOTICES}" "${OTHERWISE_SBOM}" DESTINATION otherwise COMPONENT python)
endif()
set(optional OPTIONAL)
if(GGML_BACKEND_DL)
    set(optional "")
endif()
foreach(component command library)
    install(FILES "${OTHERWISE_NOTICES}" "${OTHERWISE_SBOM}" DESTINATION share/doc/otherwise
        COMPONENT ${component} ${optional})
endforeach()
