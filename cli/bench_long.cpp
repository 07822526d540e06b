// otherwise bench --long: long prompts, apart and under one head, and a corpus, beside llama.cpp in
// the best of the shapes that keep the bits and in the best of all.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/bench.h"
#include "cli/output.h"
#include "otherwise/api/kernels_json.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/corpus.h"
#include "otherwise/generate/needed_rows.h"
#include "otherwise/measure/law.h"

namespace otherwise::cli {
namespace {

constexpr int kPrompt = 1200;  // tokens
constexpr int kShared = 1000;  // of these, where prompts share a head
constexpr int kChunk = 512;
constexpr int kApart = 6;  // prompts, or chunks
constexpr int kUnderOne = 24;
constexpr int kChunks = 10;

void note(const std::string& line) { fmt::print(stderr, "{}\n", line); }

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

struct Measured {
    double seconds = 0.0;
    long needed = 0;  // rows
};

/// Prompts, of each of which one token is written.
class Prompts {
public:
    Prompts(const BenchArguments& arguments, const std::vector<InputString>& strings)
        : session_(factual_plan(arguments.run), bench_plans(arguments), strings,
                   options(arguments.run), note) {
        (void)session_.run({});  // warms up
    }

    Measured measure() {
        const auto report = session_.run({});
        const Scene scene = session_.scene();
        Measured measured{.seconds = report.seconds, .needed = needed(scene.factual)};
        for (std::size_t world = 0; world < scene.worlds.size(); ++world) {
            measured.needed += session_.shares_network(world) ? 0 : needed(scene.worlds[world]);
        }
        return measured;
    }
    [[nodiscard]] Session& session() { return session_; }

private:
    static SessionOptions options(const RunArguments& arguments) {
        auto options = session_options(arguments);
        options.null_strings = FloorStrings::none;
        options.nudge_strings = FloorStrings::none;
        options.tokens = 1;
        return options;
    }
    static long needed(const RunWorld& world) {
        std::vector<const Tokens*> prompts;
        for (const auto& prompt : world.prompts) {
            prompts.push_back(prompt.get());
        }
        return needed_prompt_rows(prompts, world.evaluator->shape());
    }

    Session session_;
};

class Corpus {
public:
    Corpus(const BenchArguments& arguments, const Model& model)
        : session_(factual_plan(arguments.run), bench_plans(arguments),
                   cut_corpus(bench_text(0, 2 * kChunk * kChunks), "the openings", model, kChunk,
                              kChunks),
                   options(arguments.run), note) {
        (void)run_laws(session_.scene(), {}, {});
    }

    Measured measure() {
        const auto report = run_laws(session_.scene(), {}, {});
        return {.seconds = report.seconds, .needed = report.rows.needed};
    }

private:
    static SessionOptions options(const RunArguments& arguments) {
        auto options = session_options(arguments);
        options.null_strings = FloorStrings::none;
        options.nudge_strings = FloorStrings::none;
        options.read_only = true;
        return options;
    }
    Session session_;
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

struct Row {
    const char* name;
    const char* key;
    CallKind work;
    std::vector<double> rates{};
    long needed = 0;

