#include "otherwise/measure/law.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/coupling/gumbel.h"
#include "otherwise/generate/scene_passages.h"
#include "otherwise/generate/walk.h"

namespace otherwise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Factual strings at a time: as many as fill the streams this often, or make this many rows.
constexpr int kBlock = 8;
constexpr long kBlockRows = 8192;

/// What a do leaves of the positions: 1 scored by its law, 2 forced to the factual token, 0 beyond
/// the divergence or at it.
enum class Fate : std::uint8_t { lost, scored, kept };

std::vector<Fate> fates(const Rules& rules, const Tokens& tokens) {
    std::vector<Fate> fates(tokens.size(), Fate::scored);
    for (const auto& [position, token] : rules.forced) {  // ascending
        const auto t = static_cast<std::size_t>(position);
        if (t >= tokens.size()) {
            break;
        }
        if (token != tokens[t]) {
            std::fill(fates.begin() + position, fates.end(), Fate::lost);
            break;
        }
        fates[t] = Fate::kept;
    }
    return fates;
}

/// One draw in one world, position by position; threads write to different positions.
struct DrawComparisons {
    std::vector<Fate> fates;
    std::vector<Comparison> at;
    std::vector<double> agreement;
};

/// Buffers of one thread.
struct Scratch {
    WalkScratch factual;
    WalkScratch world;
    GumbelCoupling coupling;
    std::vector<double> p;
    std::vector<double> q;
};

class Laws {
public:
    Laws(const Scene& scene, const LawOptions& options, const LawCallbacks& callbacks)
        : scene_(scene),
          options_(options),
          callbacks_(callbacks),
          lockstep_(lockstep_worlds(scene), scene.options.parallel, scene.options.threads),
          scratch_(static_cast<std::size_t>(lockstep_.threads())) {}

    LawOutcome go();

private:
    [[nodiscard]] bool cancelled() const { return callbacks_.cancelled && callbacks_.cancelled(); }
    [[nodiscard]] bool reads(std::size_t world, int string) const {
        return scene_.worlds[world].runs_on(string);
    }
    [[nodiscard]] int block_end(int first) const;
    [[nodiscard]] BackendTime backend_time() const;
    void read(const std::vector<Draw>& draws);
    void visit(const Draw& draw, std::size_t index, const LockstepRow& row);
    void position(const Draw& draw, std::size_t world, const LockstepRow& row, const Law& factual,
                  DrawComparisons& reading);
    void let_out(const std::vector<Draw>& draws);
    [[nodiscard]] StringLaw string_law(const Draw& draw, std::size_t world,
                                       DrawComparisons reading) const;
    bool skip_impossible(const Draw& draw, std::size_t index);

    const Scene& scene_;
    const LawOptions& options_;
    const LawCallbacks& callbacks_;
    Lockstep lockstep_;
    std::vector<Scratch> scratch_;
    std::vector<std::vector<DrawComparisons>> readings_;  // [draw][world]
    std::vector<std::vector<std::uint8_t>> impossible_;   // [draw][position]
    std::vector<std::vector<double>> log_p_;              // [draw][position]
    LawOutcome report_;
};

/// Subjects enough to fill the streams a few times, fewer where they are long.
int Laws::block_end(int first) const {
    const RunOptions& options = scene_.options;
    const auto all = static_cast<int>(scene_.subjects.size());
    long samples = 0;
    long rows = 0;
    int end = first;
    while (end < all && samples < long{kBlock} * options.parallel &&
           (samples < options.parallel || rows < kBlockRows)) {
        const auto i = static_cast<std::size_t>(end++);
        const auto& observed = scene_.subjects[i].observed;
        const long each = observed ? 1 : options.samples;
        const long length = observed ? static_cast<long>(observed->size()) : options.tokens;
        samples += each;
        rows += each * (static_cast<long>(scene_.factual.prompts[i]->size()) + length);
    }
    return end;
}

BackendTime Laws::backend_time() const {
    std::set<const Evaluator*> each{scene_.factual.evaluator};
    for (const auto& world : scene_.worlds) {
        each.insert(world.evaluator);
    }
    return time_spent(each);
}

void Laws::read(const std::vector<Draw>& draws) {
    std::vector<Passage> passages;
    readings_.assign(draws.size(), {});
    impossible_.assign(draws.size(), {});
    log_p_.assign(draws.size(), {});
    for (std::size_t i = 0; i < draws.size(); ++i) {
        const Tokens& tokens = draws[i].written->tokens;
        passages.push_back(passage_of(scene_, draws[i].string,
                                      std::shared_ptr<const Tokens>(draws[i].written, &tokens)));
        impossible_[i].assign(tokens.size(), 0);
        log_p_[i].assign(tokens.size(), 0.0);
        report_.tokens += static_cast<long>(tokens.size());
        report_.longest = std::max(report_.longest, static_cast<int>(tokens.size()));
        for (const auto& world : scene_.worlds) {
            DrawComparisons reading{.fates = fates(world.rules, tokens),
                                    .at = std::vector<Comparison>(tokens.size()),
                                    .agreement = {}};
            reading.agreement.resize(options_.agreement ? tokens.size() : 0);
            readings_[i].push_back(std::move(reading));
        }
    }
    lockstep_.read(
        passages,
        [&](const LockstepRow& row) {
            const auto index = static_cast<std::size_t>(row.passage);
            visit(draws[index], index, row);
        },
        callbacks_.cancelled);
}

