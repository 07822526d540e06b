# Programs that feed bytes to the readers, one for each tests/fuzz/<name>.cpp with an entry point of
# libFuzzer's: with OTHERWISE_FUZZ fuzz_<name> (Clang; `make fuzz` runs them), else replay_<name>, which
# the test corpus.<name> runs on the inputs that were kept, tests/corpus/<name>. One with the line
# `// needs: llama` is left out of builds without llama.cpp. Each links the rooms that it includes, so
# that it is there before the rooms above are built, and where they are not.
file(GLOB fuzzers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/*.cpp")
list(FILTER fuzzers EXCLUDE REGEX "/(input_file|replay)\\.cpp$")
if(NOT OTHERWISE_LLAMA)
    otherwise_drop_matching(fuzzers "^// needs: llama")
endif()

# llama.cpp's 150 models one by one would take most of the time.
if(OTHERWISE_FUZZ AND TARGET llama AND NOT OTHERWISE_SYSTEM_LLAMA)
    get_target_property(sources llama SOURCES)
    get_target_property(folder llama SOURCE_DIR)
    list(FILTER sources EXCLUDE REGEX "/models/")
    set(twin "${folder}/models/glm5-next.cpp")  # has functions of the same names as deepseek4.cpp
    set_source_files_properties(${sources} "${twin}" DIRECTORY "${folder}"
        PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    set_target_properties(llama PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
    # As people have it: its assertions that stay are GGML_ASSERT, the others say that numbers overflow.
    foreach(part ggml-base ggml-cpu)
        target_compile_definitions(${part} PRIVATE NDEBUG)
    endforeach()
endif()

add_library(fuzz_input OBJECT EXCLUDE_FROM_ALL tests/fuzz/input_file.cpp)
target_link_libraries(fuzz_input PRIVATE otherwise_flags otherwise_base)

# The libraries of the rooms that a source includes, itself or by a header of tests/.
function(otherwise_rooms_of source result)
    set(rooms "")
    set(todo "${source}")
    set(seen "")
    while(todo)
        list(POP_FRONT todo file)
        file(STRINGS "${file}" lines REGEX "^#include \"(otherwise|tests)/")
        foreach(line IN LISTS lines)
            string(REGEX REPLACE "^#include \"(.+)/[^/]+\".*$" "\\1" folder "${line}")
            string(REGEX REPLACE "^#include \"([^\"]+)\".*$" "${CMAKE_SOURCE_DIR}/\\1" file "${line}")
            if(folder MATCHES "^otherwise/")
                string(REPLACE "/" "_" room "${folder}")
                list(APPEND rooms ${room})
            elseif(NOT file IN_LIST seen)
                list(APPEND seen "${file}")
                list(APPEND todo "${file}")
            endif()
        endforeach()
    endwhile()
    list(REMOVE_DUPLICATES rooms)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}" ${seen})
    set(${result} ${rooms} PARENT_SCOPE)
endfunction()

foreach(source IN LISTS fuzzers)
    cmake_path(GET source STEM name)
    otherwise_rooms_of("${source}" rooms)
    set(missing "")
    foreach(room IN LISTS rooms)
        if(NOT TARGET ${room})
            list(APPEND missing ${room})
        endif()
    endforeach()
    if(missing)
        continue()
    endif()
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
    target_link_libraries(${program} PRIVATE
        otherwise_flags ${rooms} nlohmann_json::nlohmann_json GTest::gtest)
    if(OTHERWISE_LLAMA)
        target_link_libraries(${program} PRIVATE llama)
    endif()
endforeach()
