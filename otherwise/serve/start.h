// What a page begins with, as JSON: the model, the study of the command line, the kinds of
// interventions, the files, the bounds.
#pragma once

#include <string>

#include "otherwise/serve/folders.h"
#include "otherwise/study/study.h"

namespace otherwise::serve {

/// {"version", "model", "prompts" or "strings": [{"id", "prompt", "text"}], "worlds": [{"name",
/// "items": [{"kind", "place", "argument", "literal", "scale", "options": {}}]}], "seed", "tokens",
/// "temperature", "top_k", "top_p", "min_p", "kinds": [{"word", "usage", "summary", "argument",
/// "placed", "scaled", "dose", "options"}], "limits": {…}}
[[nodiscard]] std::string start_json(const Study& study, const std::string& model);

/// [{"name", "bytes"}]
[[nodiscard]] std::string files_json(const Folders& folders);

/// The command that writes the same strings: `otherwise run …` for a shell. Of observed texts
/// "otherwise run study.toml", beside which the study is saved.
[[nodiscard]] std::string command_line(const Study& study, int sample);

}  // namespace otherwise::serve
