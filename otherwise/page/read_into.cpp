#include "otherwise/page/read_into.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "otherwise/base/parallel.h"
#include "otherwise/base/processors.h"

namespace otherwise {
namespace {

constexpr std::size_t kPairsAtOnce = 32;  ///< whose cosines are asked for together

/// What the options call, one thread at a time.
class Calls {
public:
    Calls(const RunReportOptions& options, long total) : options_(options), total_(total) {}

    [[nodiscard]] std::vector<double> cosines(std::span<const std::string> texts) {
        const std::scoped_lock lock(mutex_);
        return options_.cosines && !texts.empty() ? options_.cosines(texts) : std::vector<double>{};
    }
    void done(std::size_t pairs) {
        const std::scoped_lock lock(mutex_);
        done_ += static_cast<long>(pairs);
        if (options_.on_progress) {
            options_.on_progress(done_, total_);
        }
    }

private:
    const RunReportOptions& options_;
    std::mutex mutex_;
    long done_ = 0;
    long total_;
};

/// A pair with its texts.
struct Told {
    Pair pair;
    std::string factual;
    std::string counterfactual;

    Told(const StoredRun& run, const Pair& of)
        : pair(of), factual(run.text(*of.factual)), counterfactual(run.text(of.counterfactual)) {}

    [[nodiscard]] ReportEntry entry(const StoredRun& run, std::optional<double> cosine) const {
        const auto& string = run.head().strings.at(static_cast<std::size_t>(pair.string));
        return {.pair = pair,
                .id = string.subject.id,
                .prompt = string.subject.prompt,
                .prompt_tokens = string.prompt_length,
                .factual_text = factual,
                .counterfactual_text = counterfactual,
                .cosine = cosine};
    }
};

/// Measures pairs in groups, with their cosines where they are asked for.
class Measurer {
public:
    Measurer(const StoredRun& run, ReportBuilder& builder, Calls& calls, bool cosines)
        : run_(run), builder_(builder), calls_(calls), cosines_(cosines) {}

    void take(const Pair& pair) {
        waiting_.emplace_back(run_, pair);
        if (waiting_.size() == kPairsAtOnce) {
            flush();
        }
    }

    void flush() {
        const auto cosines = cosines_ ? calls_.cosines(texts()) : std::vector<double>{};
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            builder_.measure(waiting_[i].entry(
                run_, cosines.empty() ? std::nullopt : std::optional(cosines[i])));
        }
        calls_.done(waiting_.size());
        waiting_.clear();
    }

private:
    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> texts;
        for (const Told& told : waiting_) {
            texts.push_back(told.factual);
            texts.push_back(told.counterfactual);
        }
        return texts;
    }

    const StoredRun& run_;
    ReportBuilder& builder_;
    Calls& calls_;
    bool cosines_;
    std::vector<Told> waiting_;
};

std::vector<Becoming> becoming_of(const StoredRun& run, const StringLaw& law) {
    std::vector<Becoming> result;
    for (const Becomes& at : run.becomes(law.string, law.sample, law.world)) {
        Becoming becoming{.position = at.position, .alternatives = {}};
        for (const auto& [token, probability] : at.tokens) {
            const bool stays =
                token == law.written->tokens.at(static_cast<std::size_t>(at.position));
            if (!stays) {
                const Piece& piece = run.piece(token);
                becoming.alternatives.push_back({.piece = piece.ends ? piece.special : piece.bytes,
                                                 .probability = probability});
            }
        }
        result.push_back(std::move(becoming));
    }
    return result;
}

/// The texts of the first strings, with their laws.
void show_first(ReportBuilder& builder, const StoredRun& run, int strings) {
    const RunPart part{.strings = run.string_of_draw(strings) + 1};
    run.each_pair([&](const Pair& pair) { builder.show(Told(run, pair).entry(run, {})); }, part);
    run.each_law(
        [&](const StringLaw& law) {
            if (builder.shows(law.string, law.sample)) {
                builder.show(law, becoming_of(run, law));
            }
        },
        part);
}

/// One world's pairs or laws.
struct Task {
    int world = 0;
    bool laws = false;
};

}  // namespace

void read_into(ReportBuilder& builder, const StoredRun& run, const RunReportOptions& options) {
    const int worlds = static_cast<int>(run.head().worlds.size());
    Calls calls(options, run.pair_count());
    std::vector<std::atomic<int>> left(static_cast<std::size_t>(worlds));
    for (auto& tasks : left) {
        tasks = 2;
    }
    const auto measure = [&](const StoredRun& reader, Task task) {
        if (task.laws) {
            reader.each_law([&](const StringLaw& law) { builder.measure(law); },
                            {.world = task.world});
        } else {
            Measurer measurer(reader, builder, calls, options.cosines != nullptr);
            reader.each_pair([&](const Pair& pair) { measurer.take(pair); }, {.world = task.world});
            measurer.flush();
        }
        if (--left[static_cast<std::size_t>(task.world)] == 0) {
            builder.sum_up(task.world);
        }
    };
    parallel_for(1 + 2 * worlds, thread_count(options.threads), [&](int i) {
        const auto reader = run.again();
        if (i == 0) {  // first, for it is the longest where there are few worlds
            show_first(builder, *reader, options.strings);
        } else {
            measure(*reader, {.world = (i - 1) / 2, .laws = i % 2 == 0});
        }
    });
}

}  // namespace otherwise
