// A study made of values that came by no file: the settings of a call.
#pragma once

#include <string_view>

#include "otherwise/study/study.h"

namespace otherwise {

/// The study with these settings: TOML of the keys of study files, with underscores, `tokens` for
/// `predict`. Throws misuse that names the setting: one that is unknown (with the nearest), a value
/// of another type or out of its range.
[[nodiscard]] Study with_values(Study study, std::string_view text);

/// Throws misuse for settings that exclude each other.
void require_compatible(const Study& study);

/// Throws misuse for a study that contradicts itself: several sources of strings or none, worlds of
/// one name, nothing to compare with (where that is needed); require_compatible's.
void require_consistent(const Study& study, bool needs_worlds = true);

}  // namespace otherwise
