// Room noise: the field's clocks, who wins, and hindsight, a place or a law's row at a time.
//
// Laws are made as the engine makes them (mechanism.h, temperature 1 and no truncation), in single
// precision, so that races here and there have the same winners.
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/mechanism/mechanism.h"
#include "otherwise/noise/elementary.h"
#include "otherwise/noise/field.h"
#include "otherwise/noise/hindsight.h"
#include "otherwise/noise/race.h"
#include "python/src/module.h"
#include "python/src/rows.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

template <typename T>
using List = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using TokensOut = nb::ndarray<std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

using Words = nb::ndarray<std::uint32_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

/// Where the noise of each row lives; all lists have as many entries.
struct Places {
    std::uint64_t seed;
    List<std::uint64_t> strings;
    List<std::uint32_t> samples;
    List<std::uint32_t> positions;

    [[nodiscard]] std::size_t size() const { return strings.shape(0); }
    [[nodiscard]] Clocks at(std::size_t i) const {
        return Clocks({.seed = seed,
                       .string = strings.data()[i],
                       .sample = samples.data()[i],
                       .position = positions.data()[i]});
    }
};

/// A stack of laws with the work space of one.
class Laws {
public:
    Laws(Numbers logits, const char* name, Mechanism mechanism = {})
        : rows_(std::move(logits), name), mechanism_(std::move(mechanism)) {}

    [[nodiscard]] const Rows& rows() const { return rows_; }

    /// The law of row i, until the next one is asked for.
    [[nodiscard]] Law at(std::size_t i) {
        try {
            return make_law(mechanism_, rows_.floats(i, floats_), scratch_);
        } catch (const Error&) {
            rows_.require_law(i);
            throw;
        }
    }

private:
    Rows rows_;
    Mechanism mechanism_;
    RowScratch<float> floats_;
    LawScratch scratch_;
};

/// What was observed: laws, and the token that each wrote.
class Observed {
public:
    Observed(Numbers logits, TokenRow tokens)
        : laws_(std::move(logits), "log_probs"), tokens_(std::move(tokens)) {}

    [[nodiscard]] Hindsight at(std::size_t i) {
        Hindsight hindsight{.factual = laws_.at(i), .observed = tokens_.data()[i]};
        if (!possible(hindsight)) {
            laws_.rows().require_possible(i, hindsight.observed);
        }
        return hindsight;
    }

private:
    Laws laws_;
    TokenRow tokens_;
};

/// Where finishes go.
struct Finishes {
    TokensOut winners;
    TokensOut runners_up;
    Out margins;

    void put(std::size_t i, const Finish& finish) const {
        winners.data()[i] = finish.winner;
        runners_up.data()[i] = finish.runner_up;
        margins.data()[i] = finish.margin;
    }
};

void clocks(const Places& places, std::size_t n_vocab, const Out& out) {
    for_rows(places.size(),
             [&](std::size_t i) { clock_row(places.at(i), {out.data() + i * n_vocab, n_vocab}); });
}

void winning_time(const Places& places, const Out& out) {
    for_rows(places.size(), [&](std::size_t i) { out.data()[i] = places.at(i).winning_time(); });
}

/// E_k given what was observed.
void posterior_clocks(const Places& places, Numbers logits, TokenRow tokens, std::size_t n_vocab,
                      const Out& out) {
    Observed observed(std::move(logits), std::move(tokens));
    for_rows(places.size(), [&](std::size_t i) {
        const Clocks prior = places.at(i);
        const Hindsight hindsight = observed.at(i);
        const Posterior posterior(prior, &hindsight);
        const std::span<double> row(out.data() + i * n_vocab, n_vocab);
        clock_row(posterior.clocks(), row);
        for (std::size_t k = 0; k < n_vocab; ++k) {
            row[k] = elementary::exp(-posterior.score(static_cast<Token>(k), 0.0, row[k]));
        }
    });
}

/// Throws Misuse where hindsight finds the observed token impossible.
void require_observable(Numbers logits, TokenRow tokens) {
    const std::size_t count = tokens.shape(0);
    Observed observed(std::move(logits), std::move(tokens));
    for_rows(count, [&](std::size_t i) { static_cast<void>(observed.at(i)); });
}

void race_at(Numbers logits, const Places& places, const Finishes& out) {
    Laws laws(std::move(logits), "log_probs");
    for_rows(places.size(), [&](std::size_t i) { out.put(i, race(laws.at(i), places.at(i))); });
}

