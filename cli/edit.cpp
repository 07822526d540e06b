// otherwise edit: facts written into a model as a LoRA adapter, and what they changed.
#include "cli/edit.h"

#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <sstream>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/base/version.h"
#include "otherwise/generate/memory.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise::cli {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;
constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr const char* kFactsKey = "otherwise.edit.facts";

double megabytes(std::size_t bytes) { return static_cast<double>(bytes) / kMegabyte; }

const char* name_of(EditPhase phase) {
    switch (phase) {
        case EditPhase::prefixes:
            return "prefixes";
        case EditPhase::covariance:
            return "covariance";
        case EditPhase::states:
            return "states";
        case EditPhase::target:
            return "target values";
        case EditPhase::write:
            return "update";
    }
    return "";
}

/// Says on stderr what is being done, and at the end how long each part took.
class Report {
public:
    explicit Report(bool quiet) : quiet_(quiet) {}

    void note(const std::string& line) {
        progress_.reset();
        if (!quiet_) {
            fmt::print(stderr, "{}\n", line);
        }
    }
    void phase(const std::string& name, const std::string& unit = "tokens") {
        end_phase();
        name_ = name;
        start_ = std::chrono::steady_clock::now();
        Progress::Options options{.unit = unit};
        if (quiet_) {
            options.visible = false;
        }
        progress_ = std::make_unique<Progress>(0, stderr, options);
    }
    void progress(long done, long total) {
        if (progress_) {
            progress_->update(done, total);
        }
    }
    void step(int step, const std::vector<TargetState>& facts) {
        double loss = 0.0;
        double probability = 0.0;
        for (const auto& fact : facts) {
            loss += fact.loss / static_cast<double>(facts.size());
            probability += fact.parts.probability / static_cast<double>(facts.size());
        }
        constexpr int kEvery = 5;
        if (step % kEvery == 0 || facts.back().done) {
            note(fmt::format("  step {:>2}  loss {:.3f}  P(new) {:.3f}  ({} facts)", step, loss,
                             probability, facts.size()));
        }
    }
    void finish() {
        end_phase();
        note(times_ + fmt::format("in all {:.1f} s", total_));
    }

private:
    void end_phase() {
        progress_.reset();
        if (!name_.empty()) {
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
            total_ += seconds;
            times_ += fmt::format("{} {:.1f} s, ", name_, seconds);
        }
        name_.clear();
    }
    bool quiet_;
    std::string name_;
    std::string times_;
    double total_ = 0.0;
    std::chrono::steady_clock::time_point start_;
    std::unique_ptr<Progress> progress_;
};

int stopped(const std::string& what) {
    fmt::print(stderr, "otherwise: interrupted: {}\n", what);
    return static_cast<int>(Fault::failed);
}

void check_arguments(const EditArguments& a, const std::string& model) {
    const bool check = a.method == "check";
    if (check && a.lora.empty()) {
        misuse({.where = "edit", .expected = "--lora FILE, the adapter to check", .came = "none"});
    }
    if (!check && a.output.empty() && !a.dry_run) {
        misuse({.where = "edit", .expected = "-o FILE, the adapter to write", .came = "none"});
    }
    if (check && (!a.output.empty() || !a.layers.empty())) {
        misuse({.where = "edit",
                .expected = "no -o and no --layers with check",
                .came = "one of them"});
    }
    std::error_code different;
    for (const auto& input : {model, a.file, a.corpus}) {
        if (!a.output.empty() && !input.empty() &&
            std::filesystem::equivalent(input, a.output, different)) {
            misuse({.where = "edit",
                    .expected = "-o with a file of its own",
                    .came = "'" + to_utf8(a.output) + "', which is read"});
        }
    }
}

/// Facts from the command line or, for check, from the adapter itself.
std::vector<Fact> wanted_facts(const EditArguments& a) {
    auto facts = facts_of(a);
    if (facts.empty() && a.method == "check") {
        const auto text = GgufFile::open(a.lora).text(kFactsKey);
        if (text) {
            std::istringstream lines(*text);
            facts = read_facts(lines, a.lora);
        }
    }
    if (facts.empty()) {
        misuse(
            {.where = "edit", .expected = "a fact (--fact TEXT or --facts FILE)", .came = "none"});
    }
    return facts;
}

std::string layers_text(const std::vector<int>& layers) {
    std::string text;
    for (const int layer : layers) {
        text += (text.empty() ? "" : ",") + std::to_string(layer);
    }
    return text;
}

std::vector<std::pair<std::string, GgufValue>> metadata_of(const EditScene& scene,
                                                           const std::vector<Fact>& facts,
                                                           const EditSettings& s,
                                                           const EditArguments& a) {
    const auto settings = fmt::format(
        "layers {}; steps {}, rate {}, kl {}, decay {}, clamp {}, prefixes {}, damping {}, "
        "covariance weight {}, covariance of {}, seed {}",
        layers_text(s.layers), s.target.steps, s.target.rate, s.target.kl_weight, s.target.decay,
        s.target.clamp, s.prefixes, s.damping, s.covariance_weight,
        s.text.corpus.empty() ? "samples" : s.text.corpus.filename().string(), s.seed);
    return {{"general.name", facts.front().subject + (facts.size() > 1 ? " and others" : "")},
            {"otherwise.version", std::string(OTHERWISE_VERSION)},
            {"otherwise.edit.method", a.method},
            {"otherwise.edit.settings", settings},
            {"otherwise.edit.model.sha256", scene.model->hash()},
            {kFactsKey, facts_text(facts)}};
}

