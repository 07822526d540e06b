// Runs on stub models, and what they must yield: the same strings written one at a time by a loop
// that knows no streams, no drafts and no batches.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/hash.h"
#include "otherwise/generate/run.h"
#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/race.h"
#include "tests/support/stub_evaluator.h"

namespace otherwise::test {

using Prompts = std::vector<std::shared_ptr<const Tokens>>;

struct StubWorld {
    std::string name;
    StubModel model{};
    Rules rules{};
    WorldRole role = WorldRole::change;
    bool expect_same = false;
    Tokens prefix{};      ///< put before every other prompt
    bool shares = false;  ///< the factual evaluator and its rows
};

/// What a run is asked.
struct Scene {
    std::vector<Subject> subjects{};
    Prompts prompts{};
    StubWorld factual{.name = "factual"};
    std::vector<StubWorld> worlds{};
    RunOptions options{};
    std::vector<bool> null_strings{};  ///< on which floors run
};

/// What it runs on.
struct Machine {
    int parallel = 8;
    int threads = 1;
    int max_rows = 512;
    int min_rows = 2;
    bool can_trim = true;
    bool scoped_calls = false;
    int tile_rows = 0;

    [[nodiscard]] std::string name() const {
        return "parallel " + std::to_string(parallel) + ", threads " + std::to_string(threads) +
               ", max_rows " + std::to_string(max_rows) + ", min_rows " + std::to_string(min_rows) +
               (can_trim ? "" : ", no trim") + (scoped_calls ? ", scoped" : "") +
               (tile_rows > 0 ? ", tiles" : "");
    }
    [[nodiscard]] Shape shape() const {
        // one stream more for what long prompts share
        Shape shape = stub_shape(parallel + min_rows - 1 + (tile_rows > 0 ? 1 : 0), min_rows);
        shape.max_rows = max_rows;
        shape.can_trim = can_trim;
        shape.scoped_calls = scoped_calls;
        shape.tile_rows = tile_rows;
        return shape;
    }
};

inline Prompts prompts_of(const Scene& scene, const StubWorld& world) {
    Prompts prompts = scene.prompts;
    for (std::size_t i = 0; i < prompts.size() && !world.prefix.empty(); i += 2) {
        Tokens tokens = world.prefix;
        tokens.insert(tokens.end(), prompts[i]->begin(), prompts[i]->end());
        prompts[i] = std::make_shared<const Tokens>(std::move(tokens));
    }
    return prompts;
}

inline Rules rules_of(const StubWorld& world) {
    Rules rules = world.rules;
    rules.ends = stub_ends();
    return rules;
}

/// A pair in one line, margins to the last bit.
inline std::string line_of(const Pair& pair) {
    std::string text = std::to_string(pair.string) + "/" + std::to_string(pair.sample) + "/" +
                       std::to_string(pair.world) + (pair.role == WorldRole::null ? " null" : "") +
                       (pair.role == WorldRole::nudge ? " nudge" : "") +
                       (pair.independent ? " independent" : "") +
                       (pair.observed ? " observed" : "") + " lcp " + std::to_string(pair.lcp);
    const auto add = [&](const char* name, const Tokens& tokens) {
        text += std::string(" ") + name;
        for (const Token token : tokens) {
            text += " " + std::to_string(token);
        }
    };
    add("factual", pair.factual->tokens);
    text += pair.factual->ended ? " end" : " limit";
    add("counterfactual", pair.counterfactual.tokens);
    text += pair.counterfactual.ended ? " end" : " limit";
    if (pair.world_prompt) {
        add("prompt", *pair.world_prompt);
    }
    char margin[128];
    std::snprintf(margin, sizeof margin, " margin %a", pair.margin);
    text += margin;
    if (pair.divergence) {
        const Divergence& at = *pair.divergence;
        std::snprintf(margin, sizeof margin, " at %d %d>%d over %d by %a", at.position, at.factual,
                      at.counterfactual, at.runner_up, at.margin);
        text += margin;
    }
    return text;
}

struct StubOutcome {
    std::vector<Pair> pairs{};
    RunOutcome report{};
    long factual_rows = 0;
    std::vector<long> world_rows{};  ///< as the stubs counted them

    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (const Pair& pair : pairs) {
            lines.push_back(line_of(pair));
        }
        return lines;
    }
};

