// otherwise fit: from sets of texts to an intervention file.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "otherwise/api/fit.h"
#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/console/fits.h"
#include "otherwise/fit/states/site.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise::cli {
namespace {

constexpr int kMostThreads = 512;
constexpr double kMostHeldOut = 0.5;

struct FitArguments {
    std::string method;
    std::vector<std::string> files;
    std::string output;
    std::string layers;
    std::string by = "mean";
    std::string length = "natural";
    std::string pool = "last";
    Study prompts;  ///< of which fits take the model and how prompts are read
    FitRequest request;
    Work work;
    int limit = 0;
    std::string field;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
};

constexpr const char* kMethods = R"(METHOD makes of the states of two sets of texts:
  direction  a vector that points from SECOND to FIRST; apply it with steer:
             (towards FIRST; below 0 away from it) or ablate:
  mimic      an affine map that gives states of SECOND the mean and covariance
             of those of FIRST; apply it with affine:
  leace      a map after which no linear probe tells the sets apart (two or
             more); apply it with affine:
  iti        shifts towards FIRST of the attention heads that tell the sets
             apart best; apply it with heads:
Files hold a text a line, or JSON, CSV or TSV with "text".

)";

constexpr const char* kExamples = R"(Examples:
  otherwise fit direction happy.txt sad.txt -o happy.gguf
  otherwise fit mimic women.txt men.txt --pool every --layers auto -o women.gguf
  otherwise fit leace women.txt men.txt --layers 20 -o neutral.gguf
  otherwise fit iti true.txt false.txt --heads 16 -o honest.gguf
  otherwise fit direction refused.txt answered.txt --chat --layers auto -o refuse.gguf
  otherwise run -f prompts.txt --world happy=steer:happy.gguf:1.5@layers=10-20)";

FitMethod method_of(const std::string& name) {
    if (std::ranges::count(fit_method_names(), name) == 0) {
        misuse({.where = "method_of",
                .expected = "a method (direction, mimic, leace, iti)",
                .came = "'" + name + "'",
                .advice = "`otherwise fit --help` says what each makes"});
    }
    return fit_method_of(name);
}

/// An option that this method has no use for is a misunderstanding.
void refuse_useless(const FitArguments& a, FitMethod method) {
    const auto only = [&](bool given, FitMethod of, const char* option) {
        if (given && method != of) {
            misuse({.where = "refuse_useless",
                    .expected = std::string(option) + " with " + std::string(method_name(of)),
                    .came = option + (" with " + a.method)});
        }
    };
    only(a.by != "mean", FitMethod::direction, "--by");
    only(a.length != "natural", FitMethod::direction, "--length");
    only(a.request.mean_only, FitMethod::mimic, "--mean-only");
    only(a.request.heads > 0, FitMethod::iti, "--heads");
}

FitStudy study_of(const FitArguments& a) {
    FitStudy study{.model = a.prompts.model,
                   .sets = {},
                   .request = a.request,
                   .chat = a.prompts.chat,
                   .system = a.prompts.system,
                   .chat_template = a.prompts.chat_template,
                   .chat_date = a.prompts.chat_date,
                   .gpu_layers = a.prompts.gpu_layers,
                   .no_repack = a.prompts.no_repack};
    study.request.method = method_of(a.method);
    refuse_useless(a, study.request.method);
    study.request.layers = parse_fit_layers(a.layers);
    check_request(study.request);
    study.request.by = by_of(a.by);
    study.request.unit = a.length == "unit";
    study.request.pooling = pooling_of(a.pool);
    (void)prompt_form(a.prompts);  // before any file is read
    return study;
}

void require_output(const FitArguments& a) {
    if (a.output.empty() && !a.dry_run) {
        misuse({.where = "require_output",
                .expected = "-o FILE, the intervention file to write",
                .came = "none"});
    }
    std::error_code ignored;
    for (const auto& file : a.files) {
        if (!a.output.empty() && std::filesystem::equivalent(file, a.output, ignored)) {
            misuse({.where = "require_output",
                    .expected = "-o with a file of its own",
                    .came = "'" + a.output + "', which is read"});
        }
    }
    const auto folder = std::filesystem::path(a.output).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
        fail({.where = "require_output",
              .expected = "a folder for " + a.output,
              .came = "none at '" + folder.string() + "'"});
    }
}

std::string plan_text(const FitPlan& plan) {
    return fmt::format(
        "{} texts ({} held out), {} tokens at {} of {} layer{}; at most {} beside the model",
        plan.n_texts, plan.n_held_out, plan.n_tokens, plan.node, plan.layers.size(),
        plan.layers.size() == 1 ? "" : "s", needed_megabytes(plan.bytes));
}

FitResult run_with_progress(const OpenedFit& opened, bool quiet) {
    Progress::Options options;
    options.unit = "tokens";
    if (quiet) {
        options.visible = false;
    }
    Progress progress(opened.plan().n_tokens, stderr, options);
    auto result =
        opened.run({.on_progress = [&](long done, long total) { progress.update(done, total); },
                    .cancelled = interrupted});
    progress.clear();
    return result;
}

