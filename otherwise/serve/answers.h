// What each question of the API is answered with: work for the thread that evaluates.
#pragma once

#include <memory>
#include <string>

#include "otherwise/serve/ask.h"
#include "otherwise/serve/jobs.h"
#include "otherwise/serve/studies.h"

namespace otherwise::serve {

/// Strings and laws of a study as events: tokens, string, pair, law, note, and at last done or
/// error.
[[nodiscard]] Job::Work answer_run(Studies& studies, Ask ask);
/// Laws alone as events: law, note, and at last done or error.
[[nodiscard]] Job::Work answer_laws(Studies& studies, Ask ask);
/// A table of many strings as events: progress, and at last result or error.
[[nodiscard]] Job::Work answer_table(Studies& studies, Ask ask);

// One event, which is the whole reply: JSON of the library, or {"error"}.
[[nodiscard]] Job::Work answer_token(Studies& studies, Ask ask);
[[nodiscard]] Job::Work answer_law(Studies& studies, Ask ask);
[[nodiscard]] Job::Work answer_sweep(Studies& studies, Ask ask);
[[nodiscard]] Job::Work answer_threshold(Studies& studies, Ask ask);
[[nodiscard]] Job::Work answer_inspect(Studies& studies, std::string file);

/// A run of the study, kept in a file that is removed again: its page, or the file itself.
[[nodiscard]] Job::Work answer_report(Studies& studies, Ask ask);
[[nodiscard]] Job::Work answer_save(Studies& studies, Ask ask);

}  // namespace otherwise::serve