    void add(const Measured& measured) {
        rates.push_back(static_cast<double>(measured.needed) / measured.seconds);
        needed = measured.needed;
    }
};

std::string shapes_line(const std::vector<TextRate>& rates, CallKind work, bool keeps) {
    std::string line;
    for (const auto& [shape, rate, bits] : rates) {
        if (shape.work == work && bits == keeps) {
            line += fmt::format("  {} x {}: {:.0f}", shape.streams, shape.rows, rate);
        }
    }
    return fmt::format("    {:<14}{}\n", keeps ? "keep the bits" : "do not", line);
}

std::string report_text(const BenchArguments& arguments, const std::vector<TextRate>& rates,
                        const std::array<Row, 3>& rows) {
    std::string text = fmt::format(
        "llama.cpp alone, rows a second in the middle of a text, by streams x rows of a call, "
        "medians of {}\n",
        arguments.rounds);
    for (const auto& [work, name] :
         {std::pair{CallKind::prompt, "prompts of 1,200 tokens"},
          std::pair{CallKind::forced, "chunks of 512, logits of half"}}) {
        text += fmt::format("  {}\n{}{}", name, shapes_line(rates, work, true),
                            shapes_line(rates, work, false));
    }
    text += "\n" + bench_worlds_text(arguments.run);
    text += fmt::format("\n{:<34} {:>7} {:>28} {:>24}\n", "", "rows/s",
                        "of the best that keeps bits", "of the best of all");
    for (const auto& row : rows) {
        const double rate = median(row.rates);
        const double keeps = best(rates, row.work, false);
        const double any = best(rates, row.work, true);
        text += fmt::format("{:<34} {:>7.0f} {:>20.3f} ({:>5.0f}) {:>16.3f} ({:>5.0f})   {} rows\n",
                            row.name, rate, rate / keeps, keeps, rate / any, any, row.needed);
    }
    return text +
           "\nrows/s: the rows that are needed, a shared head once in each world, over the wall "
           "time, in the factual and the other worlds together\n";
}

nlohmann::ordered_json report_json(const std::vector<TextRate>& rates,
                                   const std::array<Row, 3>& rows) {
    nlohmann::ordered_json json;
    for (const auto& row : rows) {
        json[row.key] = {{"rows_per_second", median(row.rates)},
                         {"rows_needed", row.needed},
                         {"best_that_keeps_bits", best(rates, row.work, false)},
                         {"best_of_all", best(rates, row.work, true)}};
    }
    json["shapes"] = nlohmann::ordered_json::array();
    for (const auto& [shape, rate, bits] : rates) {
        json["shapes"].push_back({{"work", shape.work == CallKind::prompt ? "prompts" : "corpus"},
                                  {"tokens", shape.length},
                                  {"streams", shape.streams},
                                  {"rows", shape.rows},
                                  {"keeps_bits", bits},
                                  {"rows_per_second", rate}});
    }
    json.update(kernels_json());
    return json;
}

}  // namespace

int bench_long(const BenchArguments& arguments) {
    if (!arguments.run.study.file.empty() || !arguments.run.study.prompts.empty()) {
        misuse({.where = "bench_long",
                .expected = "--long with texts of its own",
                .came = "-p or -f",
                .advice = "leave them out, or leave out --long"});
    }
    const auto model = bench_vocabulary(arguments.run);
    Prompts apart(arguments, long_prompts(*model, kApart, 0));
    Prompts under_one(arguments, long_prompts(*model, kUnderOne, kShared));
    Corpus corpus(arguments, *model);
    std::array<Row, 3> rows{
        Row{.name = "6 prompts of 1,200 tokens", .key = "prompts_apart", .work = CallKind::prompt},
        Row{.name = "24 under one head of 1,000",
            .key = "prompts_shared",
            .work = CallKind::prompt},
        Row{.name = "corpus, 10 chunks of 512", .key = "corpus", .work = CallKind::forced}};
    std::vector<std::vector<TextRate>> rounds;
    for (int round = 0; round < arguments.rounds; ++round) {
        rounds.push_back(apart.session().measure_text_rates(kTextShapes));
        rows[0].add(apart.measure());
        rows[1].add(under_one.measure());
        rows[2].add(corpus.measure());
        note(fmt::format("round {}: {:.0f}, {:.0f} and {:.0f} rows/s", round + 1,
                         rows[0].rates.back(), rows[1].rates.back(), rows[2].rates.back()));
    }
    const auto rates = medians(rounds);
    Output("-").write(arguments.run.json ? report_json(rates, rows).dump(2) + "\n"
                                         : report_text(arguments, rates, rows));
    return 0;
}

}  // namespace otherwise::cli
