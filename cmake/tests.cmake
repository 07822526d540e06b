# One GoogleTest executable per room (of rooms, one for all), <room>_tests, and integration_tests from
# tests/.
include(GoogleTest)

# How many times longer a test of the command may take: llama.cpp under sanitizers is slow.
set(OTHERWISE_PATIENCE 1)
if(OTHERWISE_SANITIZE AND OTHERWISE_LLAMA)
    set(OTHERWISE_PATIENCE 10)
endif()

# The program <name>_tests, unless none of the sources is part of this build.
function(otherwise_add_test_program name)
    set(sources ${ARGN})
    if(NOT OTHERWISE_LLAMA)
        otherwise_drop_matching(sources "(${OTHERWISE_LLAMA_INCLUDE})|(^// needs: llama)")
    endif()
    if(NOT sources)
        return()
    endif()
    add_executable(${name}_tests ${sources})
    target_link_libraries(${name}_tests
        PRIVATE otherwise_flags otherwise_all GTest::gmock GTest::gtest_main)
    if(NOT OTHERWISE_LLAMA)
        # Before our archives: GoogleTest's own references to instances of std::string's members
        # could draw in objects that need llama.cpp.
        target_link_libraries(${name}_tests PRIVATE stdc++)
    endif()
    target_compile_definitions(${name}_tests PRIVATE
        OTHERWISE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        OTHERWISE_CACHE_DIR="${OTHERWISE_CACHE_DIR}"
        OTHERWISE_COMMAND="${CMAKE_BINARY_DIR}/otherwise")
    if(OTHERWISE_LLAMA)
        target_link_libraries(${name}_tests PRIVATE llama)
    endif()
endfunction()

# otherwise_add_tests(name processors sources... )
function(otherwise_add_tests name processors)
    otherwise_add_test_program(${name} ${ARGN})
    if(NOT TARGET ${name}_tests)
        return()
    endif()
    gtest_discover_tests(${name}_tests
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        TEST_PREFIX ${name}.
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
        PROPERTIES TIMEOUT 900 PROCESSORS ${processors})
endfunction()

