# Programs that feed bytes to the readers, one for each tests/fuzz/<name>.cpp with an entry point of
# libFuzzer's: with OTHERWISE_FUZZ fuzz_<name> (Clang; `make fuzz` runs them), else replay_<name>, which
# the test corpus.<name> runs on the inputs that were kept, tests/corpus/<name>. One with the line
# `// needs: llama` is left out of builds without llama.cpp.
file(GLOB fuzzers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/*.cpp")
list(FILTER fuzzers EXCLUDE REGEX "/(input_file|replay)\\.cpp$")
if(NOT OTHERWISE_LLAMA)
    otherwise_drop_matching(fuzzers "^// needs: llama")
endif()
if(NOT "study" IN_LIST OTHERWISE_ROOMS)
    set(fuzzers "")
endif()

add_library(fuzz_input OBJECT EXCLUDE_FROM_ALL tests/fuzz/input_file.cpp)
target_link_libraries(fuzz_input PRIVATE otherwise_flags otherwise_base)

foreach(source IN LISTS fuzzers)
    cmake_path(GET source STEM name)
    if(OTHERWISE_FUZZ)
        set(program fuzz_${name})
        add_executable(${program} "${source}" $<TARGET_OBJECTS:fuzz_input>)
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    else()
        set(program replay_${name})
        add_executable(${program} "${source}" tests/fuzz/replay.cpp $<TARGET_OBJECTS:fuzz_input>)
        add_test(NAME corpus.${name}
            COMMAND ${program} "${CMAKE_SOURCE_DIR}/tests/corpus/${name}")
        set_tests_properties(corpus.${name} PROPERTIES TIMEOUT 300)
    endif()
    # Scenes of the tests, which some make their files by, know GoogleTest.
    target_link_libraries(${program} PRIVATE otherwise_flags otherwise_all GTest::gtest)
    if(OTHERWISE_LLAMA)
        target_link_libraries(${program} PRIVATE llama)
    endif()
endforeach()