int run_fit(const FitArguments& a) {
    auto study = study_of(a);
    require_output(a);
    const Output out("-");
    out.require();
    for (const auto& file : a.files) {
        study.sets.push_back(read_texts(file, {.limit = a.limit, .field = a.field}));
    }
    Work work = a.work;
    work.cache_folder = cache_folder();
    study.model = model_path(a.prompts, work);
    const KernelArguments kernels{.no_repack = study.no_repack, .cpu_variant = work.cpu_variant};
    (void)start_kernels(kernels);
    const auto opened = open(study, work, [&](const std::string& line) {
        if (!a.quiet) {
            say(line);
        }
    });
    if (!a.quiet) {
        note_repacking(kernels, {study.model});
    }
    if (!a.quiet || a.dry_run) {
        const std::string plan = plan_text(opened.plan());
        a.dry_run ? Output("-").show(plan + "\n") : say(plan);
    }
    if (a.dry_run) {
        return 0;
    }
    { const AtomicFile can_be_written(a.output); }
    catch_interrupts();
    const auto result = run_with_progress(opened, a.quiet);
    if (result.cancelled) {
        say("otherwise: interrupted: nothing is written");
        return static_cast<int>(Fault::failed);
    }
    save_learned(result.file, a.output);
    if (a.json) {
        Output("-").write(to_json(result, a.output) + "\n");
    } else {
        Output("-").show(console::fit_text(result, a.output, output_style()));
    }
    return 0;
}

void add_fitting(CLI::App& app, FitArguments& a) {
    const auto add = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Fit");
    };
    add("-o,--output", a.output, "the file to write, a GGUF")->type_name("FILE");
    word(add("--site", a.request.site, "where states are read, and changed later")
             ->capture_default_str(),
         site_names())
        ->type_name("SITE");
    add("--layers", a.layers, "auto (the best one), all, N or A-B [all; auto for mimic and leace]");
    word(add("--pool", a.pool, "states of a text: its last token's, their mean, every one")
             ->capture_default_str(),
         pooling_names());
    word(add("--by", a.by, "direction: difference of means, or principal component of pairs")
             ->capture_default_str(),
         by_names());
    word(add("--length", a.length, "direction: as long as the means are apart, or 1")
             ->capture_default_str(),
         {"natural", "unit"});
    app.add_flag("--mean-only", a.request.mean_only, "mimic: move the mean, leave the covariance")
        ->group("Fit");
    whole(add("--heads", a.request.heads, "iti: heads to shift [one in twenty]"), 1);
    real(add("--held-out", a.request.held_out, "share of the texts that judge the fit; 0 is none")
             ->capture_default_str(),
         0.0, kMostHeldOut);
    whole(add("--limit", a.limit, "the first N texts of each file only [all]"), 1);
    add("--text-field,--column", a.field,
        "where the text is: a dotted path, as messages.0.content, or a column [text, prompt]")
        ->type_name("PATH");
}

void add_rest(CLI::App& app, FitArguments& a) {
    const auto model = [&](const char* names, auto& to, const char* text) {
        return app.add_option(names, to, text)->group("Model");
    };
    model("-m,--model", a.prompts.model, "the model, a GGUF file [the default model]")
        ->type_name("FILE");
    whole(model("-t,--threads", a.work.threads, "threads [all processors]"), -1, kMostThreads);
    whole(model("--gpu-layers,--n-gpu-layers", a.prompts.gpu_layers,
                "layers on a GPU, where one is built in [all]"),
          -1);
    add_kernel_options(app, a.prompts.no_repack, a.work.cpu_variant);
    add_chat_options(app, a.prompts,
                     "each text is a user's message, through the model's own chat template");
    app.add_option_function<std::string>(
           "--memory",
           [&a](const std::string& text) { a.work.memory = read_bytes("--memory", text); },
           "refuse to take more than this, e.g. 4G [no bound]")
        ->type_name("SIZE")
        ->group("Work");
    app.add_flag("--dry-run", a.dry_run, "say what would be read and the memory; fit nothing")
        ->group("Work");
    app.add_flag("--json", a.json, "print the scores as JSON and nothing else")->group("Output");
    app.add_flag("-q,--quiet", a.quiet, "no notes, no progress")->group("Output");
}

}  // namespace

void add_fit(CLI::App& app, Action& action) {
    auto* command =
        app.add_subcommand("fit",
                           "learn an intervention from sets of texts\n"
                           "Usage: otherwise fit METHOD FIRST SECOND [MORE...] -o FILE [options]");
    const auto a = std::make_shared<FitArguments>();
    command->add_option("METHOD", a->method, "direction, mimic, leace or iti, see below")
        ->required()
        ->group("Files");
    command->add_option("FILES", a->files, "a file for each set of texts")
        ->required()
        ->expected(2, 1000)
        ->group("Files");
    add_fitting(*command, *a);
    add_rest(*command, *a);
    command->footer(std::string(kMethods) + kExamples);
    command->callback([a, &action] { action = [a] { return run_fit(*a); }; });
}

}  // namespace otherwise::cli
