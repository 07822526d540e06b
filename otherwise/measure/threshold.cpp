#include "otherwise/measure/threshold.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/walk.h"
#include "otherwise/noise/race.h"

namespace otherwise {
namespace {

/// A draw on its way: unchanged at low, changed at high.
struct Search {
    const Draw* draw;
    double low = 0.0;
    double high = 0.0;
    bool open = true;  // still to be halved
    Threshold result;
};

/// What one position of one string came to.
struct Move {
    Token token = -1;
    bool impossible = false;
};

struct Scratch {
    WalkScratch factual;
    WalkScratch world;
};

class Finder {
public:
    Finder(const Scene& scene, const RunWorld& world, const WorldAtStrength& at)
        : scene_(scene), world_(world), at_(at) {}

    /// Reads these strings at a strength; calls found(search, position, token) for those that
    /// change, with position −1 for those that do not.
    void try_strength(double strength, const std::vector<Search*>& searches,
                      const std::function<void(Search&, int, Token)>& found);

private:
    [[nodiscard]] Place place(const Draw& draw, int position) const {
        return {.seed = scene_.options.seed,
                .string = scene_.subjects[static_cast<std::size_t>(draw.string)].noise,
                .sample = static_cast<std::uint32_t>(draw.sample),
                .position = static_cast<std::uint32_t>(position)};
    }
    [[nodiscard]] Move move(const Draw& draw, const LockstepRow& row, bool observed,
                            Scratch& scratch) const;

    const Scene& scene_;
    const RunWorld& world_;
    const WorldAtStrength& at_;
};

Move Finder::move(const Draw& draw, const LockstepRow& row, bool observed, Scratch& scratch) const {
    const auto forced = world_.rules.forced.find(row.position);
    if (forced != world_.rules.forced.end()) {
        return {.token = forced->second};
    }
    const auto logits = row.logits[observed ? 1 : 0];
    const Clocks clocks(place(draw, row.position));
    const Law law = world_law(logits, world_.rules, scratch.world);
    if (!observed) {
        return {.token = race(law, clocks).winner};
    }
    const Hindsight hindsight{
        .factual = world_law(row.logits[0], scene_.factual.rules, scratch.factual),
        .observed = draw.written->tokens[static_cast<std::size_t>(row.position)]};
    if (!possible(hindsight)) {
        return {.impossible = true};
    }
    return {.token = race(law, clocks, &hindsight).winner};
}

void Finder::try_strength(double strength, const std::vector<Search*>& searches,
                          const std::function<void(Search&, int, Token)>& found) {
    for (const bool observed : {false, true}) {
        std::vector<Search*> chosen;
        std::vector<Passage> passages;
        std::vector<std::vector<Move>> moves;
        for (auto* search : searches) {
            if (search->draw->observed != observed) {
                continue;
            }
            const auto string = static_cast<std::size_t>(search->draw->string);
            const auto& written = search->draw->written;
            Passage passage{.written = std::shared_ptr<const Tokens>(written, &written->tokens)};
            if (observed) {
                passage.prompts.push_back(scene_.factual.prompts[string]);
            }
            passage.prompts.push_back(world_.prompts[string]);
            chosen.push_back(search);
            passages.push_back(std::move(passage));
            moves.emplace_back(written->tokens.size());
        }
        if (chosen.empty()) {
            continue;
        }
        const int parallel = std::min(scene_.options.parallel, static_cast<int>(chosen.size()));
        const auto evaluator = at_(strength, parallel);
        std::vector<LockstepWorld> worlds;
        if (observed) {
            worlds.push_back({.evaluator = scene_.factual.evaluator});
        }
        worlds.push_back({.evaluator = evaluator.get()});
        Lockstep lockstep(std::move(worlds), parallel, scene_.options.threads);
        std::vector<Scratch> scratch(static_cast<std::size_t>(lockstep.threads()));
        lockstep.read(passages, [&](const LockstepRow& row) {
            const auto i = static_cast<std::size_t>(row.passage);
            moves[i][static_cast<std::size_t>(row.position)] = move(
                *chosen[i]->draw, row, observed, scratch[static_cast<std::size_t>(row.worker)]);
        });
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const Tokens& tokens = chosen[i]->draw->written->tokens;
            int position = -1;
            for (std::size_t t = 0; t < tokens.size() && position < 0; ++t) {
                if (moves[i][t].impossible) {
                    const auto string = static_cast<std::size_t>(chosen[i]->draw->string);
                    refuse_impossible(scene_.options, scene_.subjects[string].id, tokens[t],
                                      static_cast<int>(t));
                }
                position = moves[i][t].token != tokens[t] ? static_cast<int>(t) : -1;
            }
            found(*chosen[i], position,
                  position < 0 ? Token{-1} : moves[i][static_cast<std::size_t>(position)].token);
        }
    }
}

void note_change(Search& search, double strength, int position, Token token) {
    search.result.strength = strength;
    search.result.position = position;
    search.result.token = token;
}

}  // namespace

std::vector<Threshold> find_thresholds(const Scene& scene, const RunWorld& world,
                                       const WorldAtStrength& at, const ThresholdOptions& options,
                                       const std::function<void(long done, long total)>& progress,
                                       const std::function<bool()>& cancelled) {
    const auto draws = draw_strings(scene.subjects, 0, static_cast<int>(scene.subjects.size()),
                                    scene.factual, scene.options, true, cancelled);
    std::vector<Search> searches;
    std::vector<Search*> all;
    searches.reserve(draws.size());
    for (const auto& draw : draws) {
        searches.push_back(
            {.draw = &draw,
             .low = options.low,
             .high = options.high,
             .result = {.string = draw.string, .sample = draw.sample, .factual = draw.written}});
        all.push_back(&searches.back());
    }
    Finder finder(scene, world, at);
    const auto stop = [&] { return cancelled && cancelled(); };
    const long total = static_cast<long>(draws.size()) * (options.halvings + 2);
    long done = 0;
    const auto tried = [&](std::size_t n) {
        done += static_cast<long>(n);
        if (progress) {
            progress(done, total);
        }
    };
    if (!stop()) {
        finder.try_strength(options.high, all, [&](Search& search, int position, Token token) {
            search.open = position >= 0;
            if (search.open) {
                note_change(search, options.high, position, token);
            }
        });
        tried(all.size());
    }
    std::erase_if(all, [](const Search* search) { return !search->open; });
    if (!stop()) {
        finder.try_strength(options.low, all, [&](Search& search, int position, Token token) {
            search.open = position < 0;
            if (!search.open) {
                note_change(search, options.low, position, token);
                search.result.at_low = true;
            }
        });
        tried(all.size());
    }
    std::erase_if(all, [](const Search* search) { return !search->open; });
    for (int halving = 0; halving < options.halvings && !stop(); ++halving) {
        std::map<double, std::vector<Search*>> by_strength;
        for (auto* search : all) {
            by_strength[(search->low + search->high) / 2].push_back(search);
        }
        for (const auto& [strength, group] : by_strength) {
            if (stop()) {
                return {};
            }
            const double here = strength;
            finder.try_strength(here, group, [here](Search& search, int position, Token token) {
                if (position < 0) {
                    search.low = here;
                } else {
                    search.high = here;
                    note_change(search, here, position, token);
                }
            });
            tried(group.size());
        }
    }
    if (stop()) {
        return {};
    }
    std::vector<Threshold> results;
    results.reserve(searches.size());
    for (auto& search : searches) {
        results.push_back(std::move(search.result));
    }
    return results;
}

}  // namespace otherwise
