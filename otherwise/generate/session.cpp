#include "otherwise/generate/session.h"

#include <algorithm>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/text.h"
#include "otherwise/world/prompt.h"

namespace otherwise {
namespace {

constexpr int kProbeRows = 128;

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

std::vector<bool> end_tokens(const Model& model) {
    std::vector<bool> ends(static_cast<std::size_t>(model.n_vocab()));
    for (std::size_t k = 0; k < ends.size(); ++k) {
        ends[k] = model.ends(static_cast<Token>(k));
    }
    return ends;
}

}  // namespace

Session::Session(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
                 const std::vector<InputString>& strings, SessionOptions options,
                 std::function<void(const std::string&)> note)
    : factual_plan_(factual),
      plans_(worlds),
      options_(std::move(options)),
      may_repack_(options_.open.model.repack),
      note_(std::move(note)) {
    if (options_.known && options_.known->repack && !may_repack_) {
        options_.known.reset();
    }
    if (options_.known) {
        options_.open.model.repack = options_.known->repack;
        least_rows_ = options_.known->least_rows;
    }
    open(factual, worlds);
    const Token end = factual_.plan.prompt.chat
                          ? turn_end(*factual_.model, chat_options(factual_.plan.prompt))
                          : factual_.model->eos();
    subjects_ = prepare(strings, *factual_.model, options_.split, end);
    check_masked();
    plan();
    check_forces();
    probe();
    choose_shapes();
}

void Session::open(const WorldPlan& factual, const std::vector<WorldPlan>& worlds) {
    shelf_ = std::make_unique<ModelShelf>(options_.open.model);
    factual_ = {};
    worlds_.clear();
    floors_.clear();  // they hold models, too
    names_.clear();
    const auto model = shelf_->get(factual);
    factual_ = open_world(factual, *shelf_, *model, options_.open);
    for (const auto& plan : worlds) {
        worlds_.push_back(open_world(plan, *shelf_, *model, options_.open));
        names_.push_back(plan.name);
    }
    if (options_.null_strings != FloorStrings::none) {
        floors_.push_back({.role = WorldRole::null, .world = factual_});
        names_.emplace_back("null");
    }
    open_nudges();
    find_masked();
}

const OpenedWorld& Session::world_at(std::size_t index) const {
    return index < worlds_.size() ? worlds_[index] : floors_[index - worlds_.size()].world;
}

/// Tokens of the longest prompt and the extra text after it.
int Session::length_with_extra(int context) const {
    if (options_.extra_tokens == 0) {
        return 0;
    }
    std::size_t longest = 0;
    for (const auto& prompt : prompts_) {
        longest = std::max(longest, prompt->size());
    }
    for (const auto& prompts : world_prompts_) {
        for (const auto& prompt : prompts) {
            longest = std::max(longest, prompt->size());
        }
    }
    const int length = static_cast<int>(longest) + options_.extra_tokens;
    if (length > context) {
        fail({.where = "Session",
              .expected = "prompts and the text after them within the context of " +
                          std::to_string(context) + " tokens",
              .came = std::to_string(length),
              .advice = "a shorter text, or a larger " + setting("context")});
    }
    return length;
}

void Session::plan() {
    prompts_ = prompts_in(subjects_, *factual_.model, factual_.plan.prompt);
    int length = longest(subjects_, prompts_, options_.tokens);
    const int context =
        std::min(options_.context > 0 ? options_.context : factual_.model->n_ctx_train(),
                 factual_.model->max_positions());
    check_lengths(subjects_, prompts_, options_.tokens, context, "factual");
    estimate_ = {};
    world_prompts_.clear();
    for (const auto& world : worlds_) {
        const bool same =
            world.model == factual_.model && world.plan.prompt == factual_.plan.prompt;
        world_prompts_.push_back(
            same ? prompts_ : prompts_in(subjects_, *world.model, world.plan.prompt, prompts_));
        check_lengths(subjects_, world_prompts_.back(), options_.tokens, context, world.plan.name);
        length = std::max(length, longest(subjects_, world_prompts_.back(), options_.tokens));
    }
    length = std::max(length, length_with_extra(context));
    choose_strings();
    world_prompts_.resize(world_count(), prompts_);
    find_sharing();
    length = std::max(length, plan_donors(context));

    std::size_t laws = 0;
    long rows = 0;
    for (const auto& donors : donors_) {
        for (const auto& donor : donors) {
            rows += std::ssize(*donor);
        }
    }
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
        const auto written =
            static_cast<long>(subjects_[i].observed ? subjects_[i].observed->size()
                                                    : static_cast<std::size_t>(options_.tokens));
        if (subjects_[i].observed && !options_.read_only) {
            const auto bytes = law_bytes(static_cast<int>(written), factual_.model->n_vocab());
            laws = std::max(laws, bytes);
            estimate_.stored_laws += bytes;
        }
        rows += rows_of(i, written);
    }
    const auto n = static_cast<long>(subjects_.size());
    estimate_.strings = n;
    estimate_.pairs =
        options_.samples * n * static_cast<long>(worlds_.size()) * (options_.independent ? 2 : 1);
    for (const auto& floor : floors_) {
        const auto count = static_cast<int>(std::ranges::count(floor.strings, true));
        estimate_.pairs += long{options_.samples} * count;
        (floor.role == WorldRole::null ? estimate_.null_strings : estimate_.nudge_strings) = count;
    }
    estimate_.rows = rows;
    estimate_.stream_length = stream_length_for(length);
    std::set<const Model*> models{factual_.model.get()};
    for (const auto& world : worlds_) {
        models.insert(world.model.get());
    }
    for (const auto* model : models) {
        estimate_.model_bytes += model->size_bytes();
    }
    estimate_.budget = options_.memory > 0 ? options_.memory : free_memory() / 2;
    estimate_.memory = plan_memory(*factual_.model, factual_.prototype,
                                   {.budget = room_for_contexts(),
                                    .worlds = own_contexts() + 1,
                                    .companions = spare_streams(),
                                    .stream_length = estimate_.stream_length,
                                    .samples = n * options_.samples,
                                    .wanted_parallel = options_.parallel,
                                    .law_bytes = laws,
                                    .block = may_tile() ? longest_block() : 0,
                                    .costs = costs_});
    estimate_.stored_laws = std::min(estimate_.stored_laws, estimate_.memory.laws);
    if (options_.max_rows > 0) {
        estimate_.memory.max_rows = options_.max_rows;
    }
    estimate_.memory.max_rows =
        std::max(estimate_.memory.max_rows, estimate_.memory.parallel + least_rows_);
}

