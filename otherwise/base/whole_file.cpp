#include "otherwise/base/whole_file.h"

#include <ios>
#include <istream>
#include <iterator>

#include "otherwise/base/error.h"
#include "otherwise/base/open_input.h"

namespace otherwise {

std::string whole_file(const std::string& path, const char* expected) {
    auto file = open_input(path, expected);
    try {
        return {std::istreambuf_iterator<char>(file), {}};
    } catch (const std::ios_base::failure& failure) {
        fail({.where = "whole_file",
              .expected = expected,
              .came = "one that cannot be read to its end, '" + path + "' (" +
                      failure.code().message() + ")"});
    }
}

}  // namespace otherwise
