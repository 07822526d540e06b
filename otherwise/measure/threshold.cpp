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

constexpr int kImpossible = -2;

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

/// Strings of one kind, to be read at one strength.
struct Trial {
    std::vector<Search*> searches;
    std::vector<Passage> passages;
    std::vector<std::vector<Move>> moves;  // [search][position]; threads write to different ones
};

class Bisection {
public:
    Bisection(const Scene& scene, const RunWorld& world, const WorldAtStrength& at,
              const ThresholdOptions& options, const std::function<void(long, long)>& progress,
              const std::function<bool()>& cancelled)
        : scene_(scene),
          world_(world),
          at_(at),
          options_(options),
          progress_(progress),
          cancelled_(cancelled) {}

    std::vector<Threshold> go();

private:
    using Found = std::function<void(Search&, int position, Token token)>;

    [[nodiscard]] bool stopped() const { return cancelled_ && cancelled_(); }
    [[nodiscard]] Place place(const Draw& draw, int position) const {
        return {.seed = scene_.options.seed,
                .string = scene_.subjects[static_cast<std::size_t>(draw.string)].noise,
                .sample = static_cast<std::uint32_t>(draw.sample),
                .position = static_cast<std::uint32_t>(position)};
    }
    void start(const std::vector<Draw>& draws);
    void try_ends();
    void halve();
    void try_strength(double strength, const std::vector<Search*>& searches, const Found& found);
    [[nodiscard]] Trial trial_of(const std::vector<Search*>& searches, bool observed) const;
    void read(double strength, bool observed, Trial& trial) const;
    [[nodiscard]] Move move(const Draw& draw, const LockstepRow& row, const Rules& rules,
                            bool observed, Scratch& scratch) const;
    [[nodiscard]] int first_change(const Search& search, const std::vector<Move>& moves) const;

    const Scene& scene_;
    const RunWorld& world_;
    const WorldAtStrength& at_;
    const ThresholdOptions& options_;
    const std::function<void(long, long)>& progress_;
    const std::function<bool()>& cancelled_;
    std::vector<Search> searches_;
    std::vector<Search*> open_;  // those still to be halved
    long done_ = 0;
};

/// The world's logits are the last of the row.
Move Bisection::move(const Draw& draw, const LockstepRow& row, const Rules& rules, bool observed,
                     Scratch& scratch) const {
    const auto forced = rules.forced.find(row.position);
    if (forced != rules.forced.end()) {
        return {.token = forced->second};
    }
    const Clocks clocks(place(draw, row.position));
    const Law law = world_law(row.logits.back(), rules, scratch.world);
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

/// Sampled strings are read in the world alone; observed ones in the factual world, too. Where the
/// factual logits are the world's own, one reading is both.
Trial Bisection::trial_of(const std::vector<Search*>& searches, bool observed) const {
    Trial trial;
    for (auto* search : searches) {
        if (search->draw->observed != observed) {
            continue;
        }
        const auto string = static_cast<std::size_t>(search->draw->string);
        const auto& written = search->draw->written;
        Passage passage{.written = std::shared_ptr<const Tokens>(written, &written->tokens)};
        passage.tiled_text = observed && scene_.options.tiled_texts;
        if (observed) {
            passage.prompts.push_back(scene_.factual.prompts[string]);
        }
        passage.prompts.push_back(world_.prompts[string]);
        trial.searches.push_back(search);
        trial.passages.push_back(std::move(passage));
        trial.moves.emplace_back(written->tokens.size());
    }
    return trial;
}

void Bisection::read(double strength, bool observed, Trial& trial) const {
    const int parallel = std::min(scene_.options.parallel, static_cast<int>(trial.searches.size()));
    const auto [evaluator, mechanism] = at_(strength, parallel);
    Rules rules = world_.rules;
    rules.mechanism = mechanism;
    std::vector<LockstepWorld> worlds;
    if (observed) {
        worlds.push_back({.evaluator = scene_.factual.evaluator});
    }
    worlds.push_back({.evaluator = evaluator ? evaluator.get() : scene_.factual.evaluator,
                      .shares = observed && !evaluator});
    Lockstep lockstep(std::move(worlds), parallel, scene_.options.threads);
    std::vector<Scratch> scratch(static_cast<std::size_t>(lockstep.threads()));
    lockstep.read(trial.passages, [&](const LockstepRow& row) {
        const auto i = static_cast<std::size_t>(row.passage);
        trial.moves[i][static_cast<std::size_t>(row.position)] =
            move(*trial.searches[i]->draw, row, rules, observed,
                 scratch[static_cast<std::size_t>(row.worker)]);
    });
}

/// Position of the first token that is not the factual one, −1, or kImpossible.
int Bisection::first_change(const Search& search, const std::vector<Move>& moves) const {
    const Tokens& tokens = search.draw->written->tokens;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        if (moves[t].impossible) {
            if (scene_.options.skip_impossible) {
                return kImpossible;
            }
            const auto string = static_cast<std::size_t>(search.draw->string);
            refuse_impossible(scene_.options, scene_.subjects[string].id, tokens[t],
                              static_cast<int>(t));
        }
        if (moves[t].token != tokens[t]) {
            return static_cast<int>(t);
        }
    }
    return -1;
}

