# OTHERWISE_CACHE_DIR: where `make setup` keeps llama.cpp's source and the default model.
# The same order as scripts/common.sh.
if(DEFINED ENV{OTHERWISE_CACHE} AND NOT "$ENV{OTHERWISE_CACHE}" STREQUAL "")
    set(cache_dir "$ENV{OTHERWISE_CACHE}")
elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(cache_dir "$ENV{XDG_CACHE_HOME}/otherwise")
else()
    set(cache_dir "$ENV{HOME}/.cache/otherwise")
endif()
set(OTHERWISE_CACHE_DIR "${cache_dir}" CACHE PATH "Folder with llama.cpp's source and the model")
