// open_law of law.h: which worlds and strings a law reads.
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/law.h"
#include "otherwise/api/law_question.h"
#include "otherwise/base/corpus_text.h"
#include "otherwise/base/error.h"
#include "otherwise/base/open_input.h"
#include "otherwise/generate/corpus.h"
#include "otherwise/measure/law_jsonl.h"
#include "otherwise/model/backends.h"

namespace otherwise {
namespace {

constexpr int kDefaultChunk = 512;

void refuse(bool both, const std::string& expected, const std::string& came) {
    if (both) {
        misuse({.where = "check_law", .expected = expected, .came = came});
    }
}

std::string read_text(const std::string& path) {
    std::ifstream file = open_input(path, ("a text file (" + setting("corpus") + ")").c_str());
    return read_corpus_text(file, path, std::numeric_limits<std::size_t>::max()).text;
}

/// The factual model without its weights.
std::shared_ptr<const Model> vocabulary_of(Study study, const Work& work) {
    study.worlds.clear();
    return Model::load(plans_of(study, work).factual.model, {.vocabulary_only = true});
}

std::vector<InputString> corpus_strings(const std::string& path, const Study& study,
                                        const Model& model) {
    const int chunk = study.context > 0 ? study.context : kDefaultChunk;
    auto strings = cut_corpus(read_text(path), path, model, chunk, study.limit);
    // Without weights the file's own metadata knows the context.
    const auto length = model.metadata(model.architecture() + ".context_length").value_or("");
    int context = chunk;
    std::from_chars(length.data(), length.data() + length.size(), context);
    if (chunk > context) {
        misuse({.where = "corpus_strings",
                .expected = "chunks within the model's context of " + length + " tokens (" +
                            setting("context") + ")",
                .came = std::to_string(chunk)});
    }
    return strings;
}

Study without_floors(Study study) {
    study.null_strings = FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    return study;
}

Tokens target_tokens(const std::string& text, const Model& model) {
    Tokens tokens = model.continuation(text, false);
    if (tokens.empty()) {
        misuse({.where = "target_tokens",
                .expected = setting("target_text") + " with a text of at least one token",
                .came = "'" + text + "'"});
    }
    return tokens;
}

void ask_sweep(const std::string& text, LawQuestion& question) {
    const auto worlds = question.study.worlds;
    const auto sweep = parse_sweep(text);
    const ScaleSite site = find_scale(worlds, sweep.target);
    question.study.worlds.clear();
    for (const float dose : sweep.doses) {
        question.study.worlds.push_back(with_scale(worlds[site.world], site.item, dose));
        question.study.worlds.back().name = fmt::format("{:g}", dose);
    }
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        if (w != site.world) {
            question.left_out.push_back(worlds[w].name);
        }
    }
    question.doses = sweep.doses;
    question.study.null_strings = FloorStrings::none;
}

void ask_threshold(const std::string& text, LawQuestion& question) {
    question.request = parse_threshold(text, question.study.worlds);
    question.study = without_floors(std::move(question.study));
    question.study.worlds = {question.study.worlds[question.request.site.world]};
}

}  // namespace

void check_law(const Study& study, const LawSettings& settings) {
    const auto& [corpus, target, agreement, sweep, threshold, halvings, law_at, top] = settings;
    if (!corpus.empty()) {
        refuse(!study.prompts.empty() || !study.file.empty() || !study.strings.empty(),
               setting("corpus") + ", " + setting("prompt") + " or " + setting("file"), "several");
        refuse(study.prompt_words + study.prompt_tokens > 0,
               setting("corpus") + " with its own chunks (" + setting("context") + ")",
               setting("prompt_words") + " or " + setting("prompt_tokens"));
        refuse(study.chat, setting("corpus") + " or " + setting("chat"), "both");
    }
    const int asked =
        (law_at.empty() ? 0 : 1) + (sweep.empty() ? 0 : 1) + (threshold.empty() ? 0 : 1);
    refuse(asked > 1,
           "one of " + setting("law_at") + ", " + setting("sweep") + " and " + setting("threshold"),
           "several");
    refuse(asked > 0 && agreement, setting("agreement") + " by itself",
           setting("law_at") + ", " + setting("sweep") + " or " + setting("threshold") + ", too");
    refuse(
        (!law_at.empty() || !threshold.empty()) && target.has_value(),
        setting("target_text") + " without " + setting("law_at") + " and " + setting("threshold"),
        "both");
}

LawQuestion law_question(const Study& study, const LawSettings& settings, std::istream* input) {
    LawQuestion question{.study = study, .doses = {}, .left_out = {}, .request = {}, .site = {}};
    if (!settings.sweep.empty()) {
        ask_sweep(settings.sweep, question);
    } else if (!settings.threshold.empty()) {
        ask_threshold(settings.threshold, question);
    } else if (!settings.law_at.empty()) {
        question.site = parse_site(settings.law_at);
        question.study = without_floors(std::move(question.study));
        if (settings.corpus.empty()) {
            question.study = with_strings(std::move(question.study),
                                          choose_string(strings_of(study, input), question.site));
        }
    }
    return question;
}

OpenedLaw opened_for(OpenedStudy opened, const LawSettings& settings, LawQuestion question) {
    OpenedLaw law(std::move(opened), settings);
    law.doses = std::move(question.doses);
    law.left_out = std::move(question.left_out);
    law.request = std::move(question.request);
    law.site = std::move(question.site);
    return law;
}

OpenedLaw::OpenedLaw(OpenedStudy opened, LawSettings settings)
    : opened_(std::move(opened)), settings_(std::move(settings)) {}

std::string OpenedLaw::line(const StringLaw& law) const {
    const Session& session = this->session();
    return to_jsonl(
        law, {.id = session.subjects()[static_cast<std::size_t>(law.string)].id,
              .world = session.world_names()[static_cast<std::size_t>(law.world)],
              .piece = [&session](Token token) { return session.model().piece(token, true); }});
}

OpenedLaw open_law(const Study& study, const LawSettings& settings, const Work& work,
                   const Note& note, std::istream* input) {
    check_law(study, settings);
    start_backend({.cpu_variant = work.cpu_variant});
    LawQuestion question = law_question(study, settings, input);
    std::shared_ptr<const Model> model;
    if (!settings.corpus.empty() || settings.target_text) {
        model = vocabulary_of(study, work);
    }
    if (!settings.corpus.empty()) {
        auto strings = corpus_strings(settings.corpus, study, *model);
        if (!settings.law_at.empty()) {
            strings = choose_string(strings, question.site);
        }
        question.study = with_strings(std::move(question.study), std::move(strings));
        question.study.context = 0;  // it was the length of a chunk
    }
    Purpose purpose{.laws = true, .run_file = {}, .input = input};
    if (settings.target_text) {
        purpose.extra_tokens =
            static_cast<int>(target_tokens(*settings.target_text, *model).size());
    }
    auto opened = open(question.study, work, note, purpose);
    return opened_for(std::move(opened), settings, std::move(question));
}

}  // namespace otherwise