void Laws::visit(const Draw& draw, std::size_t index, const LockstepRow& row) {
    Scratch& scratch = scratch_[static_cast<std::size_t>(row.worker)];
    const auto t = static_cast<std::size_t>(row.position);
    const Law factual = world_law(row.logits[0], scene_.factual.rules, scratch.factual);
    const double log_p = factual.log_prob(draw.written->tokens[t]);
    log_p_[index][t] = log_p;
    if (!std::isfinite(log_p)) {
        impossible_[index][t] = 1;
        return;
    }
    for (std::size_t world = 0; world < scene_.worlds.size(); ++world) {
        DrawComparisons& reading = readings_[index][world];
        if (!row.logits[world + 1].empty() && reading.fates[t] == Fate::scored) {
            position(draw, world, row, factual, reading);
        }
    }
}

void Laws::position(const Draw& draw, std::size_t world, const LockstepRow& row, const Law& factual,
                    DrawComparisons& reading) {
    Scratch& scratch = scratch_[static_cast<std::size_t>(row.worker)];
    const auto t = static_cast<std::size_t>(row.position);
    const Law other = world_law(row.logits[world + 1], scene_.worlds[world].rules, scratch.world);
    reading.at[t] = compare(factual, other, draw.written->tokens[t]);
    if (options_.agreement) {
        double_logits(factual, scratch.p);
        double_logits(other, scratch.q);
        scratch.coupling.assign(scratch.p, scratch.q);
        reading.agreement[t] = scratch.coupling.agreement();
    }
    if (options_.on_position) {
        options_.on_position(draw, static_cast<int>(world), row.position, factual, other);
    }
}

StringLaw Laws::string_law(const Draw& draw, std::size_t world, DrawComparisons reading) const {
    StringLaw law;
    law.string = draw.string;
    law.sample = draw.sample;
    law.world = static_cast<int>(world);
    law.role = scene_.worlds[world].role;
    law.observed = draw.observed;
    law.written = draw.written;
    double log_low = 0.0;  // of couplings that are independent across positions
    double log_high = 0.0;
    for (std::size_t t = 0; t < reading.fates.size(); ++t) {
        switch (reading.fates[t]) {
            case Fate::lost:
                law.stay.push_back(0.0);
                ++law.lost;
                law.log_q = log_low = log_high = -kInfinity;
                break;
            case Fate::kept:
                law.stay.push_back(1.0);
                break;
            case Fate::scored: {
                const Comparison& at = reading.at[t];
                const Bounds bounds = stay_bounds(at.log_p, at.log_q);
                law.stay.push_back(at.stay);
                law.scored.push_back(static_cast<int>(t));
                law.at.push_back(at);
                if (options_.agreement) {
                    law.agreement.push_back(reading.agreement[t]);
                }
                law.log_q += at.log_q;
                log_low += std::log(bounds.low);
                log_high += std::log(bounds.high);
            }
        }
    }
    law.prefix = prefix_law(law.stay);
    law.token_bounds = {.low = std::exp(log_low), .high = std::exp(log_high)};
    return law;
}

/// True when the mechanism could not have written this draw and it is to be left out.
bool Laws::skip_impossible(const Draw& draw, std::size_t index) {
    const auto& flags = impossible_[index];
    const auto found = std::ranges::find(flags, std::uint8_t{1});
    if (found == flags.end()) {
        return false;
    }
    const auto& id = scene_.subjects[static_cast<std::size_t>(draw.string)].id;
    const int t = static_cast<int>(found - flags.begin());
    // A sampled token is impossible only where the model is not batch invariant.
    if (draw.observed && !scene_.options.skip_impossible) {
        refuse_impossible(scene_.options, id, draw.written->tokens[static_cast<std::size_t>(t)], t);
    }
    report_.skipped.push_back(id);
    return true;
}

void Laws::let_out(const std::vector<Draw>& draws) {
    for (std::size_t i = 0; i < draws.size(); ++i) {
        if (skip_impossible(draws[i], i)) {
            continue;
        }
        double log_p = 0.0;
        for (const double value : log_p_[i]) {
            log_p += value;
        }
        for (std::size_t world = 0; world < scene_.worlds.size(); ++world) {
            if (!reads(world, draws[i].string)) {
                continue;
            }
            StringLaw law = string_law(draws[i], world, std::move(readings_[i][world]));
            law.log_p = log_p;
            law.bounds = stay_bounds(log_p, law.log_q);
            if (callbacks_.on_string) {
                callbacks_.on_string(law);
            }
        }
    }
}

LawOutcome Laws::go() {
    using Clock = std::chrono::steady_clock;
    const auto seconds_since = [](Clock::time_point start) {
        return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto start = Clock::now();
    const BackendTime backend_before = backend_time();
    const auto all = static_cast<int>(scene_.subjects.size());
    for (int first = 0; first < all && !cancelled();) {
        const int last = block_end(first);
        const auto draws = draw_strings(scene_.subjects, first, last, scene_.factual,
                                        scene_.options, false, callbacks_.cancelled);
        if (cancelled()) {
            break;
        }
        const auto reading = Clock::now();
        const BackendTime backend = backend_time();
        read(draws);
        if (cancelled()) {
            break;
        }
        let_out(draws);
        report_.reading_seconds += seconds_since(reading);
        report_.reading_backend += backend_time() - backend;
        report_.strings = first = last;
        if (callbacks_.on_progress) {
            callbacks_.on_progress(last, all);
        }
    }
    report_.seconds = seconds_since(start);
    report_.backend = backend_time() - backend_before;
    report_.cancelled = cancelled();
    report_.rows = lockstep_.counts();
    for (std::size_t world = 0; world < scene_.worlds.size(); ++world) {
        report_.worlds.push_back(lockstep_.counts(world + 1));
    }
    return std::move(report_);
}

}  // namespace

LawOutcome run_laws(const Scene& scene, const LawOptions& options, const LawCallbacks& callbacks) {
    return Laws(scene, options, callbacks).go();
}

}  // namespace otherwise
