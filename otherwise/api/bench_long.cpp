// bench_long of bench.h: long prompts, apart and under one head, and a corpus, beside llama.cpp in
// the best of the shapes that keep the bits and in the best of all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "otherwise/api/bench.h"
#include "otherwise/api/compose.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/corpus.h"
#include "otherwise/generate/needed_rows.h"
#include "otherwise/measure/law.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr int kPrompt = 1200;  // tokens
constexpr int kShared = 1000;  // of these, where prompts share a head
constexpr int kChunk = 512;
constexpr int kApart = 6;  // prompts, or chunks
constexpr int kUnderOne = 24;
constexpr int kChunks = 10;

/// `tokens` tokens of the built-in openings from one of them on, the start token among them.
Tokens text_tokens(const Model& model, int first, int tokens) {
    Tokens all;
    for (int words = tokens; static_cast<int>(all.size()) < tokens; words *= 2) {
        all = model.tokenize(bench_text(first, words), true, false);
    }
    all.resize(static_cast<std::size_t>(tokens));
    return all;
}

std::vector<InputString> long_prompts(const Model& model, int count, int shared) {
    const Tokens head = text_tokens(model, 0, kPrompt);
    std::vector<InputString> strings;
    for (int i = 0; i < count; ++i) {
        Tokens tokens = text_tokens(model, i + 1, kPrompt);
        std::ranges::rotate(tokens, tokens.begin() + i + 1);  // none begins like another
        std::copy_n(head.begin(), shared, tokens.begin());
        InputString string;
        string.id = std::to_string(i + 1);
        string.prompt_tokens = std::move(tokens);
        strings.push_back(std::move(string));
    }
    return strings;
}

/// One round.
struct Turn {
    double seconds = 0.0;
    long needed = 0;  // rows
};

/// Prompts, of each of which one token is written.
class Prompts {
public:
    Prompts(const Study& study, const Work& work, const Note& note)
        : opened_(open(study, work, note)) {
        (void)session().run({});  // warms up
    }

    Turn measure() {
        const auto report = session().run({});
        const Scene scene = session().scene();
        Turn measured{.seconds = report.seconds, .needed = needed(scene.factual)};
        for (std::size_t world = 0; world < scene.worlds.size(); ++world) {
            measured.needed += session().shares_network(world) ? 0 : needed(scene.worlds[world]);
        }
        return measured;
    }
    [[nodiscard]] Session& session() { return opened_.session(); }

private:
    static long needed(const RunWorld& world) {
        std::vector<const Tokens*> prompts;
        for (const auto& prompt : world.prompts) {
            prompts.push_back(prompt.get());
        }
        return needed_prompt_rows(prompts, world.evaluator->shape());
    }

    OpenedStudy opened_;
};

/// A corpus, whose laws are read.
class Corpus {
public:
    Corpus(const Study& study, const Work& work, const Note& note)
        : opened_(open(study, work, note, {.laws = true, .run_file = {}})) {
        (void)run_laws(opened_.session().scene(), {}, {});
    }

    Turn measure() {
        const auto report = run_laws(opened_.session().scene(), {}, {});
        return {.seconds = report.seconds, .needed = report.rows.needed};
    }

private:
    OpenedStudy opened_;
};

/// Medians by shape.
std::vector<TextRate> medians(const std::vector<std::vector<TextRate>>& rounds) {
    std::vector<TextRate> rates = rounds.front();
    for (std::size_t i = 0; i < rates.size(); ++i) {
        std::vector<double> values;
        for (const auto& round : rounds) {
            values.push_back(round[i].rate);
        }
        rates[i].rate = median(values);
    }
    return rates;
}

double best(const std::vector<TextRate>& rates, CallKind work, bool any) {
    double rate = 0.0;
    for (const auto& one : rates) {
        if (one.shape.work == work && (any || one.keeps_bits)) {
            rate = std::max(rate, one.rate);
        }
    }
    return rate;
}

/// The study without floors and with these strings.
Study study_with(Study study, std::vector<InputString> strings) {
    study = with_strings(std::move(study), std::move(strings));
    study.null_strings = FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    return study;
}

Study one_token(Study study) {
    study.tokens = 1;
    return study;
}

}  // namespace

LongBench bench_long(const Study& given, const Work& work, int rounds, const Note& note) {
    if (!given.file.empty() || !given.prompts.empty() || !given.strings.empty()) {
        misuse({.where = "bench_long",
                .expected = setting("long") + " with texts of its own",
                .came = setting("prompt") + " or " + setting("file"),
                .advice = "leave them out, or leave out " + setting("long")});
    }
    const Study study = bench_study(given, work, 1);
    const auto model = Model::load(plans_of(study, work).factual.model, {.vocabulary_only = true});
    Prompts apart(one_token(study_with(study, long_prompts(*model, kApart, 0))), work, note);
    Prompts under_one(one_token(study_with(study, long_prompts(*model, kUnderOne, kShared))), work,
                      note);
    Corpus corpus(study_with(study, cut_corpus(bench_text(0, 2 * kChunk * kChunks), "the openings",
                                               *model, kChunk, kChunks)),
                  work, note);
    LongBench bench{
        .rounds = rounds,
        .worlds = {},
        .rates = {},
        .rows = {
            {{.name = "6 prompts of 1,200 tokens",
              .key = "prompts_apart",
              .work = CallKind::prompt},
             {.name = "24 under one head of 1,000",
              .key = "prompts_shared",
              .work = CallKind::prompt},
             {.name = "corpus, 10 chunks of 512", .key = "corpus", .work = CallKind::forced}}}};
    for (const auto& world : study.worlds) {
        bench.worlds.push_back(describe(world));
    }
    std::array<std::vector<double>, 3> rates;
    std::vector<std::vector<TextRate>> alone;
    for (int round = 0; round < rounds; ++round) {
        alone.push_back(apart.session().measure_text_rates(kTextShapes));
        const std::array<Turn, 3> turns{apart.measure(), under_one.measure(), corpus.measure()};
        for (std::size_t i = 0; i < turns.size(); ++i) {
            rates[i].push_back(static_cast<double>(turns[i].needed) / turns[i].seconds);
            bench.rows[i].needed = turns[i].needed;
        }
        if (note) {
            note(fmt::format("round {}: {:.0f}, {:.0f} and {:.0f} rows/s", round + 1,
                             rates[0].back(), rates[1].back(), rates[2].back()));
        }
    }
    bench.rates = medians(alone);
    for (std::size_t i = 0; i < rates.size(); ++i) {
        bench.rows[i].rate = median(rates[i]);
        bench.rows[i].keeps = best(bench.rates, bench.rows[i].work, false);
        bench.rows[i].any = best(bench.rates, bench.rows[i].work, true);
    }
    return bench;
}

}  // namespace otherwise
