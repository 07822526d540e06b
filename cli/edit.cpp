// otherwise edit: facts written into a model as a LoRA adapter, and what they changed.
#include "cli/edit.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/command.h"
#include "cli/edit_report.h"
#include "cli/output.h"
#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/base/text.h"
#include "otherwise/console/edits.h"
#include "otherwise/console/style.h"
#include "otherwise/fit/edit/adapter_file.h"

namespace otherwise::cli {
namespace {

int stopped(const std::string& what) {
    say(fmt::format("otherwise: interrupted: {}", what));
    return static_cast<int>(Fault::failed);
}

/// An option that means nothing here is a misunderstanding.
void refuse_useless(const EditArguments& a, bool check) {
    const auto refuse = [&](bool given, const char* option) {
        if (given) {
            misuse({.where = "edit",
                    .expected = "no " + std::string(option) + " with " + a.method,
                    .came = option,
                    .advice = "`otherwise edit --help` says what each option is for"});
        }
    };
    if (!check) {
        refuse(!a.lora.empty(), "--lora");
        refuse(a.scale != 1.0, "--scale");
        return;
    }
    const auto& s = a.study;
    refuse(!a.output.empty(), "-o");
    refuse(!a.layers.empty(), "--layers");
    refuse(!s.preset.empty(), "--preset");
    refuse(!s.corpus.empty(), "--corpus");
    refuse(s.covariance_tokens > 0, "--covariance-tokens");
    refuse(a.no_cache, "--no-cache");
    refuse(a.work.memory > 0, "--memory");
    refuse(a.dry_run, "--dry-run");
    refuse(a.no_check, "--no-check");
    refuse(s.steps || s.prefixes || s.rate || s.kl_weight || s.decay || s.clamp || s.enough ||
               s.damping || s.covariance_weight,
           "settings of an edit");
}

void check_arguments(const EditArguments& a, const std::string& model) {
    const bool check = a.method == "check";
    if (check && a.lora.empty()) {
        misuse({.where = "edit", .expected = "--lora FILE, the adapter to check", .came = "none"});
    }
    if (!check && a.output.empty() && !a.dry_run) {
        misuse({.where = "edit", .expected = "-o FILE, the adapter to write", .came = "none"});
    }
    refuse_useless(a, check);
    std::error_code different;
    for (const auto& input : {model, a.file, a.study.corpus}) {
        if (!a.output.empty() && !input.empty() &&
            std::filesystem::equivalent(input, a.output, different)) {
            misuse({.where = "edit",
                    .expected = "-o with a file of its own",
                    .came = "'" + to_utf8(a.output) + "', which is read"});
        }
    }
}

std::string plan_text(const OpenedEdit& edit) {
    const auto& memory = edit.memory();
    const auto n = edit.facts().size();
    return fmt::format(
        "{} into {} of {}; memory at most {:.0f} MB beside the model's {:.0f} MB (covariance: "
        "contexts {:.0f}, sums {:.0f}; then weights' copies {:.0f}, gradient {:.0f}, facts "
        "{:.0f})",
        n == 1 ? "1 fact" : fmt::format("{} facts", n),
        edit.seeks_layers() ? "the best layers" : layers_text(edit.settings().layers),
        edit.n_layer(), megabytes(memory.most()), megabytes(edit.size_bytes()),
        megabytes(memory.sampling), megabytes(memory.covariance), megabytes(memory.copies),
        megabytes(std::max(memory.activations, memory.turning)),
        megabytes(memory.facts + std::max(memory.writing, memory.adapter)));
}

/// An edit, or the check of one, from its arguments to what is printed.
class EditCommand {
public:
    explicit EditCommand(const EditArguments& arguments)
        : a_(arguments), report_(arguments.quiet) {}