/// Stub evaluators of a scene's worlds, for any number of runs.
class Bench {
public:
    Bench(const Scene& scene, const Machine& machine)
        : scene_(scene), machine_(machine), factual_(machine.shape(), scene.factual.model) {
        for (const auto& world : scene.worlds) {
            worlds_.push_back(std::make_unique<StubEvaluator>(machine.shape(), world.model));
        }
    }

    [[nodiscard]] StubEvaluator& factual() { return factual_; }
    [[nodiscard]] StubEvaluator& world(std::size_t i) { return *worlds_.at(i); }

    /// The scene as the library takes it, on this bench's evaluators.
    [[nodiscard]] otherwise::Scene scene() {
        otherwise::Scene scene{.subjects = scene_.subjects,
                               .factual = run_world(scene_.factual, &factual_),
                               .worlds = {},
                               .options = scene_.options};
        for (std::size_t i = 0; i < worlds_.size(); ++i) {
            Evaluator* own = worlds_[i].get();
            scene.worlds.push_back(
                run_world(scene_.worlds[i], scene_.worlds[i].shares ? &factual_ : own));
        }
        scene.options.parallel = machine_.parallel;
        scene.options.threads = machine_.threads;
        return scene;
    }

    /// on_pair of `callbacks` is replaced.
    StubOutcome run(RunCallbacks callbacks = {}) {
        StubOutcome outcome;
        callbacks.on_pair = [&](const Pair& pair) { outcome.pairs.push_back(pair); };
        const auto all = scene();
        outcome.report = run_worlds(all.subjects, all.factual, all.worlds, all.options, callbacks);
        outcome.factual_rows = factual_.rows();
        for (const auto& world : worlds_) {
            outcome.world_rows.push_back(world->rows());
        }
        return outcome;
    }

private:
    [[nodiscard]] std::vector<bool> strings_of(const StubWorld& world) const {
        std::vector<bool> strings;
        if (world.role != WorldRole::change) {
            strings = scene_.null_strings;
            strings.resize(scene_.subjects.size());
        }
        return strings;
    }
    RunWorld run_world(const StubWorld& world, Evaluator* evaluator) {
        return {.name = world.name,
                .evaluator = evaluator,
                .rules = rules_of(world),
                .prompts = prompts_of(scene_, world),
                .role = world.role,
                .strings = strings_of(world),
                .expect_same = world.expect_same,
                .shares = world.shares};
    }

    const Scene& scene_;
    Machine machine_;
    StubEvaluator factual_;
    std::vector<std::unique_ptr<StubEvaluator>> worlds_;
};

inline StubOutcome run_on(const Scene& scene, const Machine& machine) {
    return Bench(scene, machine).run();
}