/// Reads these strings at a strength; calls found with position −1 for those that do not change.
void Bisection::try_strength(double strength, const std::vector<Search*>& searches,
                             const Found& found) {
    for (const bool observed : {false, true}) {
        Trial trial = trial_of(searches, observed);
        if (trial.searches.empty()) {
            continue;
        }
        read(strength, observed, trial);
        for (std::size_t i = 0; i < trial.searches.size(); ++i) {
            const int position = first_change(*trial.searches[i], trial.moves[i]);
            if (position == kImpossible) {
                trial.searches[i]->open = false;
                trial.searches[i]->result.impossible = true;
                continue;
            }
            const Token token =
                position < 0 ? Token{-1} : trial.moves[i][static_cast<std::size_t>(position)].token;
            found(*trial.searches[i], position, token);
        }
    }
    done_ += static_cast<long>(searches.size());
    if (progress_) {
        progress_(done_, static_cast<long>(searches_.size()) * (options_.halvings + 2));
    }
}

void note_change(Search& search, double strength, int position, Token token) {
    search.result.strength = strength;
    search.result.position = position;
    search.result.token = token;
}

void Bisection::start(const std::vector<Draw>& draws) {
    searches_.reserve(draws.size());  // pointers to them stay
    for (const auto& draw : draws) {
        searches_.push_back(
            {.draw = &draw,
             .low = options_.low,
             .high = options_.high,
             .result = {.string = draw.string, .sample = draw.sample, .factual = draw.written}});
        open_.push_back(&searches_.back());
    }
}

/// Leaves those open that are changed at the high end and unchanged at the low one.
void Bisection::try_ends() {
    const auto drop_closed = [this] {
        std::erase_if(open_, [](const Search* search) { return !search->open; });
    };
    try_strength(options_.high, open_, [&](Search& search, int position, Token token) {
        search.open = position >= 0;
        if (search.open) {
            note_change(search, options_.high, position, token);
        }
    });
    drop_closed();
    if (stopped()) {
        return;
    }
    try_strength(options_.low, open_, [&](Search& search, int position, Token token) {
        search.open = position < 0;
        if (!search.open) {
            note_change(search, options_.low, position, token);
            search.result.at_low = true;
        }
    });
    drop_closed();
}

void Bisection::halve() {
    std::map<double, std::vector<Search*>> by_strength;
    for (auto* search : open_) {
        by_strength[(search->low + search->high) / 2].push_back(search);
    }
    for (const auto& [strength, group] : by_strength) {
        if (stopped()) {
            return;
        }
        const double here = strength;
        try_strength(here, group, [here](Search& search, int position, Token token) {
            if (position < 0) {
                search.low = here;
            } else {
                search.high = here;
                note_change(search, here, position, token);
            }
        });
    }
}

std::vector<Threshold> Bisection::go() {
    const auto draws = draw_strings(scene_.subjects, 0, static_cast<int>(scene_.subjects.size()),
                                    scene_.factual, scene_.options, true, cancelled_);
    start(draws);
    if (!stopped()) {
        try_ends();
    }
    if (stopped()) {
        return {};
    }
    for (int halving = 0; halving < options_.halvings && !stopped(); ++halving) {
        halve();
    }
    std::vector<Threshold> results;
    results.reserve(searches_.size());
    for (auto& search : searches_) {
        results.push_back(std::move(search.result));
    }
    return results;
}

}  // namespace

std::vector<Threshold> find_thresholds(const Scene& scene, const RunWorld& world,
                                       const WorldAtStrength& at, const ThresholdOptions& options,
                                       const std::function<void(long done, long total)>& progress,
                                       const std::function<bool()>& cancelled) {
    return Bisection(scene, world, at, options, progress, cancelled).go();
}

}  // namespace otherwise
