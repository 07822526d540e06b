# The Python package `otherwise`: python/otherwise/*.py around one module, _otherwise, made of
# python/src/*.cpp and the library. The target otherwise_python makes python/otherwise in the build
# folder, to import as it is; its sources are links. By scikit-build-core (pyproject.toml) the same
# becomes a wheel.
#
# The interpreter is -DPython_EXECUTABLE, or the one that `make setup` keeps with all that is needed.
set(own_python "${OTHERWISE_CACHE_DIR}/python/bin/python3")
if(NOT Python_EXECUTABLE AND EXISTS "${own_python}")
    set(Python_EXECUTABLE "${own_python}" CACHE FILEPATH "Interpreter of the package")
endif()
set(python_parts Interpreter Development.Module)
if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.26)
    list(APPEND python_parts OPTIONAL_COMPONENTS Development.SABIModule)  # from 3.12 on
endif()
find_package(Python 3.10 QUIET COMPONENTS ${python_parts})
set(nanobind_found 1)
if(Python_Interpreter_FOUND)
    execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
        OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE nanobind_found ERROR_QUIET)
endif()
if(NOT Python_FOUND OR NOT nanobind_found EQUAL 0)
    message(FATAL_ERROR " missing: Python >= 3.10 with its headers, and nanobind; run `make setup` to install what is needed, or set -DOTHERWISE_PYTHON=OFF")
endif()
if(NOT TARGET Python::SABIModule AND CMAKE_VERSION VERSION_LESS 3.26 AND
        Python_VERSION VERSION_GREATER_EQUAL 3.12)
    add_library(Python::SABIModule INTERFACE IMPORTED)  # nanobind asks for it and needs no more of it
endif()
find_package(nanobind CONFIG REQUIRED)

set(OTHERWISE_PYTHON_PATH "${CMAKE_BINARY_DIR}/python")
set(python_package "${OTHERWISE_PYTHON_PATH}/otherwise")

file(GLOB python_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/python/src/*.cpp")
nanobind_add_module(otherwise_module NB_STATIC STABLE_ABI NB_DOMAIN otherwise NOMINSIZE
    NB_SUPPRESS_WARNINGS ${python_sources})
target_link_libraries(otherwise_module PRIVATE otherwise_flags otherwise_all)
# Nothing of ours is seen from outside, so another llama.cpp in the process cannot take its place.
target_link_options(otherwise_module PRIVATE -Wl,--exclude-libs,ALL)
set_target_properties(otherwise_module PROPERTIES
    OUTPUT_NAME _otherwise
    LIBRARY_OUTPUT_DIRECTORY "${python_package}")
if(GGML_BACKEND_DL)
    target_link_options(otherwise_module PRIVATE ${OTHERWISE_RPATH_FLAG})
    set_target_properties(otherwise_module PROPERTIES INSTALL_RPATH "$ORIGIN/lib")
endif()

# By the module's own name: the package's __init__ would need numpy.
nanobind_add_stub(otherwise_stub
    MODULE _otherwise
    OUTPUT "${python_package}/_otherwise.pyi"
    PYTHON_PATH "${python_package}"
    DEPENDS otherwise_module)

# Links in the build folder, none to a source that is gone.
file(GLOB_RECURSE package_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}/python"
    "${CMAKE_SOURCE_DIR}/python/otherwise/*.py" "${CMAKE_SOURCE_DIR}/python/otherwise/py.typed")
file(GLOB_RECURSE old_links "${python_package}/*.py")
foreach(link IN LISTS old_links)
    if(IS_SYMLINK "${link}")
        file(REMOVE "${link}")
    endif()
endforeach()
foreach(file IN LISTS package_files)
    cmake_path(GET file PARENT_PATH folder)
    file(MAKE_DIRECTORY "${OTHERWISE_PYTHON_PATH}/${folder}")
    file(CREATE_LINK "${CMAKE_SOURCE_DIR}/python/${file}" "${OTHERWISE_PYTHON_PATH}/${file}" SYMBOLIC)
endforeach()

add_custom_target(otherwise_python ALL DEPENDS otherwise_module otherwise_stub)
install(TARGETS otherwise_module LIBRARY DESTINATION otherwise COMPONENT python EXCLUDE_FROM_ALL)
install(FILES "${python_package}/_otherwise.pyi" DESTINATION otherwise COMPONENT python
    EXCLUDE_FROM_ALL)

# Licences, for notices.cmake: nanobind's beside it, that of the table it carries atop its header.
cmake_path(GET NB_DIR PARENT_PATH site_packages)
file(GLOB OTHERWISE_NANOBIND_LICENSE
    "${site_packages}/nanobind-${nanobind_VERSION}.dist-info/licenses/LICENSE")
set(OTHERWISE_ROBIN_MAP_LICENSE "${CMAKE_BINARY_DIR}/generated/robin_map_license.txt")
file(READ "${NB_DIR}/ext/robin_map/include/tsl/robin_map.h" robin_map LIMIT 4000)
string(FIND "${robin_map}" "*/" end)
string(SUBSTRING "${robin_map}" 0 ${end} robin_map)
string(REGEX REPLACE "\n \\* ?|^/\\*\\*" "\n" robin_map "${robin_map}")
file(WRITE "${OTHERWISE_ROBIN_MAP_LICENSE}" "${robin_map}\n")