void Session::check_forces() const {
    int longest_limit = 0;
    for (const auto& subject : subjects_) {
        longest_limit =
            std::max(longest_limit, subject.observed ? static_cast<int>(subject.observed->size())
                                                     : options_.tokens);
    }
    for (const auto& world : worlds_) {
        if (!world.forced.empty() && world.forced.begin()->first >= longest_limit) {
            misuse(
                {.where = "Session",
                 .expected = "do: within the strings' " + std::to_string(longest_limit) + " tokens",
                 .came = "position " + std::to_string(world.forced.begin()->first) + " in world '" +
                         world.plan.name + "'",
                 .advice = "choose an earlier position or raise " + setting("tokens")});
        }
    }
}

/// The result of a probe, which also checks that the world's hooks are in the graph.
Probe Session::run_probe(const OpenedWorld& world) const {
    const auto context = world.make_context(probe_streams(least_rows_), estimate_.stream_length,
                                            kProbeRows, least_rows_);
    Probe result;
    if (options_.fast) {
        Call call{.first_stream = 0, .n_streams = 1, .n_rows = 1};
        call.tokens = {0};
        call.positions = {0};
        call.wanted = {1};
        call.written = {1};
        context->decode(call);
    } else {
        result = probe_invariance(*context);
    }
    const auto silent = context->silent_sites();
    if (!silent.empty()) {
        fail({.where = "Session",
              .expected = "world '" + world.plan.name + "' to act at " + joined(silent),
              .came = "a graph of " + world.model->architecture() + " without it",
              .advice = "see the sites that `otherwise inspect` lists"});
    }
    return result;
}

/// True when the world evaluates every shape alike.
bool Session::probe_world(const OpenedWorld& world) {
    const auto settings = options_.fast
                              ? ""
                              : probe_settings(world, "calls in streams of " +
                                                          std::to_string(estimate_.stream_length));
    auto kept = settings.empty() ? std::nullopt : kept_probes_->find(settings);
    if (!kept) {
        kept = run_probe(world);
        if (!options_.fast) {
            kept_probes_->keep(settings, *kept);
        }
    }
    probes_.push_back({.world = world.plan.name, .probe = *kept});
    return kept->invariant;
}

bool Session::probe_all() {
    probes_.clear();
    bool good = probe_world(factual_);
    for (const auto& world : worlds_) {
        good = (same_network(world.plan, factual_.plan) || probe_world(world)) && good;
    }
    for (const auto& floor : floors_) {
        good = (floor.role == WorldRole::null || probe_world(floor.world)) && good;
    }
    return good;
}

void Session::use_remedy(bool repack, int least_rows) {
    if (options_.open.model.repack == repack && least_rows_ == least_rows) {
        return;
    }
    least_rows_ = least_rows;
    if (options_.open.model.repack != repack) {
        options_.open.model.repack = repack;
        open(factual_plan_, plans_);
    }
    plan();
}

