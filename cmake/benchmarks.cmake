# One Google Benchmark executable per file of benchmarks/.
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/benchmarks/*.cpp")
foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(bench_${name} ${source})
    target_link_libraries(bench_${name}
        PRIVATE otherwise_flags otherwise_all benchmark::benchmark benchmark::benchmark_main)
endforeach()