/// The state of one string: its tokens one after the other.
class PlainString {
public:
    /// `text_tiled`: the rows from the last of the prompt on go through the other kernel, as those
    /// of a long prompt before them do.
    PlainString(const StubModel& model, const Tokens& prompt, bool text_tiled = false)
        : model_(model), text_tiled_(text_tiled) {
        const auto head = static_cast<int>(prompt.size()) - 1;
        const bool tiled = model.tile_rows > 0 && head >= model.tile_rows;
        for (int i = 0; i < head; ++i) {
            state_ = StubModel::next(state_, prompt[static_cast<std::size_t>(i)], false, tiled);
        }
        state_ = StubModel::next(state_, prompt.back(), true, text_tiled);
    }
    void write(Token token) { state_ = StubModel::next(state_, token, true, text_tiled_); }
    void leave_text() { text_tiled_ = false; }
    [[nodiscard]] std::vector<float> logits(const Tokens& forbidden = {}) const {
        std::vector<float> row(kStubVocabulary);
        model_.logits(state_, row);
        for (const Token token : forbidden) {
            row[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
        }
        return row;
    }

private:
    StubModel model_;
    bool text_tiled_;
    StubState state_;
};

/// The string that another is compared with; `observed` where its noise is known in hindsight only.
struct PlainFactual {
    const StubWorld* world = nullptr;
    Tokens prompt;
    Written written;
    bool observed = false;
};

struct PlainResult {
    Written written;
    double margin = std::numeric_limits<double>::infinity();
    Finish last{};  ///< of the last token that was raced for while the string followed
};

/// Writes one string: law, hindsight, race, token by token. Where there is a `text` the rows up to
/// its first token that is not the text's go through the other kernel.
inline PlainResult plain_write(const StubWorld& world, const Tokens& prompt, int limit, Place place,
                               const PlainFactual* factual = nullptr, bool stop = false,
                               const Tokens* text = nullptr) {
    PlainResult result;
    PlainString string(world.model, prompt, text != nullptr);
    PlainString past(factual ? factual->world->model : world.model,
                     factual ? factual->prompt : prompt, text != nullptr);
    const Tokens none;
    const Tokens& known = factual ? factual->written.tokens : none;
    bool following = true;
    for (int t = 0; t < limit; ++t) {
        const auto at = static_cast<std::size_t>(t);
        place.position = static_cast<std::uint32_t>(t);
        Token token = -1;
        if (const auto forced = world.rules.forced.find(t); forced != world.rules.forced.end()) {
            token = forced->second;
            result.last = following ? Finish{} : result.last;
        } else {
            LawScratch scratch;
            LawScratch past_scratch;
            const auto row = string.logits(world.rules.forbidden);
            const Law law = make_law(world.rules.mechanism, row, scratch);
            std::vector<float> past_row;
            Hindsight hindsight;
            const bool seen = factual && factual->observed && at < known.size();
            if (seen) {
                past_row = past.logits(factual->world->rules.forbidden);
                hindsight = {
                    .factual = make_law(factual->world->rules.mechanism, past_row, past_scratch),
                    .observed = known[at]};
            }
            const Finish finish = race_reference(law, Clocks(place), seen ? &hindsight : nullptr);
            token = finish.winner;
            result.margin = following ? std::min(result.margin, finish.margin) : result.margin;
            result.last = following ? finish : result.last;
        }
        result.written.tokens.push_back(token);
        if (text != nullptr && (*text)[at] != token) {
            string.leave_text();
        }
        string.write(token);
        if (at < known.size()) {
            past.write(known[at]);
        }
        const bool leaves = following && factual && (at >= known.size() || known[at] != token);
        following = following && !leaves;
        result.written.ended = token == kStubEnd || token == kOtherStubEnd;
        if (result.written.ended || (leaves && stop)) {
            break;
        }
    }
    return result;
}

/// Under fresh noise nothing is followed and there is no hindsight.
inline constexpr std::uint64_t kFreshNoise = 0xA0761D6478BD642FULL;  // run.cpp's

inline std::vector<std::string> plain_run(const Scene& scene) {
    std::vector<std::string> lines;
    const RunOptions& options = scene.options;
    std::vector<Prompts> all_prompts;
    for (const auto& world : scene.worlds) {
        all_prompts.push_back(prompts_of(scene, world));
    }
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
        const Subject& subject = scene.subjects[i];
        for (int number = 0; number < options.samples; ++number) {
            const int limit =
                subject.observed ? static_cast<int>(subject.observed->size()) : options.tokens;
            const Place place{.seed = options.seed,
                              .string = subject.noise,
                              .sample = static_cast<std::uint32_t>(number)};
            PlainFactual past{.world = &scene.factual,
                              .prompt = *scene.prompts[i],
                              .written = {},
                              .observed = subject.observed.has_value()};
            if (subject.observed) {
                const Token last = subject.observed->back();
                past.written = {*subject.observed, last == kStubEnd || last == kOtherStubEnd};
            } else {
                past.written = plain_write(scene.factual, past.prompt, limit, place).written;
            }
            for (std::size_t w = 0; w < scene.worlds.size(); ++w) {
                const StubWorld& world = scene.worlds[w];
                const Prompts& prompts = all_prompts[w];
                const bool changed = prompts[i] != scene.prompts[i];
                const bool included = i < scene.null_strings.size() && scene.null_strings[i];
                if (world.role != WorldRole::change && !included) {
                    continue;
                }
                Pair pair{.string = static_cast<int>(i),
                          .sample = number,
                          .world = static_cast<int>(w),
                          .role = world.role,
                          .observed = past.observed,
                          .factual = std::make_shared<Written>(past.written),
                          .world_prompt = changed ? prompts[i] : nullptr};
                const auto add = [&](const PlainResult& result) {
                    pair.counterfactual = result.written;
                    pair.margin = result.margin;
                    const auto& other = result.written.tokens;
                    pair.lcp = 0;
                    while (static_cast<std::size_t>(pair.lcp) <
                               std::min(other.size(), past.written.tokens.size()) &&
                           other[static_cast<std::size_t>(pair.lcp)] ==
                               past.written.tokens[static_cast<std::size_t>(pair.lcp)]) {
                        ++pair.lcp;
                    }
                    pair.divergence.reset();
                    if (!pair.independent && !pair.unchanged()) {
                        const auto at = static_cast<std::size_t>(pair.lcp);
                        const auto& known = past.written.tokens;
                        pair.divergence = {.position = pair.lcp,
                                           .factual = at < known.size() ? known[at] : -1,
                                           .counterfactual = at < other.size() ? other[at] : -1,
                                           .runner_up = result.last.runner_up,
                                           .margin = result.last.margin};
                    }
                    lines.push_back(line_of(pair));
                };
                const int tile = scene.factual.model.tile_rows;
                const bool tiled = options.tiled_texts && tile > 0 && subject.observed &&
                                   std::ssize(*subject.observed) >= tile;
                const Tokens* text = tiled ? &*subject.observed : nullptr;
                add(plain_write(world, *prompts[i], limit, place, &past, options.stop_at_divergence,
                                text));
                if (options.independent && world.role == WorldRole::change) {
                    Place fresh = place;
                    fresh.seed ^= kFreshNoise;
                    pair.independent = true;
                    auto result =
                        plain_write(world, *prompts[i], limit, fresh, nullptr, false, text);
                    result.margin = std::numeric_limits<double>::infinity();
                    add(result);
                }
            }
        }
    }
    return lines;
}