/// True where every network that the run has was probed before.
bool Session::knows_all() const {
    const auto known = [&](const OpenedWorld& world) {
        return std::ranges::any_of(options_.known->probes, [&](const WorldProbe& probe) {
            return probe.world == world.plan.name;
        });
    };
    return options_.known && !options_.fast && known(factual_) &&
           std::ranges::all_of(worlds_,
                               [&](const OpenedWorld& world) {
                                   return same_network(world.plan, factual_.plan) || known(world);
                               }) &&
           std::ranges::all_of(floors_, [&](const Floor& floor) {
               return floor.role == WorldRole::null || known(floor.world);
           });
}

void Session::probe() {
    if (options_.fast) {
        use_remedy(may_repack_, 1);
        (void)probe_all();
        return;
    }
    if (knows_all()) {
        probes_ = options_.known->probes;
    } else {
        options_.known.reset();
        find_remedy();
    }
    probe_tiled();
    note_probes();
    for (const auto& [world, result] : probes_) {
        if (!result.invariant) {
            note_("WARNING: world '" + world + "' is not batch invariant (" + result.shape +
                  ": logits differ by up to " + std::to_string(result.worst) +
                  " nats); small effects may be noise: compare with the null world's floor");
        }
    }
}

/// Probes every network, and tries the remedies in the order of their cost until all are invariant.
void Session::find_remedy() {
    struct Remedy {
        bool repack;
        int least_rows;
    };
    constexpr int kManyRows = 8;  // from here on the CPU's matrix kernels are the same for all rows
    constexpr Remedy kRemedies[] = {{.repack = true, .least_rows = 2},
                                    {.repack = true, .least_rows = kManyRows},
                                    {.repack = false, .least_rows = 2},
                                    {.repack = false, .least_rows = kManyRows}};
    for (const auto& remedy : kRemedies) {
        if (remedy.repack && !may_repack_) {
            continue;
        }
        use_remedy(remedy.repack, remedy.least_rows);
        if (probe_all()) {
            return;
        }
    }
}

Rules Session::rules_of(const OpenedWorld& world) const {
    return {.world = &world == &factual_ ? "factual" : world.plan.name,
            .mechanism = world.plan.mechanism,
            .forced = world.forced,
            .forbidden = masked_,
            .ends = end_tokens(*factual_.model)};
}

void Session::make_contexts() {
    const int streams = estimate_.memory.parallel + spare_streams();
    const auto make = [&](const OpenedWorld& world) {
        return world.make_context(streams, estimate_.stream_length, estimate_.memory.max_rows,
                                  least_rows_);
    };
    capture_donors();
    factual_context_ = make(factual_);
    for (std::size_t w = 0; w < world_count(); ++w) {
        contexts_.push_back(shares_[w] ? nullptr : make(world_at(w)));
    }
}

/// Prompts that are written with the start token which the model adds.
std::size_t Session::written_starts() const {
    const Token bos = factual_.model->bos();
    if (bos < 0 || factual_.plan.prompt.chat) {  // in a message they are text
        return 0;
    }
    const std::string start = factual_.model->token_name(bos);
    return static_cast<std::size_t>(std::ranges::count_if(subjects_, [&](const Subject& subject) {
        return !subject.from_tokens && subject.prompt.starts_with(start);
    }));
}

void Session::note_days(const std::function<void(const std::string&)>& note) const {
    std::vector<const Model*> models;
    const auto say = [&](const OpenedWorld& world) {
        if (!world.plan.prompt.chat || std::ranges::count(models, world.model.get()) > 0) {
            return;
        }
        models.push_back(world.model.get());
        const ChatReader chat(*world.model, chat_options(world.plan.prompt));
        if (const auto line = chat.date_note(); !line.empty()) {
            note(line);
        }
    };
    say(factual_);
    std::ranges::for_each(worlds_, say);
}

void Session::note_probes(const std::function<void(const std::string&)>& note) const {
    if (options_.fast) {
        note("batch invariance not probed (--fast)");
        return;
    }
    if (!std::ranges::all_of(probes_, [](const WorldProbe& p) { return p.probe.invariant; })) {
        return;
    }
    std::string before;
    if (options_.known) {
        before = " by an earlier run";
    } else if (kept_probes_) {
        before = kept_probes_->note();
    }
    note("batch invariant: " + std::to_string(probes_.size()) +
         (probes_.size() == 1 ? " network" : " networks") + " probed" + before + ", at least " +
         std::to_string(least_rows_) + " rows a call" +
         (repacked() ? "" : ", weights not repacked"));
}

