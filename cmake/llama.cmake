# The target `llama`: an installed llama.cpp, or its pinned source as a static subproject without
# tools, tests, examples and server. ggml's own options (-DGGML_CUDA=ON, -DGGML_METAL=ON,
# -DGGML_VULKAN=ON, ...) pass through untouched.
set(OTHERWISE_LLAMA_PIN "0.3.36")  # the llama-cpp-python release that carries the source

if(OTHERWISE_SYSTEM_LLAMA)
    find_package(llama CONFIG QUIET)
    if(NOT llama_FOUND)
        message(FATAL_ERROR " no installed llama.cpp found; set -Dllama_DIR=... or leave OTHERWISE_SYSTEM_LLAMA off")
    endif()
    set(OTHERWISE_LLAMA_VERSION "installed")
    if(GGML_BACKEND_DIR)  # where its backends are modules: their folder
        add_compile_definitions(OTHERWISE_MODULE_FOLDER="${GGML_BACKEND_DIR}")
    endif()
    return()
endif()

set(llama_source
    "${OTHERWISE_CACHE_DIR}/llama_cpp_python-${OTHERWISE_LLAMA_PIN}/vendor/llama.cpp")
if(NOT EXISTS "${llama_source}/CMakeLists.txt")
    message(FATAL_ERROR " no llama.cpp source at ${llama_source}; run `make setup` to fetch it")
endif()
set(OTHERWISE_LLAMA_VERSION "${OTHERWISE_LLAMA_PIN}")

function(otherwise_add_llama source)
    foreach(part COMMON TESTS TOOLS EXAMPLES SERVER APP)
        set(LLAMA_BUILD_${part} OFF)
    endforeach()
    if(NOT DEFINED CACHE{GGML_OPENMP})
        set(GGML_OPENMP OFF)  # ggml's own threads wait as long as OpenMP's, and can be told how many
    endif()
    set(LLAMA_OPENSSL OFF)
    set(LLAMA_CURL OFF)
    set(BUILD_SHARED_LIBS OFF)
    if(GGML_BACKEND_DL)
        otherwise_use_modules()
    endif()
    foreach(language C CXX)
        string(APPEND CMAKE_${language}_FLAGS " -w")  # its warnings are not ours
    endforeach()
    set(CMAKE_EXPORT_COMPILE_COMMANDS OFF)  # lint reads ours only
    set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
    add_subdirectory("${source}" "${CMAKE_BINARY_DIR}/llama" EXCLUDE_FROM_ALL SYSTEM)
    # GCC's own definitions let it drop what these kernels store; see the header.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        set_source_files_properties("${source}/ggml/src/ggml-cpu/amx/mmq.cpp"
            DIRECTORY "${source}/ggml/src"
            PROPERTIES COMPILE_OPTIONS "-include;${CMAKE_SOURCE_DIR}/cmake/amx_tiles.h")
    endif()
endfunction()
if(GGML_BACKEND_DL)
    include(modules)
endif()
otherwise_add_llama("${llama_source}")
if(GGML_BACKEND_DL)
    otherwise_add_modules("${llama_source}")
endif()
