#include "cli/run_study.h"

#include <filesystem>
#include <fstream>

#include "cli/help.h"
#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_reader.h"
#include "otherwise/world/spec.h"

namespace otherwise::cli {
namespace {

/// Sets arguments that the command line did not give.
class Defaults {
public:
    explicit Defaults(const CLI::App& command) : command_(command) {}

    [[nodiscard]] bool given(const char* name) const {
        return command_.get_option(name)->count() > 0;
    }
    template <typename T>
    void set(const char* name, T& to, const T& value) const {
        if (!given(name)) {
            to = value;
        }
    }

private:
    const CLI::App& command_;
};

void take_model(const Study& study, const Defaults& defaults, ModelArguments& a) {
    defaults.set("--model", a.path, study.model);
    defaults.set("--flash-attn", a.flash_attention, study.flash_attention);
    defaults.set("--cache-type-k", a.cache_keys, study.cache_keys);
    defaults.set("--cache-type-v", a.cache_values, study.cache_values);
    defaults.set("--gpu-layers", a.gpu_layers, study.gpu_layers);
    defaults.set("--no-repack", a.kernels.no_repack, study.no_repack);
    defaults.set("--ctx-size", a.context, study.context);
    defaults.set("--temp", a.mechanism.temperature, study.mechanism.temperature);
    defaults.set("--top-k", a.mechanism.top_k, study.mechanism.top_k);
    defaults.set("--top-p", a.mechanism.top_p, study.mechanism.top_p);
    defaults.set("--min-p", a.mechanism.min_p, study.mechanism.min_p);
    defaults.set("--chat", a.chat.use, study.chat);
    defaults.set("--system", a.chat.system, study.system);
    defaults.set("--chat-template", a.chat.form, study.chat_template);
    defaults.set("--chat-date", a.chat.date, study.chat_date);
    a.chat.clock = study.chat_clock;
    if (!defaults.given("--factual")) {
        for (const auto& intervention : study.factual) {
            a.factual_items.push_back(items_text({intervention}));
        }
    }
}

void take_strings(const Study& study, const Defaults& defaults, RunArguments& a) {
    if (!defaults.given("--prompt") && !defaults.given("--file")) {
        a.prompts = study.prompts;
        a.file = study.file;
        a.strings = study.strings;
        const int sources =
            (a.prompts.empty() ? 0 : 1) + (a.file.empty() ? 0 : 1) + (a.strings.empty() ? 0 : 1);
        if (sources > 1) {
            misuse({.where = "take_study",
                    .expected = "one of prompt, file and [[strings]] in a study",
                    .came = "several"});
        }
    }
    defaults.set("--limit", a.limit, study.limit);
    if (!defaults.given("--prompt") && !defaults.given("--file")) {
        defaults.set("--prompt-field", a.fields.prompt, study.fields.prompt);
        defaults.set("--text-field", a.fields.text, study.fields.text);
        defaults.set("--id-field", a.fields.id, study.fields.id);
    }
    defaults.set("--prompt-words", a.prompt_words, study.prompt_words);
    defaults.set("--prompt-tokens", a.prompt_tokens, study.prompt_tokens);
    defaults.set("--skip-impossible", a.skip_impossible, study.skip_impossible);
}

void take(const Study& study, const Defaults& defaults, RunArguments& a) {
    take_model(study, defaults, a.model);
    take_strings(study, defaults, a);
    defaults.set("--predict", a.tokens, study.tokens);
    defaults.set("--samples", a.samples, study.samples);
    defaults.set("--seed", a.seed, study.seed);
    defaults.set("--vocab", a.vocabulary, study.vocabulary);
    defaults.set("--fast", a.fast, study.fast);
    defaults.set("--independent", a.independent, study.independent);
    defaults.set("--stop-at-divergence", a.stop_at_divergence, study.stop_at_divergence);
    defaults.set("--target", a.targets.targets, study.targets);
    defaults.set("--off-target", a.targets.off_targets, study.off_targets);
    defaults.set("--no-law", a.no_law, !study.laws);
    if (!defaults.given("--null") && !defaults.given("--no-null")) {
        a.all_null = study.null_strings == FloorStrings::all;
        a.no_null = study.null_strings == FloorStrings::none;
    }
    if (!defaults.given("--nudge") && !defaults.given("--no-nudge")) {
        a.all_nudge = study.nudge_strings == FloorStrings::all;
        a.no_nudge = study.nudge_strings == FloorStrings::none;
    }
    a.study_worlds = study.worlds;
}

/// The first line of the file that holds the text; 0 where none does.
int line_of(const std::string& path, const std::string& text) {
    std::ifstream file(path);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (!text.empty() && line.find(text) != std::string::npos) {
            return number;
        }
    }
    return 0;
}

/// The stored study, with its strings as they are and its files where they are now.
Study stored_study(const RunArguments& arguments) {
    const RunReader reader(arguments.resume);
    const auto& head = reader.head();
    Study study =
        with_files(parse_study(head.study, arguments.resume), [&](const std::string& name) {
            return found_name(moved_name(name, arguments.moved), arguments.resume);
        });
    with_strings(study, head);
    if (!head.knows_nudges) {  // of a version that had none
        study.nudge_strings = FloorStrings::none;
    }
    return study;
}

}  // namespace