void Session::notes(const std::function<void(const std::string&)>& note) const {
    constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
    const auto say = [&](const OpenedWorld& world) {
        for (const auto& line : world.notes) {
            note("world '" + world.plan.name + "': " + line);
        }
    };
    say(factual_);
    std::ranges::for_each(worlds_, say);
    for (const auto& world : worlds_) {
        if (!world.differing.empty()) {
            note(std::to_string(masked_.size()) + (masked_.size() == 1 ? " token" : " tokens") +
                 " that not every model has " + (masked_.size() == 1 ? "is" : "are") +
                 " impossible in all worlds, as " + world.first_differing + " ('" +
                 world.plan.name + "')");
            break;
        }
    }
    note_days(note);
    if (const auto n = written_starts(); n > 0) {
        note(std::to_string(n) + (n == 1 ? " prompt begins" : " prompts begin") + " with " +
             factual_.model->token_name(factual_.model->bos()) +
             ", which the model starts every text with; it is read once");
    }
    note_probes(note);
    std::string line =
        std::to_string(estimate_.pairs) + " pairs, " + std::to_string(estimate_.memory.parallel) +
        " strings at once" + (costs_.points().empty() ? "" : " (" + estimate_.shape_reason + ")") +
        ", " + std::to_string(estimate_.memory.contexts / kMegabyte + 1) + " MB of contexts";
    if (estimate_.stored_laws > 0) {
        line += " and at most " + std::to_string(estimate_.stored_laws / kMegabyte + 1) +
                " MB of stored laws";
    }
    if (estimate_.donor_states > 0) {
        line +=
            ", " + std::to_string(estimate_.donor_states / kMegabyte + 1) + " MB of donors' states";
    }
    note(line);
}

int Session::prompt_length(int string, int world) const {
    const auto i = static_cast<std::size_t>(string);
    const auto& prompts = world < 0 ? prompts_ : world_prompts_[static_cast<std::size_t>(world)];
    return static_cast<int>(prompts[i]->size());
}

Scene Session::scene() {
    if (!factual_context_) {
        make_contexts();
    }
    Scene scene{.subjects = subjects_,
                .factual = {.name = "factual",
                            .evaluator = factual_context_.get(),
                            .rules = rules_of(factual_),
                            .prompts = prompts_},
                .worlds = {},
                .options = {.seed = options_.seed,
                            .samples = options_.samples,
                            .tokens = options_.tokens,
                            .parallel = estimate_.memory.parallel,
                            .threads = options_.open.threads,
                            .memory = estimate_.memory.laws,
                            .stop_at_divergence = options_.stop_at_divergence,
                            .independent = options_.independent,
                            .skip_impossible = options_.skip_impossible,
                            .tiled_texts = tiled_texts(),
                            .token_text = [this](Token token) {
                                return to_utf8(factual_.model->piece(token, true));
                            }}};
    for (std::size_t w = 0; w < world_count(); ++w) {
        const OpenedWorld& world = world_at(w);
        scene.worlds.push_back({.name = names_[w],
                                .evaluator = (shares_[w] ? factual_context_ : contexts_[w]).get(),
                                .rules = rules_of(world),
                                .prompts = world_prompts_[w],
                                .role = role(w),
                                .strings = strings_of(w),
                                .expect_same = role(w) == WorldRole::null,
                                .shares = shares_[w]});
    }
    return scene;
}

std::unique_ptr<Context> Session::context_for(const WorldPlan& plan, int parallel) {
    auto world = open_world(plan, *shelf_, *factual_.model, options_.open);
    world.prototype.tiled = tiled_;
    if (!world.patches.empty()) {
        capture_donors_of(world, plan_donors_of(world, prompts_of(world), estimate_.stream_length));
    }
    return world.make_context(parallel + spare_streams(), estimate_.stream_length,
                              std::max(estimate_.memory.max_rows, parallel + least_rows_),
                              least_rows_);
}

RunReport Session::run(const RunCallbacks& callbacks) {
    const Scene scene = this->scene();
    return run_worlds(scene.subjects, scene.factual, scene.worlds, scene.options, callbacks);
}

void Session::check_reached(std::size_t world, int longest) const {
    const auto& forced = worlds_[world].forced;
    if (!forced.empty() && forced.begin()->first >= longest) {
        fail({.where = "Session",
              .expected = "world '" + worlds_[world].plan.name + "' to act at position " +
                          std::to_string(forced.begin()->first),
              .came = "strings of at most " + std::to_string(longest) + " tokens",
              .advice = "choose an earlier position"});
    }
}

std::vector<std::string> Session::verdict(const RunReport& report) const {
    std::vector<std::string> warnings;
    for (std::size_t w = 0; w < worlds_.size() && !report.cancelled; ++w) {
        const OpenedWorld& world = worlds_[w];
        const WorldEffect& effect = report.effects[w];
        check_reached(w, effect.longest);
        const bool mechanism = !(world.plan.mechanism == factual_.plan.mechanism);
        if (!effect.logits_differ && !effect.prompt_differs && !effect.forced && !mechanism) {
            warnings.push_back("world '" + world.plan.name + "' acted and changed no logit");
        }
    }
    return warnings;
}

}  // namespace otherwise
