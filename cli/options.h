// Options whose values are checked while the line is parsed: a bad one is an Error that names the
// option, what it takes and what came.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise::cli {

/// llama.cpp's flags of several letters after one dash; the parser knows only their long names.
struct ShortName {
    std::string_view as_given;
    std::string_view as_parsed;
};
[[nodiscard]] const std::vector<ShortName>& short_names();

/// "-n", "-ngl" or "--samples": the shortest way to write the option.
[[nodiscard]] std::string label_of(const CLI::Option& option);

/// All ways to write it, short ones first.
[[nodiscard]] std::vector<std::string> names_of(const CLI::Option& option);

/// A setting of the library (otherwise/base/setting.h) as a flag: "--held-out", "--by mean", "-np".
[[nodiscard]] std::string flag_text(std::string_view setting, std::string_view value);

/// A whole number within these bounds.
CLI::Option* whole(CLI::Option* option, std::int64_t low,
                   std::int64_t high = std::numeric_limits<int>::max());

/// A whole number from 0 to 2^64 - 1.
CLI::Option* seed(CLI::Option* option);

/// A number within these bounds.
CLI::Option* real(CLI::Option* option, double low, double high);

/// One of these words.
CLI::Option* word(CLI::Option* option, const std::vector<std::string>& words);

/// A number of bytes: "512M", "4G", "1.5GB"; powers of 1024.
[[nodiscard]] std::size_t read_bytes(const std::string& name, std::string_view text);

}  // namespace otherwise::cli