foreach(room IN LISTS OTHERWISE_ROOMS)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/otherwise/${room}/*_test.cpp")
    foreach(inner IN LISTS ${room}_rooms)
        file(GLOB own CONFIGURE_DEPENDS
            "${CMAKE_SOURCE_DIR}/otherwise/${room}/${inner}/*_test.cpp")
        list(APPEND sources ${own})
    endforeach()
    # llama.cpp's threads wait actively: tests that evaluate models must not share processors.
    set(processors 1)
    if(room STREQUAL "model" OR room STREQUAL "fit" OR room STREQUAL "api")
        set(processors 2)
    endif()
    otherwise_add_tests(${room} ${processors} ${sources})
endforeach()

# Chat templates as a build on an installed llama.cpp has them: without the engine.
if(TARGET otherwise_model)
    add_executable(no_engine_tests tests/no_engine/chat_template_test.cpp
        otherwise/model/chat_template.cpp otherwise/model/chat_source.cpp)
    target_link_libraries(no_engine_tests
        PRIVATE otherwise_flags otherwise_base GTest::gmock GTest::gtest_main)
    gtest_discover_tests(no_engine_tests
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        TEST_PREFIX no_engine.
        PROPERTIES TIMEOUT 60)
endif()

if(TARGET otherwise AND TARGET api_tests)  # they compare with what the command prints
    add_dependencies(api_tests otherwise)
endif()

if(TARGET otherwise)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*_test.cpp")
    otherwise_add_tests(integration 2 ${sources})
    if(TARGET integration_tests)
        add_dependencies(integration_tests otherwise)
    endif()
endif()

if(TARGET otherwise)
    set(sources ${cli_sources})
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/cli/*_test.cpp")
    otherwise_add_tests(cli 1 ${sources} ${tests})
    target_link_libraries(cli_tests PRIVATE CLI11::CLI11 nlohmann_json::nlohmann_json fmt::fmt)
endif()

# The tests of exactness once more, on each variant of the CPU backend (ctest -L variants).
if(TARGET otherwise AND OTHERWISE_VARIANTS)
    otherwise_add_test_program(variants tests/null_world_test.cpp tests/invariance_test.cpp
        tests/law_test.cpp tests/support/cpu_variant.cpp)
    foreach(variant IN LISTS OTHERWISE_VARIANTS)
        gtest_discover_tests(variants_tests
            DISCOVERY_MODE PRE_TEST
            DISCOVERY_TIMEOUT 60
            TEST_PREFIX variants.${variant}.
            TEST_LIST variants_${variant}
            WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
            PROPERTIES TIMEOUT 900 PROCESSORS 2 LABELS variants
                ENVIRONMENT "OTHERWISE_TEST_CPU_VARIANT=${variant}")
    endforeach()
endif()

# A module that says so when it is loaded: none of our programs may.
if(TARGET otherwise)
    add_library(hostile_module MODULE tests/support/hostile_module.c)
    set_target_properties(hostile_module PROPERTIES
        PREFIX "" OUTPUT_NAME libggml-cpu-hostile SUFFIX ".so"
        LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/hostile")
    target_compile_definitions(model_tests PRIVATE
        OTHERWISE_HOSTILE_MODULE="${CMAKE_BINARY_DIR}/hostile/libggml-cpu-hostile.so")
    add_dependencies(model_tests hostile_module)
endif()

# Makes the n-th call of a kind fail, loaded before the command (tests/support/failing.py).
if(TARGET otherwise)
    add_library(failing MODULE tests/support/failing.cpp)
    set_target_properties(failing PROPERTIES
        PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
    target_compile_options(failing PRIVATE -fno-builtin -fno-omit-frame-pointer)
    target_link_libraries(failing PRIVATE ${CMAKE_DL_LIBS})
endif()

# Writes pages of made-up runs, for the tests that open them in a browser.
if(TARGET otherwise_page)
    add_executable(report_fixture tests/support/report_fixture.cpp)
    target_link_libraries(report_fixture PRIVATE otherwise_flags otherwise_page)
endif()

# otherwise_add_methods(script name interpreter timeout processors label environment): one test for
# each method of the script's classes, <name>.<class>.<method>.
function(otherwise_add_methods script name interpreter timeout processors label environment)
    math(EXPR timeout "${timeout} * ${OTHERWISE_PATIENCE}")
    cmake_path(GET script STEM stem)
    cmake_path(GET script PARENT_PATH folder)
    file(STRINGS "${script}" lines REGEX "^class |^    def test_")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${script}")
    foreach(line IN LISTS lines)
        if(line MATCHES "^class ([A-Za-z]+)")
            set(class ${CMAKE_MATCH_1})
        elseif(line MATCHES "def (test_[a-z0-9_]+)")
            set(method ${CMAKE_MATCH_1})
            add_test(NAME ${name}.${class}.${method}
                COMMAND "${interpreter}" -m unittest -q ${stem}.${class}.${method}
                WORKING_DIRECTORY "${folder}")
            set_tests_properties(${name}.${class}.${method} PROPERTIES
                LABELS "${label}"
                TIMEOUT ${timeout}
                PROCESSORS ${processors}
                ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;OTHERWISE_TEST_PATIENCE=${OTHERWISE_PATIENCE};${environment}")
        endif()
    endforeach()
endfunction()

# tests/*_test.py drive the command.
function(otherwise_add_python_tests script)
    cmake_path(GET script STEM stem)
    string(REGEX REPLACE "_test$" "" name ${stem})
    set(timeout 120)
    set(processors 1)
    set(label "")
    if(name STREQUAL "portable")
        set(label variants)
    endif()
    if(name MATCHES "^(library|sbom)$")  # compilers, hashes of all sources: slow beside others
        set(timeout 600)
    endif()
    if(name STREQUAL "cli_faults")  # hundreds of processes each
        set(timeout 600)
    endif()
    if(name MATCHES "_model$")  # the default model, not a tiny one
        set(timeout 900)
        set(processors 2)
    endif()
    otherwise_add_methods("${script}" ${name} "${Python3_EXECUTABLE}" ${timeout} ${processors} "${label}"
        "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/support;OTHERWISE_COMMAND=$<TARGET_FILE:otherwise>;OTHERWISE_TINY=${CMAKE_BINARY_DIR}/tiny;OTHERWISE_CACHE_DIR=${OTHERWISE_CACHE_DIR};OTHERWISE_CXX=${CMAKE_CXX_COMPILER};OTHERWISE_FAILING=${CMAKE_BINARY_DIR}/failing.so")
endfunction()

if(TARGET otherwise)
    file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*_test.py")
    if(NOT OTHERWISE_VARIANTS)
        list(FILTER scripts EXCLUDE REGEX "/portable_test\\.py$")
    endif()
    if(NOT TARGET otherwise_library)
        list(FILTER scripts EXCLUDE REGEX "/(library|portable)_test\\.py$")
    endif()
    foreach(script IN LISTS scripts)
        otherwise_add_python_tests("${script}")
    endforeach()
endif()

# python/tests/*_test.py import the package from the build folder.
if(TARGET otherwise_python)
    file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/python/tests/*_test.py")
    list(FILTER scripts EXCLUDE REGEX "/wheel_test\\.py$")
    foreach(script IN LISTS scripts)
        cmake_path(GET script STEM stem)
        string(REGEX REPLACE "_test$" "" name ${stem})
        otherwise_add_methods("${script}" python.${name} "${Python_EXECUTABLE}" 300 1 ""
            "PYTHONPATH=${OTHERWISE_PYTHON_PATH}:${CMAKE_SOURCE_DIR}/tests/support;OTHERWISE_COMMAND=${CMAKE_BINARY_DIR}/otherwise;OTHERWISE_TINY=${CMAKE_BINARY_DIR}/tiny;OTHERWISE_CACHE_DIR=${OTHERWISE_CACHE_DIR}")
    endforeach()
endif()

# The wheel that scripts/wheel.sh made, installed.
if(OTHERWISE_VARIANTS)
    otherwise_add_methods("${CMAKE_SOURCE_DIR}/python/tests/wheel_test.py" python.wheel
        "${OTHERWISE_CACHE_DIR}/python/bin/python3" 300 1 variants
        "PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/support;OTHERWISE_WHEELS=${CMAKE_SOURCE_DIR}/build/wheel/dist;OTHERWISE_CACHE_DIR=${OTHERWISE_CACHE_DIR}")
endif()

set(rooms_script "${CMAKE_SOURCE_DIR}/scripts/rooms.py")
# By the interpreter's path: a target would run in the emulator of a cross build.
add_test(NAME rooms.Includes COMMAND ${Python3_EXECUTABLE} "${rooms_script}")
add_test(NAME rooms.SelfTest COMMAND ${Python3_EXECUTABLE} "${rooms_script}" --self-test)
