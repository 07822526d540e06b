#include "otherwise/generate/reader.h"

#include <algorithm>
#include <cmath>

#include "otherwise/base/parallel.h"
#include "otherwise/generate/shared_head.h"
#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

/// One observed string on its way through the evaluator.
struct Reading {
    const Observation* observation = nullptr;
    ReadString result;
    int cached = 0;

    /// Tokens whose rows matter: the last written one predicts nothing that was observed.
    [[nodiscard]] int length() const {
        return static_cast<int>(observation->prompt->size() + observation->tokens.size()) - 1;
    }
    [[nodiscard]] Token at(int position) const {
        const auto i = static_cast<std::size_t>(position);
        const Tokens& prompt = *observation->prompt;
        return i < prompt.size() ? prompt[i] : observation->tokens[i - prompt.size()];
    }
};

Feed next_feed(const Reading& reading, int stream, const Shape& shape) {
    const int last_prompt = static_cast<int>(reading.observation->prompt->size()) - 1;
    const int head = tiled_head(last_prompt + 1, shape);
    const bool in_head = reading.cached < head;
    const int left = (in_head ? head : reading.length()) - reading.cached;
    int rows = next_rows(left, in_head ? shape.max_rows : shape.max_stream_rows, in_head, shape);
    if (shape.scoped_calls && reading.cached < last_prompt) {
        rows = std::min(rows, last_prompt - reading.cached);
    }
    Feed feed{.stream = stream, .position = reading.cached};
    for (int i = 0; i < rows; ++i) {
        feed.tokens.push_back(reading.at(reading.cached + i));
    }
    feed.wanted_from = std::clamp(last_prompt - reading.cached, 0, rows);
    feed.written_from = feed.wanted_from;
    return feed;
}

/// Keeps the laws of one feed's wanted rows.
void keep_laws(Reading& reading, const Feed& feed, const Evaluator& evaluator,
               const Rectangle& rectangle, int index, const Rules& rules, WalkScratch& scratch) {
    const int last_prompt = static_cast<int>(reading.observation->prompt->size()) - 1;
    for (int row = feed.wanted_from; row < static_cast<int>(feed.tokens.size()); ++row) {
        const int t = feed.position + row - last_prompt;
        const auto logits = evaluator.logits(rectangle.row_of(index, row));
        if (t == 0) {
            reading.result.factual->first_row = fingerprint(logits);
        }
        const Law law = world_law(logits, rules, scratch);
        const bool possible =
            std::isfinite(law.log_prob(reading.observation->tokens[static_cast<std::size_t>(t)]));
        if (!possible && reading.result.impossible_at < 0) {
            reading.result.impossible_at = t;
        }
        reading.result.factual->laws.emplace_back(law);
    }
}

/// Reads one group of strings, one to a stream.
void read_group(Evaluator& evaluator, const Rules& rules, std::span<Reading> group,
                SharedHead& head, std::vector<WalkScratch>& scratch, WriterCounts& counts) {
    Shape shape = evaluator.shape();
    for (std::size_t i = 0; i < group.size(); ++i) {
        const Tokens& prompt = *group[i].observation->prompt;
        if (i + 1 < group.size()) {
            head.learn(prompt, *group[i + 1].observation->prompt, false, counts);
        }
        group[i].cached = head.usable(prompt);
        head.give(group[i].cached, static_cast<int>(i));
    }
    shape.max_stream_rows = std::min(shape.max_stream_rows, shape.max_rows);
    const auto workers = static_cast<int>(scratch.size());
    while (true) {
        std::vector<Feed> feeds;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (group[i].cached < group[i].length()) {
                feeds.push_back(next_feed(group[i], static_cast<int>(i), shape));
            }
        }
        if (feeds.empty()) {
            break;
        }
        const auto free_stream = static_cast<int>(group.size());
        for (const auto& rectangle : pack(feeds, shape, free_stream)) {
            evaluate(evaluator, rectangle, feeds, free_stream);
            parallel_for(std::min(workers, rectangle.count), workers, [&](int worker) {
                for (int i = worker; i < rectangle.count; i += workers) {
                    const Feed& feed = feeds[static_cast<std::size_t>(rectangle.first + i)];
                    keep_laws(group[static_cast<std::size_t>(feed.stream)], feed, evaluator,
                              rectangle, i, rules, scratch[static_cast<std::size_t>(worker)]);
                }
            });
            counts.rows += rectangle.call.size();
            ++counts.calls;
        }
        for (const Feed& feed : feeds) {
            group[static_cast<std::size_t>(feed.stream)].cached +=
                static_cast<int>(feed.tokens.size());
            counts.needed += static_cast<long>(feed.tokens.size());
        }
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        evaluator.trim(static_cast<int>(i), 0);
    }
}

Reading start(const Observation& observation, const Rules& rules) {
    Reading reading;
    reading.observation = &observation;
    reading.result.string = observation.string;
    reading.result.factual = std::make_shared<FactualString>();
    reading.result.factual->observed = true;
    reading.result.factual->written = std::make_shared<Written>(
        Written{.tokens = observation.tokens,
                .ended = !observation.tokens.empty() && rules.is_end(observation.tokens.back())});
    return reading;
}

}  // namespace

std::vector<ReadString> read_laws(Evaluator& evaluator, const Rules& rules,
                                  const std::vector<Observation>& observations, int parallel,
                                  int threads, SharedHead& head, WriterCounts& counts) {
    std::vector<Reading> readings;
    readings.reserve(observations.size());
    for (const auto& observation : observations) {
        readings.push_back(start(observation, rules));
    }
    std::ranges::stable_sort(readings, std::greater<>{}, &Reading::length);
    std::vector<WalkScratch> scratch(static_cast<std::size_t>(std::max(1, threads)));
    for (std::size_t first = 0; first < readings.size();
         first += static_cast<std::size_t>(parallel)) {
        const auto count = std::min(readings.size() - first, static_cast<std::size_t>(parallel));
        read_group(evaluator, rules, std::span(readings).subspan(first, count), head, scratch,
                   counts);
    }
    std::vector<ReadString> results;
    results.reserve(readings.size());
    for (auto& reading : readings) {
        results.push_back(std::move(reading.result));
    }
    std::ranges::sort(results, {}, &ReadString::string);
    return results;
}

}  // namespace otherwise
