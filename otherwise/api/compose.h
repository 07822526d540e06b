// What a study asks for, worked out before any model is loaded: worlds, strings, settings.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "otherwise/api/work.h"
#include "otherwise/generate/session.h"
#include "otherwise/generate/strings.h"
#include "otherwise/study/study.h"
#include "otherwise/world/plan.h"

namespace otherwise {

struct StudyPlans {
    WorldPlan factual;
    std::vector<WorldPlan> worlds;

    /// Of all worlds, the factual one last.
    [[nodiscard]] std::vector<WorldPlan> all() const;
    /// Their model files, in that order.
    [[nodiscard]] std::vector<std::string> models() const;
};

/// The study's model; where it names none, the default one in the cache folder. Throws misuse where
/// that is not there.
[[nodiscard]] std::string model_path(const Study& study, const Work& work);

/// How its prompts become a model's input. Reads the chat template, where it is a file. A study
/// without a day of its own shows today. Throws misuse: a template, a date or a system message
/// without chat, no such template, no date.
[[nodiscard]] PromptForm prompt_form(const Study& study);

/// The worlds as they are to be opened. Throws misuse: see prompt_form and with_interventions; a do
/// in the factual world.
[[nodiscard]] StudyPlans plans_of(const Study& study, const Work& work);

/// The study with today as its day, where a template shows the day and the study has none: then it
/// gives the same results tomorrow. Reads the headers of its models. Idempotent.
[[nodiscard]] Study with_clock(Study study, const StudyPlans& plans);

/// Its strings: given ones, prompts, or those of its file, at most `limit`. `input` is what the
/// file "-" stands for. Throws Error: a file that is not there or holds something else (see
/// read_strings), a prompt that is not UTF-8.
[[nodiscard]] std::vector<InputString> strings_of(const Study& study,
                                                  std::istream* input = nullptr);

/// The study with these strings in place of where they came from, its limit applied already.
[[nodiscard]] Study with_strings(Study study, std::vector<InputString> strings);

/// The files that a world reads: its model, adapters, vectors.
[[nodiscard]] std::vector<std::string> files_of(const WorldPlan& plan);

/// Where the results of probes are kept; "" = nowhere.
[[nodiscard]] std::filesystem::path probes_folder(const Work& work);

/// The options of its session. Starts no backend.
[[nodiscard]] SessionOptions session_options(const Study& study, const Work& work);

}  // namespace otherwise
