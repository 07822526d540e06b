# One GoogleTest executable per room, <room>_tests, and integration_tests from tests/.
include(GoogleTest)

# otherwise_add_tests(name processors sources... )
function(otherwise_add_tests name processors)
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
    target_compile_definitions(${name}_tests PRIVATE
        OTHERWISE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        OTHERWISE_CACHE_DIR="${OTHERWISE_CACHE_DIR}"
        OTHERWISE_COMMAND="${CMAKE_BINARY_DIR}/otherwise")
    if(OTHERWISE_LLAMA)
        target_link_libraries(${name}_tests PRIVATE llama)
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
    otherwise_add_tests(${room} 1 ${sources})
endforeach()

if(TARGET otherwise)
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*_test.cpp")
    otherwise_add_tests(integration 2 ${sources})
    if(TARGET integration_tests)
        add_dependencies(integration_tests otherwise)
    endif()
endif()

set(rooms_script "${CMAKE_SOURCE_DIR}/scripts/rooms.py")
add_test(NAME rooms.Includes COMMAND Python3::Interpreter "${rooms_script}")
add_test(NAME rooms.SelfTest COMMAND Python3::Interpreter "${rooms_script}" --self-test)