/// An edit from its arguments to its file.
class EditCommand {
public:
    explicit EditCommand(const EditArguments& arguments)
        : a_(arguments), report_(arguments.quiet) {}

    int run() {
        ModelArguments chosen;
        chosen.path = a_.model;
        const auto path = factual_plan(chosen).model;
        check_arguments(a_, path);
        facts_ = wanted_facts(a_);
        Output("-").require();
        if (a_.method == "check") {
            return check(path);
        }
        scene_ = open_for_edit(path);
        settings_ = settings_of(a_, scene_);
        check_edit(scene_, facts_, settings_);
        budget_ = a_.memory > 0 ? a_.memory : kBudget;
        memory_ = edit_memory(scene_, facts_, settings_, budget_);
        say_memory();
        if (a_.dry_run) {
            return 0;
        }
        const AtomicFile can_be_written(a_.output);
        catch_interrupts();
        return edit();
    }

private:
    [[nodiscard]] EditWatch watch() {
        return {.on_phase = [this](EditPhase phase) { report_.phase(name_of(phase)); },
                .on_progress = [this](long done, long total) { report_.progress(done, total); },
                .on_step = [this](int step, const auto& facts) { report_.step(step, facts); },
                .cancelled = interrupted};
    }

    void say_memory() {
        const auto need = memory_.most();
        const auto text = fmt::format(
            "{} into layers {} of {} layers; memory {:.0f} MB beside the model's {:.0f} MB "
            "(contexts {:.0f}, weights' copies {:.0f}, gradient {:.0f}, covariance {:.0f})",
            facts_.size() == 1 ? "1 fact" : fmt::format("{} facts", facts_.size()),
            layers_text(settings_.layers), scene_.architecture.n_layer, megabytes(need),
            megabytes(scene_.model->size_bytes()), megabytes(memory_.contexts),
            megabytes(memory_.copies), megabytes(memory_.activations),
            megabytes(memory_.covariance));
        if (a_.dry_run) {
            Output("-").write(text + "\n");
        } else {
            report_.note(text);
        }
        const auto free = free_memory();
        if (free > 0 && need > free) {
            fail({.where = "edit",
                  .expected = fmt::format("{:.0f} MB of free memory", megabytes(need)),
                  .came = fmt::format("{:.0f} MB", megabytes(free)),
                  .advice = "try fewer --prefixes, higher layers or a smaller --memory"});
        }
    }

    /// --layers auto; false when it was cancelled.
    bool choose_layers() {
        const auto trials = sweep_layers(scene_, facts_, settings_, budget_, watch());
        if (trials.empty()) {
            return false;
        }
        const auto best = best_trial(trials);
        settings_.layers = trials[best].layers;
        memory_ = edit_memory(scene_, facts_, settings_, budget_);
        report_.note("");
        if (!a_.json) {
            Output("-").write(sweep_text(trials, best, style_for(stdout).colour) + "\n");
        }
        return true;
    }

    int edit() {
        if (a_.layers == "auto" && !choose_layers()) {
            return stopped("nothing is written");
        }
        const auto edit = edit_facts(scene_, facts_, settings_, memory_, watch());
        if (edit.layers.empty()) {
            return stopped("nothing is written; finished covariances are kept");
        }
        save_edits(a_.output, scene_.architecture, edit.layers,
                   metadata_of(scene_, facts_, settings_, a_));
        scene_.weights.reset();
        if (!a_.no_check) {
            scores(scene_.model, Lora::load(scene_.model, a_.output), 1.0F);
        }
        report_.finish();
        if (interrupted()) {
            return stopped("the adapter is written, the scores are not");
        }
        print(a_.output);
        return 0;
    }

    int check(const std::string& path) {
        const auto model = Model::load(path);
        const auto lora = Lora::load(model, a_.lora);
        catch_interrupts();
        scores(model, lora, static_cast<float>(a_.scale));
        report_.finish();
        if (interrupted()) {
            return stopped("nothing is printed");
        }
        print(a_.lora);
        return 0;
    }

    void scores(const std::shared_ptr<const Model>& model, const std::shared_ptr<const Lora>& lora,
                float scale) {
        report_.phase("scores", "texts");
        CheckOptions options{
            .threads = thread_count(a_.threads),
            .on_progress = [this](long done, long total) { report_.progress(done, total); },
            .cancelled = interrupted};
        before_ = check_facts(model, facts_, options);
        options.loras = {{.lora = lora, .scale = scale}};
        after_ = check_facts(model, facts_, options);
    }

    void print(const std::string& file) {
        std::string text;
        if (a_.json) {
            text = scores_json(facts_, before_, after_, file, settings_.layers);
        } else if (!after_.empty()) {
            text = scores_text(facts_, before_, after_, style_for(stdout).colour);
        }
        if (!a_.json && a_.method != "check") {
            text += fmt::format("{}{} (LoRA, layers {})\n", text.empty() ? "" : "\n", file,
                                layers_text(settings_.layers));
        }
        Output("-").write(text);
    }

    const EditArguments& a_;
    Report report_;
    std::vector<Fact> facts_;
    EditScene scene_;
    EditSettings settings_;
    EditMemory memory_;
    std::size_t budget_ = 0;
    std::vector<FactScores> before_;
    std::vector<FactScores> after_;
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
