// Whether two runs belong together: by the texts of their heads that say what determined them.
#pragma once

#include <string>
#include <vector>

#include "otherwise/study/run_head.h"

namespace otherwise {

/// The lines of `settings` or `machine`, those of a world with its name: "worlds.sad.items =
/// [...]".
[[nodiscard]] std::vector<std::string> setting_lines(const std::string& text);

/// Whether heads have their strings, or only what is said of all of them.
enum class Compared { all, facts };

/// Throws misuse with the first line that differs: another study, seed, model or strings; and where
/// `force` is not set, another machine. Throws Error where the worlds, strings or numbers of the
/// two differ though these lines do not. `what` names what `now` is, as "the command line".
void require_same(const RunHead& stored, const RunHead& now, const std::string& file,
                  const std::string& what, bool force, Compared compared = Compared::all);

}  // namespace otherwise
