// otherwise edit: facts written into a model as a LoRA adapter, and what they changed.
#include "cli/edit.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <sstream>

#include "cli/command.h"
#include "cli/edit_report.h"
#include "cli/output.h"
#include "cli/show.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/number_list.h"
#include "otherwise/base/text.h"
#include "otherwise/base/version.h"
#include "otherwise/fit/edit/effect.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/fit/edit/presets.h"
#include "otherwise/generate/memory.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise::cli {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;
constexpr double kMegabyte = 1024.0 * 1024.0;
constexpr std::size_t kShortHash = 12;
constexpr const char* kFactsKey = "otherwise.edit.facts";

double megabytes(std::size_t bytes) { return static_cast<double>(bytes) / kMegabyte; }

int stopped(const std::string& what) {
    fmt::print(stderr, "otherwise: interrupted: {}\n", what);
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
    refuse(!a.output.empty(), "-o");
    refuse(!a.layers.empty(), "--layers");
    refuse(!a.preset.empty(), "--preset");
    refuse(!a.corpus.empty(), "--corpus");
    refuse(a.covariance_tokens > 0, "--covariance-tokens");
    refuse(a.no_cache, "--no-cache");
    refuse(a.memory > 0, "--memory");
    refuse(a.dry_run, "--dry-run");
    refuse(a.no_check, "--no-check");
    refuse(a.steps >= 0 || a.prefixes >= 0 || a.rate >= 0.0 || a.kl_weight >= 0.0 ||
               a.decay >= 0.0 || a.clamp >= 0.0 || a.enough >= 0.0 || a.damping >= 0.0 ||
               a.covariance_weight >= 0.0,
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

/// "layer 3", "layers 3-7" or "layers 3,5,7"
std::string layers_text(const std::vector<int>& layers) {
    return (layers.size() == 1 ? "layer " : "layers ") + number_list(layers);
}

std::vector<std::pair<std::string, GgufValue>> metadata_of(const EditScene& scene,
                                                           const std::vector<Fact>& facts,
                                                           const EditSettings& s,
                                                           const EditArguments& a) {
    const auto corpus = s.text.corpus.empty() ? "samples"
                                              : s.text.corpus.filename().string() + " (sha256 " +
                                                    sha256_file(s.text.corpus) + ")";
    const long tokens = s.text.tokens > 0 ? s.text.tokens : covariance_tokens(scene.architecture);
    const auto settings = fmt::format(
        "{}{}; steps {}, rate {}, kl {}, decay {}, clamp {}, enough {}, prefixes {}, damping {}, "
        "covariance weight {}, covariance of {} tokens of {}, seed {}",
        layers_text(s.layers), a.preset.empty() ? "" : "; preset " + a.preset, s.target.steps,
        s.target.rate, s.target.kl_weight, s.target.decay, s.target.clamp, s.target.enough,
        s.prefixes, s.damping, s.covariance_weight, tokens, corpus, s.seed);
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
        const auto path = model_path({.model = a_.model}, {.cache_folder = cache_folder()});
        check_arguments(a_, path);
        facts_ = wanted_facts(a_);
        Output("-").require();
        if (a_.method == "check") {
            return check(path);
        }
        scene_ = open_for_edit(path, start_kernels(a_.kernels));
        if (!a_.quiet) {
            note_repacking(a_.kernels, {path});
        }
        settings_ = settings_of(a_, scene_);
        settings_.force = a_.force;
        note_facts();
        check_edit(scene_, facts_, settings_);
        suit_layer();
        budget_ = a_.memory > 0 ? a_.memory : kBudget;
        memory_ = is_auto() ? sweep_memory(scene_, facts_, settings_, budget_)
                            : edit_memory(scene_, facts_, settings_, budget_);
        say_memory();
        require_memory();
        if (a_.dry_run) {
            refuse_shared_starts();
            return 0;
        }
        catch_interrupts();
        { const AtomicFile can_be_written(a_.output); }
        require_cache();
        return edit();
    }

private:
    [[nodiscard]] EditWatch watch() {
        return {.on_phase = [this](EditPhase phase) { report_.phase(phase); },
                .on_progress = [this](long done, long total) { report_.progress(done, total); },
                .on_step =
                    [this](int step, const auto& facts, std::size_t first) {
                        report_.step(step, settings_.target.steps, facts, first, facts_.size());
                    },
                .cancelled = interrupted};
    }

    /// What is odd about facts and settings, but no error.
    void note_facts() {
        if (!a_.preset.empty()) {
            if (const auto note = preset_note(a_.preset, scene_.architecture); !note.empty()) {
                report_.note("note: " + note);
            }
        }
        const auto repeated = take_repeated(facts_);
        if (!repeated.empty()) {
            report_.note(fmt::format(
                "note: {} left out, which a fact before says too ('{}' says what '{}' says)",
                repeated.size() == 1 ? "1 fact is" : fmt::format("{} facts are", repeated.size()),
                to_utf8(repeated.front().id), to_utf8(repeated.front().first)));
        }
        const auto question = std::ranges::find_if(facts_, is_question);
        if (question != facts_.end()) {
            report_.note(
                "note: '" + to_utf8(question->text()) +
                "' ends in a question mark; a prompt should be a text that the answer continues, "
                "as 'The capital of {} is' or 'Q: ...? A:'");
        }
    }

    /// What the edit itself would refuse first.
    void refuse_shared_starts() const {
        if (!a_.force && !is_auto()) {
            require_own_states(scene_, facts_, settings_);
        }
    }

    /// ROME's own choice of a layer is one in which the subject has a state of its own.
    void suit_layer() {
        if (a_.method != "rome" || !a_.layers.empty() || !a_.preset.empty()) {
            return;
        }
        const int usual = settings_.layers.front();
        const int suited = suited_layer(scene_, facts_.front(), usual, settings_.threads);
        if (suited >= 0 && suited != usual) {
            settings_.layers = {suited};
            report_.note(fmt::format(
                "note: '{}' is the first token of its text, whose state in layer {} is that of "
                "every text's start; layer {} is edited, and less well than with words before it",
                to_utf8(facts_.front().subject), usual, suited));
        }
    }

    void say_memory() {
        const auto text = fmt::format(
            "{} into {} of {}; memory at most {:.0f} MB beside the model's {:.0f} MB (covariance: "
            "contexts {:.0f}, sums {:.0f}; then weights' copies {:.0f}, gradient {:.0f}, facts "
            "{:.0f})",
            facts_.size() == 1 ? "1 fact" : fmt::format("{} facts", facts_.size()),
            is_auto() ? "the best layers" : layers_text(settings_.layers),
            scene_.architecture.n_layer, megabytes(memory_.most()),
            megabytes(scene_.model->size_bytes()), megabytes(memory_.sampling),
            megabytes(memory_.covariance), megabytes(memory_.copies),
            megabytes(std::max(memory_.activations, memory_.turning)),
            megabytes(memory_.facts + std::max(memory_.writing, memory_.adapter)));
        if (a_.dry_run) {
            Output("-").write(text + "\n");
        } else {
            report_.note(text);
        }
    }

    [[nodiscard]] bool is_auto() const { return a_.layers == "auto"; }

    void require_memory() const {
        if (a_.memory > 0 && memory_.gradient() > a_.memory) {
            fail({.where = "edit",
                  .expected = fmt::format("--memory of at least {:.0f}M for the gradient",
                                          std::ceil(megabytes(memory_.gradient()))),
                  .came = fmt::format("{:.3g} MB", megabytes(a_.memory)),
                  .advice = "raise it, or try fewer --prefixes or higher --layers"});
        }
        const auto need = memory_.most();
        const auto free = free_memory();
        if (free > 0 && need > free) {
            fail({.where = "edit",
                  .expected = fmt::format("{:.0f} MB of free memory", megabytes(need)),
                  .came = fmt::format("{:.0f} MB", megabytes(free)),
                  .advice = "try fewer --prefixes, higher layers or a smaller --memory"});
        }
    }

    /// A cache that cannot be written costs the next edit its time, not this one.
    void require_cache() {
        if (settings_.cache.empty()) {
            return;
        }
        std::error_code ignored;
        std::filesystem::create_directories(settings_.cache, ignored);
        try {
            const AtomicFile can_be_written(settings_.cache / "probe");
        } catch (const Error& error) {
            report_.note("the covariance cannot be kept: " + std::string(error.what()));
            settings_.cache.clear();
        }
    }

    /// --layers auto: the edit of the best candidate; none when it was cancelled.
    void choose_layers() {
        trials_ = sweep_layers(
            scene_, facts_, settings_, budget_, watch(),
            [this](const std::vector<int>& layers) { report_.note(layers_text(layers)); });
        if (trials_.empty()) {
            return;
        }
        const auto best = best_trial(trials_);
        settings_.layers = trials_[best].layers;
        edit_ = std::move(trials_[best].edit);
        report_.note("");
        if (!a_.json) {
            Output("-").write(sweep_text(trials_, best, style_for(stdout).colour) + "\n");
        }
    }

    int edit() {
        if (is_auto()) {
            choose_layers();
        } else {
            edit_ = edit_facts(scene_, facts_, settings_, memory_, watch());
        }
        if (edit_.layers.empty()) {
            return stopped("nothing is written");
        }
        AtomicFile file(a_.output);
        save_edits(file.path(), scene_.architecture, edit_.layers,
                   metadata_of(scene_, facts_, settings_, a_));
        const auto lora = Lora::load(scene_.model, file.path());
        report_.phase("effect", "texts");
        effect_ = edit_effect(scene_, facts_, edit_, settings_.seed, check_options(lora, 1.0F));
        scene_.weights.reset();
        if (!effect_) {
            return stopped("nothing is written");
        }
        misses_ = edit_misses(*effect_);
        if (kept()) {
            file.commit();
        }
        if (!a_.no_check) {
            scores(scene_.model, lora, 1.0F);
        }
        report_.finish();
        if (interrupted()) {
            return stopped(kept() ? "the adapter is written, the scores are not"
                                  : "nothing is written");
        }
        print(a_.output);
        return say_misses();
    }

    /// An edit that does not do what it should is no file, unless it is wanted all the same.
    [[nodiscard]] bool kept() const { return misses_.empty() || a_.force; }

    [[nodiscard]] int say_misses() const {
        if (misses_.empty()) {
            return 0;
        }
        fmt::print(stderr, "otherwise: {}; try other layers (--layers auto), or another prompt{}\n",
                   fmt::join(misses_, "; "),
                   a_.force ? "" : "; nothing is written (--force keeps the adapter)");
        return static_cast<int>(Fault::failed);
    }

    [[nodiscard]] CheckOptions check_options(const std::shared_ptr<const Lora>& lora, float scale) {
        return {.loras = {{.lora = lora, .scale = scale}},
                .threads = thread_count(a_.threads),
                .on_progress = [this](long done, long total) { report_.progress(done, total); },
                .cancelled = interrupted};
    }

    int check(const std::string& path) {
        const auto model = Model::load(path, start_kernels(a_.kernels));
        const auto lora = Lora::load(model, a_.lora);
        for (const auto& note : left_out_notes(lora->left_out(), a_.lora, false)) {
            report_.note("note: " + note);
        }
        const auto made_for = GgufFile::open(a_.lora).text("otherwise.edit.model.sha256");
        if (made_for && *made_for != model->hash()) {
            report_.note(
                "note: this adapter was made for another model, or another quantization of "
                "it (sha256 " +
                to_utf8(made_for->substr(0, kShortHash)) + "…)");
        }
        catch_interrupts();
        report_.phase("effect", "texts");
        const auto scale = static_cast<float>(a_.scale);
        if (const auto kl = effect_on_texts(model, a_.seed, check_options(lora, scale))) {
            effect_.emplace().kl = *kl;
        }
        scores(model, lora, scale);
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
        auto options = check_options(nullptr, scale);
        options.loras.clear();
        before_ = check_facts(model, facts_, options);
        after_ = check_facts(model, facts_, check_options(lora, scale));
    }

    void print(const std::string& file) {
        std::string text;
        if (a_.json) {
            text = scores_json(facts_, before_, after_,
                               {.output = kept() || a_.method == "check" ? file : "",
                                .layers = settings_.layers,
                                .sweep = trials_,
                                .effect = effect_,
                                .misses = misses_});
        } else if (!after_.empty()) {
            text = scores_text(facts_, before_, after_, style_for(stdout).colour);
        }
        if (!a_.json && effect_) {
            text += "\n" + effect_text(*effect_);
        }
        if (!a_.json && a_.method != "check" && kept()) {
            text += fmt::format("{}{} (LoRA, {})\n", text.empty() ? "" : "\n", file,
                                layers_text(settings_.layers));
        }
        Output("-").write(text);
    }

    const EditArguments& a_;
    EditReport report_;
    std::vector<Fact> facts_;
    EditScene scene_;
    EditSettings settings_;
    EditMemory memory_;
    std::vector<LayerTrial> trials_;
    KnowledgeEdit edit_;
    std::optional<EditEffect> effect_;
    std::vector<std::string> misses_;
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
