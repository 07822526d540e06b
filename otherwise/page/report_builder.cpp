#include "otherwise/page/report_builder.h"

#include <algorithm>
#include <limits>

#include "otherwise/base/error.h"
#include "otherwise/base/parallel.h"
#include "otherwise/base/processors.h"
#include "otherwise/page/pieces.h"

namespace otherwise {
namespace {

constexpr double kLeastShown = 0.001;  ///< alternatives below this are left out
constexpr std::size_t kMostBecome = 8;
constexpr double kSurelyStays = 0.99;

TextSide side_of(const Written& written, std::string_view text) {
    return {.text = text, .tokens = written.tokens, .ended = written.ended};
}

/// The alternatives that are worth their room in the page, by position.
std::vector<std::vector<Alternative>> trimmed(std::vector<Becoming>& become,
                                              const std::vector<double>& stay) {
    std::vector<std::vector<Alternative>> result(stay.size());
    for (Becoming& at : become) {
        const auto t = static_cast<std::size_t>(at.position);
        if (t >= stay.size() || !(stay[t] < kSurelyStays)) {
            continue;
        }
        auto& list = at.alternatives;
        std::erase_if(list, [](const Alternative& a) { return a.probability < kLeastShown; });
        if (list.size() > kMostBecome) {
            list.resize(kMostBecome);
        }
        result[t] = std::move(list);
    }
    return result;
}

/// The law's stay probabilities; NaN after the first token that a do changed: the law has no answer
/// there.
std::vector<double> known_stay(const StringLaw& law) {
    std::vector<double> stay = law.stay;
    if (law.lost > 1) {
        std::fill(stay.end() - (law.lost - 1), stay.end(),
                  std::numeric_limits<double>::quiet_NaN());
    }
    return stay;
}

bool smaller_margin(const FragilePair& a, const FragilePair& b) { return a.margin < b.margin; }

}  // namespace

ReportBuilder::ReportBuilder(ReportHead head, std::vector<WorldHead> worlds, ReportOptions options,
                             TextOf piece)
    : options_(std::move(options)), piece_(std::move(piece)) {
    data_.head = std::move(head);
    for (const auto& target : options_.targets) {
        data_.targets.push_back(target.kind + " “" + target.pattern.expression() + "”");
    }
    for (auto& world : worlds) {
        data_.worlds.push_back({.name = std::move(world.name),
                                .changes = std::move(world.changes),
                                .role = world.role,
                                .nudge = std::move(world.nudge)});
        making_.push_back({.summary = {},
                           .pairs = PairMeasures(options_.targets),
                           .law = {},
                           .has_law = false,
                           .curves = {},
                           .fragile = {},
                           .draws = {},
                           .sampled = {},
                           .exact = {}});
    }
}

/// The null world's index is not used: there is one.
int ReportBuilder::world_of(int world, WorldRole role) const {
    if (role != WorldRole::null) {
        return world;
    }
    const auto found = std::ranges::find(data_.worlds, WorldRole::null, &ReportWorld::role);
    return static_cast<int>(found - data_.worlds.begin());
}

/// Whether the pair is one of a world that is known, and not under fresh noise.
bool ReportBuilder::counts(const ReportEntry& entry) const {
    const int world = world_of(entry.pair.world, entry.pair.role);
    return !entry.pair.independent && world >= 0 && world < static_cast<int>(making_.size());
}

void ReportBuilder::add(const ReportEntry& entry) {
    measure(entry);
    show(entry);
}

void ReportBuilder::add(const StringLaw& law, std::vector<Becoming> become) {
    measure(law);
    show(law, std::move(become));
}

void ReportBuilder::measure(const StringLaw& law) {
    const int world = world_of(law.world, law.role);
    if (world < 0 || world >= static_cast<int>(making_.size())) {
        return;
    }
    Making& making = making_[static_cast<std::size_t>(world)];
    making.law.add(law);
    making.exact.add(law.string, law.sample, 1.0 - law.prefix.unchanged);
    making.has_law = true;
}

void ReportBuilder::show(const StringLaw& law, std::vector<Becoming> become) {
    if (!shows(law.string, law.sample)) {
        return;
    }
    const int string = shown_.at({law.string, law.sample});
    const int world = world_of(law.world, law.role);
    if (const auto pair = pair_of_.find({string, world}); pair != pair_of_.end()) {
        ReportPair& shown = data_.pairs[static_cast<std::size_t>(pair->second)];
        shown.stay = known_stay(law);
        shown.become = trimmed(become, law.stay);
    }
}

void ReportBuilder::measure(const ReportEntry& entry) {
    if (!counts(entry)) {
        return;
    }
    const Pair& pair = entry.pair;
    Making& making = making_[static_cast<std::size_t>(world_of(pair.world, pair.role))];
    making.summary.add(pair);
    making.sampled.add(pair.string, pair.sample, pair.unchanged() ? 0.0 : 1.0);
    making.curves.add(pair);
    making.pairs.add({.cluster = pair.string,
                      .factual = side_of(*pair.factual, entry.factual_text),
                      .counterfactual = side_of(pair.counterfactual, entry.counterfactual_text),
                      .prompt = entry.prompt,
                      .prompt_tokens = entry.prompt_tokens,
                      .cosine = entry.cosine});
    making.draws.emplace_back(pair.string, pair.sample);
    if (is_fragile(pair)) {
        keep_fragile(entry, making);
    }
}

/// Keeps the smallest margins, in order.
void ReportBuilder::keep_fragile(const ReportEntry& entry, Making& making) const {
    const Pair& pair = entry.pair;
    FragilePair fragile{.id = std::string(entry.id),
                        .sample = pair.sample,
                        .lcp = pair.lcp,
                        .unchanged = pair.unchanged(),
                        .piece = {},
                        .margin = pair.margin};
    const auto& tokens = pair.factual->tokens;
    if (static_cast<std::size_t>(pair.lcp) < tokens.size()) {
        fragile.piece = piece_(tokens[static_cast<std::size_t>(pair.lcp)]);
    }
    auto& list = making.fragile;
    list.insert(std::ranges::upper_bound(list, fragile, smaller_margin), std::move(fragile));
    if (list.size() > static_cast<std::size_t>(options_.fragile)) {
        list.pop_back();
    }
}

bool ReportBuilder::shows(int string, int sample) const {
    const auto found = shown_.find({string, sample});
    return found != shown_.end() && found->second >= 0;
}

std::vector<std::string> ReportBuilder::pieces(std::span<const Token> tokens) const {
    std::vector<std::string> result;
    result.reserve(tokens.size());
    for (const Token token : tokens) {
        result.push_back(piece_(token));
    }
    return whole_characters(result);
}

void ReportBuilder::show(const ReportEntry& entry) {
    if (!counts(entry)) {
        return;
    }
    const Pair& pair = entry.pair;
    const int world = world_of(pair.world, pair.role);
    const auto next = data_.strings.size() < static_cast<std::size_t>(options_.strings)
                          ? static_cast<int>(data_.strings.size())
                          : -1;
    const auto [place, fresh] = shown_.try_emplace({pair.string, pair.sample}, next);
    if (place->second < 0) {
        return;
    }
    if (fresh) {
        data_.strings.push_back({.id = std::string(entry.id),
                                 .sample = pair.sample,
                                 .observed = pair.observed,
                                 .prompt = std::string(entry.prompt),
                                 .pieces = pieces(pair.factual->tokens),
                                 .ended = pair.factual->ended});
    }
    ReportPair shown{.string = place->second,
                     .world = world,
                     .lcp = pair.lcp,
                     .unchanged = pair.unchanged(),
                     .margin = pair.margin,
                     .tail = pieces(pair.counterfactual.tokens),
                     .ended = pair.counterfactual.ended};
    shown.tail.erase(shown.tail.begin(), shown.tail.begin() + pair.lcp);
    for (const auto& target : options_.targets) {
        shown.hits.push_back((target.pattern.matches(entry.factual_text) ? 1U : 0U) |
                             (target.pattern.matches(entry.counterfactual_text) ? 2U : 0U));
    }
    pair_of_[{place->second, world}] = static_cast<int>(data_.pairs.size());
    data_.pairs.push_back(std::move(shown));
}

void ReportBuilder::sum_up(int world) {
    Making& making = making_[static_cast<std::size_t>(world)];
    ReportWorld& sums = data_.worlds[static_cast<std::size_t>(world)];
    Resampler resampler;
    sums.summary = making.summary.summary();
    sums.pairs = making.pairs.summary(static_cast<std::size_t>(options_.words), resampler);
    sums.sampled = making.curves.survival(options_.points);
    sums.histogram = making.curves.histogram(options_.bins);
    sums.edits = making.pairs.edits(options_.shares);
    sums.cosines = making.pairs.cosines();
    sums.fragile = std::move(making.fragile);
    if (making.has_law) {
        sums.law = making.law.summary(resampler);
    }
    making.done = true;
}

/// The factual strings that have a pair in some world.
long ReportBuilder::all_draws() const {
    std::vector<std::pair<int, int>> all;
    for (const Making& making : making_) {
        all.insert(all.end(), making.draws.begin(), making.draws.end());
    }
    std::ranges::sort(all);
    return std::unique(all.begin(), all.end()) - all.begin();
}

void ReportBuilder::compare_with_nudges() {
    for (std::size_t w = 0; w < making_.size(); ++w) {
        const auto found =
            std::ranges::find(data_.worlds, data_.worlds[w].nudge, &ReportWorld::name);
        if (data_.worlds[w].nudge.empty() || found == data_.worlds.end()) {
            continue;
        }
        const Making& own = making_[w];
        const Making& nudge = making_[static_cast<std::size_t>(found - data_.worlds.begin())];
        const bool exact = own.has_law && nudge.has_law;
        const auto beyond =
            compare_rounding(exact ? own.exact : own.sampled, exact ? nudge.exact : nudge.sampled);
        if (beyond.difference.n > 0) {
            data_.worlds[w].beyond = beyond;
            data_.worlds[w].exact_beyond = exact;
        }
    }
}

ReportData ReportBuilder::finish() {
    data_.all_strings = all_draws();
    if (data_.all_strings == 0) {
        fail({.where = "ReportBuilder",
              .expected = "a run with at least one string",
              .came = "an empty one",
              .advice = "finish the run first"});
    }
    parallel_for(static_cast<int>(making_.size()), processors(), [&](int world) {
        if (!making_[static_cast<std::size_t>(world)].done) {
            sum_up(world);
        }
    });
    compare_with_nudges();
    return std::move(data_);
}

}  // namespace otherwise
