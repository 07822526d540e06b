// The contexts of a session, what a run or a law is made of, and the run.
#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/kept_contexts.h"
#include "otherwise/generate/session.h"

namespace otherwise {
namespace {

std::vector<bool> end_tokens(const Model& model) {
    std::vector<bool> ends(static_cast<std::size_t>(model.n_vocab()));
    for (std::size_t k = 0; k < ends.size(); ++k) {
        ends[k] = model.ends(static_cast<Token>(k));
    }
    return ends;
}

}  // namespace

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
    if (options_.contexts) {
        take_contexts(streams);
        return;
    }
    factual_context_ = make(factual_);
    for (std::size_t w = 0; w < world_count(); ++w) {
        contexts_.push_back(shares_[w] ? nullptr : make(world_at(w)));
    }
}

/// Where they may be, from those that earlier sessions left.
void Session::take_contexts(int streams) {
    const ContextShape shape{.streams = streams,
                             .stream_length = estimate_.stream_length,
                             .max_rows = estimate_.memory.max_rows,
                             .least_rows = least_rows_};
    std::vector<const OpenedWorld*> worlds;
    std::vector<std::shared_ptr<Evaluator>*> places;
    contexts_.resize(world_count());
    const auto add = [&](const OpenedWorld& world, std::shared_ptr<Evaluator>& place) {
        if (keeps_starts(world)) {
            worlds.push_back(&world);
            places.push_back(&place);
        } else {
            place = world.make_context(shape.streams, shape.stream_length, shape.max_rows,
                                       shape.least_rows);
        }
    };
    add(factual_, factual_context_);
    for (std::size_t w = 0; w < world_count(); ++w) {
        if (!shares_[w]) {
            add(world_at(w), contexts_[w]);
        }
    }
    if (worlds.empty()) {
        return;
    }
    auto taken = options_.contexts->take(worlds, shape, estimate_.stored_laws);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        *places[i] = std::move(taken[i]);
    }
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
    Scene scene{
        .subjects = subjects_,
        .factual = {.name = "factual",
                    .evaluator = factual_context_.get(),
                    .rules = rules_of(factual_),
                    .prompts = prompts_},
        .worlds = {},
        .options = {.seed = options_.seed,
                    .samples = options_.samples,
                    .first_sample = options_.first_sample,
                    .tokens = options_.tokens,
                    .parallel = estimate_.memory.parallel,
                    .threads = options_.open.threads,
                    .memory = estimate_.memory.laws,
                    .stop_at_divergence = options_.stop_at_divergence,
                    .independent = options_.independent,
                    .skip_impossible = options_.skip_impossible,
                    .tiled_texts = tiled_texts(),
                    .token_text =
                        [this](Token token) { return to_utf8(factual_.model->piece(token, true)); },
                    .known = options_.known_strings}};
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
    world.prototype.fixed = fixed_;
    world.prototype.flash_attention = attention_of(plan);
    if (!world.patches.empty()) {
        capture_donors_of(world, plan_donors_of(world, prompts_of(world), estimate_.stream_length));
    }
    return world.make_context(
        parallel + spare_streams(), estimate_.stream_length,
        std::max(estimate_.memory.max_rows, parallel + std::max(least_rows_, spare_streams())),
        least_rows_);
}

RunOutcome Session::run(const RunCallbacks& callbacks) {
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

std::vector<std::string> Session::verdict(const RunOutcome& report) const {
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
