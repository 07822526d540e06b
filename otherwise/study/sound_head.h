// Whether what a run file holds makes sense, asked once, as it is read: run files come from
// strangers, and all that counts strings, samples and worlds counts by what their heads say.
//
// Each throws Error that names the file, what was expected there and what came.
#pragma once

#include <filesystem>
#include <string>

#include "otherwise/base/token.h"
#include "otherwise/study/run_head.h"

namespace otherwise {

/// Vocabularies are far smaller.
inline constexpr Token kLargestToken = 1 << 22;

/// Throws the Error.
[[noreturn]] void unsound(const std::filesystem::path& file, const std::string& expected,
                          const std::string& came);

/// Tokens from 0 up to kLargestToken. `what` is where they are: "the table draws".
void require_sound(const Tokens& tokens, const std::string& what,
                   const std::filesystem::path& file);

/// Samples and a shard from 1 on, states that there are; a world at least, of names in UTF-8 that
/// are each there once, their nudges among them, one null world at most; strings of ids that are
/// each there once; a number of pairs that fits.
void require_sound(const RunHead& head, const std::filesystem::path& file);

}  // namespace otherwise