/// The same of worlds that sample by a mechanism.
void race_under(Numbers logits, const Places& places, float temperature, int top_k, float top_p,
                float min_p, const Finishes& out) {
    const Mechanism mechanism{
        .temperature = temperature, .top_k = top_k, .top_p = top_p, .min_p = min_p};
    check(mechanism);
    Laws laws(std::move(logits), "logits", mechanism);
    for_rows(places.size(), [&](std::size_t i) { out.put(i, race(laws.at(i), places.at(i))); });
}

/// [places, 4]: key and counter tail of each place's generator (field.h), for clocks that are drawn
/// elsewhere.
void place_keys(const Places& places, const Words& out) {
    constexpr std::size_t kWords = 4;
    for_rows(places.size(), [&](std::size_t i) {
        const Clocks clocks = places.at(i);
        std::uint32_t* words = out.data() + i * kWords;
        words[0] = clocks.key()[0];
        words[1] = clocks.key()[1];
        words[2] = clocks.tail()[0];
        words[3] = clocks.tail()[1];
    });
}

void race_seen(Numbers logits, const Places& places, Numbers seen, TokenRow tokens,
               const Finishes& out) {
    Laws laws(std::move(logits), "log_probs");
    Observed observed(std::move(seen), std::move(tokens));
    for_rows(places.size(), [&](std::size_t i) {
        const Hindsight hindsight = observed.at(i);
        out.put(i, race(laws.at(i), places.at(i), &hindsight));
    });
}

/// race_reference (race.h) under clocks that are given.
Finish race_of(const Law& law, std::span<const double> clocks) {
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    Finish finish;
    double best = kNone;
    double second = kNone;
    for (std::size_t k = 0; k < clocks.size(); ++k) {
        const auto token = static_cast<Token>(k);
        const double log_q = law.log_prob(token);
        if (log_q == kNone) {
            continue;
        }
        const double score = log_q - elementary::log(clocks[k]);
        if (score > best) {
            second = std::exchange(best, score);
            finish.runner_up = std::exchange(finish.winner, token);
        } else if (score > second) {
            second = score;
            finish.runner_up = token;
        }
    }
    if (finish.runner_up >= 0) {
        finish.margin = best - second;
    }
    return finish;
}

void race_clocks(Numbers logits, Numbers given, const Finishes& out) {
    constexpr double kLeast = 0x1p-1022;
    constexpr double kMost = std::numeric_limits<double>::max();
    Laws laws(std::move(logits), "log_probs");
    const Rows rows(std::move(given), "noise");
    RowScratch<double> scratch;
    for_rows(rows.count(), [&](std::size_t i) {
        const auto row = rows.doubles(i, scratch);
        const auto bad =
            std::ranges::find_if_not(row, [](double e) { return e >= kLeast && e <= kMost; });
        if (bad != row.end()) {
            misuse({.where = "race",
                    .expected = "positive clocks in `noise`",
                    .came = number_text(*bad) + " at " +
                            rows.at(i, static_cast<std::size_t>(bad - row.begin()))});
        }
        out.put(i, race_of(laws.at(i), row));
    });
}

}  // namespace

void bind_noise(nb::module_& module) {
    using namespace nb::literals;
    module.def("hash64", &hash64, "text"_a);
    nb::class_<Places>(module, "Places")
        .def(nb::init<std::uint64_t, List<std::uint64_t>, List<std::uint32_t>,
                      List<std::uint32_t>>(),
             "seed"_a, "strings"_a, "samples"_a, "positions"_a);
    nb::class_<Finishes>(module, "Finishes")
        .def(nb::init<TokensOut, TokensOut, Out>(), "winners"_a, "runners_up"_a, "margins"_a);
    module.def("clocks", &clocks, "places"_a, "n_vocab"_a, "out"_a);
    module.def("winning_time", &winning_time, "places"_a, "out"_a);
    module.def("posterior_clocks", &posterior_clocks, "places"_a, "logits"_a, "tokens"_a,
               "n_vocab"_a, "out"_a);
    module.def("require_observable", &require_observable, "logits"_a, "tokens"_a);
    module.def("race", &race_at, "logits"_a, "places"_a, "out"_a);
    module.def("race_under", &race_under, "logits"_a, "places"_a, "temperature"_a, "top_k"_a,
               "top_p"_a, "min_p"_a, "out"_a);
    module.def("place_keys", &place_keys, "places"_a, "out"_a);
    module.def("race_seen", &race_seen, "logits"_a, "places"_a, "seen"_a, "tokens"_a, "out"_a);
    module.def("race_clocks", &race_clocks, "logits"_a, "noise"_a, "out"_a);
}

}  // namespace otherwise::python
