#include "otherwise/generate/draws.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace otherwise {
namespace {

void push_samples(Writer& writer, const Subject& subject, int string, const RunWorld& factual,
                  const RunOptions& options) {
    each_bundle(
        factual.prompts[static_cast<std::size_t>(string)], options.tokens, options.samples,
        options.parallel,
        [&](int number) {
            return Sample{.string = string,
                          .number = number,
                          .first = options.first_sample,
                          .seed = options.seed,
                          .noise = subject.noise};
        },
        [&](Bundle bundle) { writer.push(std::move(bundle)); });
}

Draw observed_draw(const Subject& subject, int string, int sample, const Rules& rules) {
    return {.string = string,
            .sample = sample,
            .observed = true,
            .written = std::make_shared<Written>(rules.observed(*subject.observed))};
}

}  // namespace

std::vector<Draw> draw_strings(const std::vector<Subject>& subjects, int first, int last,
                               const RunWorld& factual, const RunOptions& options, bool repeat,
                               const std::function<bool()>& cancelled) {
    Writer writer(*factual.evaluator, factual.rules,
                  {.parallel = options.parallel, .threads = options.threads});
    std::vector<Draw> draws;
    for (int string = first; string < last; ++string) {
        const Subject& subject = subjects[static_cast<std::size_t>(string)];
        if (!subject.observed) {
            push_samples(writer, subject, string, factual, options);
            continue;
        }
        for (int sample = 0; sample < (repeat ? options.samples : 1); ++sample) {
            draws.push_back(
                observed_draw(subject, string, options.first_sample + sample, factual.rules));
        }
    }
    while (writer.step(true)) {
        if (cancelled && cancelled()) {
            return {};
        }
        for (auto& finished : writer.take()) {
            draws.push_back({.string = finished.sample.string,
                             .sample = options.first_sample + finished.sample.number,
                             .observed = false,
                             .written = std::make_shared<Written>(std::move(finished.written))});
        }
    }
    std::ranges::sort(draws, {},
                      [](const Draw& draw) { return std::tuple(draw.string, draw.sample); });
    return draws;
}

}  // namespace otherwise
