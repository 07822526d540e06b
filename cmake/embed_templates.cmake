# Writes a C++ source that holds chat templates as literals, by the names of their files without
# .jinja, in the order of their names:
#   cmake -DOUTPUT=chat_templates.cpp "-DFILES=a.jinja|b.jinja|…" -P embed_templates.cmake
string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
    cmake_path(GET file STEM LAST_ONLY name)
    file(READ "${file}" text)
    string(FIND "${text}" ")otherwise\"" found)
    if(text STREQUAL "" OR NOT found EQUAL -1)
        message(FATAL_ERROR " ${file} is empty or cannot be a raw literal")
    endif()
    string(APPEND entries "    {\"${name}\"sv, R\"otherwise(${text})otherwise\"sv},\n")
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