    int run() {
        Work work = a_.work;
        work.cache_folder = cache_folder();
        const auto path = model_path({.model = a_.study.model}, work);
        check_arguments(a_, path);
        auto facts = facts_of(a_);
        Output("-").require();
        const KernelArguments kernels{.no_repack = a_.study.no_repack,
                                      .cpu_variant = work.cpu_variant};
        (void)start_kernels(kernels);
        if (a_.method == "check") {
            return check(path, std::move(facts), work);
        }
        EditStudy study = a_.study;
        study.model = path;
        study.facts = std::move(facts);
        study.method = edit_method_of(a_.method);
        study.layers = parse_edit_layers(a_.layers);
        work.cache_folder = a_.no_cache ? "" : work.cache_folder;
        return edit(study, work, kernels);
    }

private:
    [[nodiscard]] EditCallbacks callbacks() {
        return {.on_phase = [this](EditPhase phase) { report_.phase(phase); },
                .on_progress = [this](long done, long total) { report_.progress(done, total); },
                .on_note = [this](const std::string& line) { report_.note(line); },
                .on_layers =
                    [this](const std::vector<int>& layers) { report_.note(layers_text(layers)); },
                .on_trials =
                    [this](const std::vector<LayerTrial>& trials, std::size_t best) {
                        report_.note("");
                        if (!a_.json) {
                            Output("-").show(
                                console::sweep_text(trials, best, output_style().colour) + "\n");
                        }
                    },
                .cancelled = interrupted};
    }

    int edit(const EditStudy& study, const Work& work, const KernelArguments& kernels) {
        if (!a_.quiet) {
            note_repacking(kernels, {study.model});
        }
        auto opened = open(study, work, callbacks().on_note);
        if (a_.dry_run) {
            Output("-").show(plan_text(opened) + "\n");
            opened.require_memory();
            opened.require_subjects();
            return 0;
        }
        report_.note(plan_text(opened));
        catch_interrupts();
        auto watched = callbacks();
        watched.on_step = [&](int step, const auto& facts, std::size_t first) {
            report_.step(step, opened.settings().target.steps, facts, first, opened.facts().size());
        };
        const auto edited = opened.run(watched, a_.output, !a_.no_check);
        if (!edited.effect) {
            return stopped("nothing is written");
        }
        report_.finish();
        if (edited.cancelled) {
            return stopped(edited.output.empty() ? "nothing is written"
                                                 : "the adapter is written, the scores are not");
        }
        print(edited);
        return say_misses(edited);
    }

    int check(const std::string& path, std::vector<Fact> facts, const Work& work) {
        catch_interrupts();
        const auto checked = check_adapter({.model = path,
                                            .adapter = a_.lora,
                                            .scale = a_.scale,
                                            .facts = std::move(facts),
                                            .seed = a_.study.seed,
                                            .no_repack = a_.study.no_repack},
                                           work, callbacks());
        report_.finish();
        if (checked.cancelled) {
            return stopped("nothing is printed");
        }
        print(checked);
        return 0;
    }

    [[nodiscard]] int say_misses(const Edited& edited) const {
        if (edited.misses.empty()) {
            return 0;
        }
        say(fmt::format("otherwise: {}; try other layers (--layers auto), or another prompt{}",
                        fmt::join(edited.misses, "; "),
                        a_.work.force ? "" : "; nothing is written (--force keeps the adapter)"));
        return static_cast<int>(Fault::failed);
    }

    void print(const Edited& edited) const {
        if (a_.json) {
            Output("-").write(to_json(edited) + "\n");
            return;
        }
        std::string text;
        if (!edited.after.empty()) {
            text = console::scores_text(edited, output_style().colour);
        }
        if (edited.effect) {
            text += "\n" + console::effect_text(*edited.effect);
        }
        if (a_.method != "check" && !edited.output.empty()) {
            text += fmt::format("{}{} (LoRA, {})\n", text.empty() ? "" : "\n", edited.output,
                                layers_text(edited.layers));
        }
        Output("-").show(text);
    }

    const EditArguments& a_;
    EditReport report_;
};

}  // namespace

void add_edit(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "edit",
        "write facts into a model as a LoRA adapter, by ROME or MEMIT\n"
        "Usage: otherwise edit rome|memit (--fact TEXT | --facts FILE) -o FILE [options]\n"
        "       otherwise edit check --lora FILE [--facts FILE] [options]");
    const auto a = std::make_shared<EditArguments>();
    add_edit_options(*command, *a);
    command->callback([a, &action] { action = [a] { return EditCommand(*a).run(); }; });
}

}  // namespace otherwise::cli
