# Writes a C++ source that holds text files as literals, by their names:
#   cmake -DOUTPUT=assets.cpp "-DFILES=a.css|b.js|…" -P embed.cmake
include("${CMAKE_CURRENT_LIST_DIR}/raw_literal.cmake")
string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
    cmake_path(GET file FILENAME name)
    raw_literal("${file}" literal)
    string(APPEND entries "    {\"${name}\", ${literal}},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/embed.cmake.
#include \"otherwise/page/assets.h\"

#include <string>

#include \"otherwise/base/error.h\"

namespace otherwise {
namespace {

using namespace std::string_view_literals;

struct Asset {
    std::string_view name;
    std::string_view text;
};

constexpr Asset kAssets[] = {
${entries}};

}  // namespace

std::string_view page_asset(std::string_view name) {
    for (const Asset& asset : kAssets) {
        if (asset.name == name) {
            return asset.text;
        }
    }
    misuse({.where = \"page_asset\",
            .expected = \"the name of an embedded file\",
            .came = \"'\" + std::string(name) + \"'\"});
}

}  // namespace otherwise
")
