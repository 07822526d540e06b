# Writes a C++ source that holds chat templates as literals, by the names of their files without
# .jinja, in the order of their names:
#   cmake -DOUTPUT=chat_templates.cpp "-DFILES=a.jinja|b.jinja|…" -P embed_templates.cmake
include("${CMAKE_CURRENT_LIST_DIR}/raw_literal.cmake")
string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
    cmake_path(GET file STEM LAST_ONLY name)
    raw_literal("${file}" literal)
    string(APPEND entries "    {\"${name}\"sv, ${literal}},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/embed_templates.cmake.
#include \"otherwise/model/shipped_templates.h\"

namespace otherwise {
namespace {

using namespace std::string_view_literals;

constexpr ShippedTemplate kShipped[] = {
${entries}};

}  // namespace

std::span<const ShippedTemplate> shipped_templates() { return kShipped; }

}  // namespace otherwise
")