/// `n` tokens that are no end tokens, the same for the same key.
inline Tokens some_tokens(std::uint64_t key, int n) {
    Tokens tokens;
    while (static_cast<int>(tokens.size()) < n) {
        key = mix(key + 0x9E3779B97F4A7C15ULL);
        const auto token = static_cast<Token>(key % kStubVocabulary);
        if (token != kStubEnd && token != kOtherStubEnd) {
            tokens.push_back(token);
        }
    }
    return tokens;
}

/// Adds a string with a prompt of so many tokens; with `observed` > 0 also a text of at most so
/// many tokens, written by the scene's factual world under other noise. Both depend on the id
/// alone.
inline void add_subject(Scene& scene, const std::string& id, int prompt, int observed = 0) {
    const std::uint64_t noise = hash64(id);
    Subject subject{.id = id, .noise = noise};
    auto tokens = std::make_shared<const Tokens>(some_tokens(noise, prompt));
    if (observed > 0) {
        const Place place{.seed = 0xBEEF, .string = noise};
        subject.observed = plain_write(scene.factual, *tokens, observed, place).written.tokens;
    }
    scene.subjects.push_back(std::move(subject));
    scene.prompts.push_back(std::move(tokens));
}

/// Eleven strings with prompts on both sides of 64 tokens, sampled and observed with 9, 1 or
/// `longest` tokens; two of three also in the null world.
inline void add_unlike_subjects(Scene& scene, int longest) {
    const int prompts[] = {3, 64, 1, 130, 5, 63, 3, 126, 2, 200, 7};
    const int observed[] = {0, 9, 1, 0, longest};
    for (int i = 0; i < std::ssize(prompts); ++i) {
        add_subject(scene, "s" + std::to_string(i), prompts[i], observed[i % 5]);
        scene.null_strings.push_back(i % 3 != 0);
    }
}

/// Rows that no engine can do without, for the strings in `pairs` of one world: each prompt once,
/// and each distinct beginning of a string once for the token that comes after it.
inline long ideal_rows(const std::vector<Pair>& pairs, int world, const Prompts& prompts) {
    std::set<std::pair<int, Tokens>> rows;
    std::set<int> strings;
    long prompt_rows = 0;
    for (const Pair& pair : pairs) {
        if (pair.world != world) {
            continue;
        }
        if (strings.insert(pair.string).second) {
            prompt_rows +=
                static_cast<long>(prompts[static_cast<std::size_t>(pair.string)]->size()) - 1;
        }
        const Tokens& tokens = pair.counterfactual.tokens;
        for (auto end = tokens.begin(); end != tokens.end(); ++end) {
            rows.emplace(pair.string, Tokens(tokens.begin(), end));
        }
    }
    return prompt_rows + static_cast<long>(rows.size());
}

}  // namespace otherwise::test