void with_strings(Study& study, const RunHead& head) {
    study.prompts.clear();
    study.file.clear();
    study.fields = {};
    study.limit = study.prompt_words = study.prompt_tokens = 0;
    study.strings = input_strings(head);
}

void take_study(RunArguments& arguments, const CLI::App& command) {
    const Defaults defaults(command);
    if (!arguments.out.empty() && std::filesystem::exists(arguments.out)) {
        misuse({.where = "take_study",
                .expected = "-o with a new file",
                .came = "'" + arguments.out + "', which is there already",
                .advice = "go on with it by --resume, or choose another name"});
    }
    if (!arguments.study.empty()) {
        std::error_code ignored;
        if (!std::filesystem::exists(arguments.study, ignored) &&
            !arguments.study.ends_with(".toml")) {
            refuse_lone_scale(command, arguments.study);
            misuse({.where = "take_study",
                    .expected = "an option of `otherwise run` or a study file",
                    .came = "'" + arguments.study + "'",
                    .advice = "a text with spaces needs quotes; see `otherwise run --help`"});
        }
        take(read_study(arguments.study), defaults, arguments);
    } else if (!arguments.resume.empty()) {
        take(stored_study(arguments), defaults, arguments);
    }
}

Study study_of(const RunArguments& a) {
    Study study{.model = a.model.path,
                .factual = {},
                .mechanism = a.model.mechanism,
                .chat = a.model.chat.use,
                .system = a.model.chat.system,
                .chat_template = a.model.chat.form,
                .chat_date = a.model.chat.date,
                .chat_clock = a.model.chat.clock,
                .flash_attention = a.model.flash_attention,
                .cache_keys = a.model.cache_keys,
                .cache_values = a.model.cache_values,
                .gpu_layers = a.model.gpu_layers,
                .no_repack = a.model.kernels.no_repack,
                .context = a.model.context,
                .vocabulary = a.vocabulary,
                .fast = a.fast,
                .prompts = a.prompts,
                .file = a.file,
                .strings = a.strings,
                .limit = a.limit,
                .fields = a.fields,
                .prompt_words = a.prompt_words,
                .prompt_tokens = a.prompt_tokens,
                .skip_impossible = a.skip_impossible,
                .seed = a.seed,
                .samples = a.samples,
                .tokens = a.tokens,
                .independent = a.independent,
                .stop_at_divergence = a.stop_at_divergence,
                .worlds = worlds_of(a),
                .targets = a.targets.targets,
                .off_targets = a.targets.off_targets,
                .laws = !a.no_law};
    for (const auto& item : factual_items(a.model)) {
        study.factual.push_back(parse_item(item));
    }
    if (a.all_null || a.no_null) {
        study.null_strings = a.all_null ? FloorStrings::all : FloorStrings::none;
    }
    if (a.all_nudge || a.no_nudge) {
        study.nudge_strings = a.all_nudge ? FloorStrings::all : FloorStrings::none;
    }
    return study;
}

void require_study_files(const RunArguments& arguments) {
    if (arguments.study.empty()) {
        return;
    }
    const Study study = study_of(arguments);
    const auto check = [&](const std::string& file, const std::string& advice) {
        std::error_code ignored;
        const int line = line_of(arguments.study, file);
        if (!file.empty() && line > 0 && !std::filesystem::exists(file, ignored)) {
            fail({.where = "require_study_files",
                  .expected = "the files of the study",
                  .came = "no such file, '" + file + "' in line " + std::to_string(line) + " of '" +
                          arguments.study + "'",
                  .advice = advice});
        }
    };
    check(study.model, "point to it by -m FILE, or edit the line");
    check(study.file, "point to it by -f FILE, or edit the line");
    (void)with_files(study, [&](const std::string& file) {
        check(file, "edit the line; names count from the working directory");
        return file;
    });
}

void save_study(const RunArguments& arguments) {
    if (arguments.save_study.empty()) {
        return;
    }
    if (arguments.file == "-") {
        misuse({.where = "save_study",
                .expected = "--save-study with a file of strings",
                .came = "standard input, which is gone the next time"});
    }
    AtomicFile file(arguments.save_study);
    std::ofstream out(file.path(), std::ios::binary);
    out << to_toml(study_of(arguments));
    out.close();
    if (!out) {
        fail({.where = "save_study",
              .expected = "to write '" + arguments.save_study + "'",
              .came = "a full disk"});
    }
    file.commit();
}

}  // namespace otherwise::cli
