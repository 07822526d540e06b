# Writes a C++ source that holds NOTICES.txt as a literal:
#   cmake -DOUTPUT=licenses.cpp -DFILE=NOTICES.txt -P embed_licenses.cmake
include("${CMAKE_CURRENT_LIST_DIR}/raw_literal.cmake")
raw_literal("${FILE}" literal)
file(WRITE "${OUTPUT}" "// Made by cmake/embed_licenses.cmake.
#include \"otherwise/api/licenses.h\"

namespace otherwise {

using namespace std::string_view_literals;

std::string_view licenses() { return ${literal}; }

}  // namespace otherwise
")
