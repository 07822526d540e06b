# cpp-httplib, as the pinned source of llama.cpp ships it: the target otherwise_httplib. It is absent
# where the source is (an installed llama.cpp alone), and then `otherwise serve` says so.
set(httplib_source
    "${OTHERWISE_CACHE_DIR}/llama_cpp_python-${OTHERWISE_LLAMA_PIN}/vendor/llama.cpp/vendor")
if(NOT EXISTS "${httplib_source}/cpp-httplib/httplib.cpp")
    return()
endif()

function(otherwise_add_httplib vendor)
    set(CMAKE_EXPORT_COMPILE_COMMANDS OFF)  # lint reads ours only
    add_library(otherwise_httplib STATIC EXCLUDE_FROM_ALL "${vendor}/cpp-httplib/httplib.cpp")
    target_include_directories(otherwise_httplib SYSTEM PUBLIC "${vendor}")
    # A waiting connection looks for its end five times a second, not a hundred times.
    target_compile_definitions(otherwise_httplib PUBLIC
        OTHERWISE_HTTP CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND=200000)
    target_compile_options(otherwise_httplib PRIVATE -w)  # its warnings are not ours
    otherwise_sanitize(otherwise_httplib)
    target_link_libraries(otherwise_httplib PUBLIC Threads::Threads)
endfunction()
otherwise_add_httplib("${httplib_source}")
