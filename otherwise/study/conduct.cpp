#include "otherwise/study/conduct.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "otherwise/measure/law_at.h"
#include "otherwise/study/run_reader.h"

namespace otherwise {
namespace {

constexpr double kStays = 0.99;  // from here on nobody asks what else it would have become
constexpr int kMostOutcomes = 8;

/// Some strings of a scene as a scene of their own; a string may be there several times.
class Part {
public:
    Part(const Scene& scene, std::vector<int> strings)
        : strings_(std::move(strings)),
          scene_{.subjects = subjects_,
                 .factual = chosen(scene.factual),
                 .worlds = {},
                 .options = scene.options} {
        for (const auto& world : scene.worlds) {
            scene_.worlds.push_back(chosen(world));
        }
        for (const int string : strings_) {
            const auto i = static_cast<std::size_t>(string);
            subjects_.push_back(scene.subjects[i]);
        }
    }

    ~Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

    [[nodiscard]] const Scene& scene() const { return scene_; }
    [[nodiscard]] Scene& scene() { return scene_; }
    [[nodiscard]] std::vector<Subject>& subjects() { return subjects_; }
    /// The string of the whole scene.
    [[nodiscard]] int original(int string) const {
        return strings_[static_cast<std::size_t>(string)];
    }

private:
    [[nodiscard]] RunWorld chosen(const RunWorld& world) const {
        RunWorld part = world;
        part.prompts.clear();
        part.strings.clear();
        for (const int string : strings_) {
            if (!world.strings.empty()) {
                part.strings.push_back(world.runs_on(string));
            }
            part.prompts.push_back(world.prompts[static_cast<std::size_t>(string)]);
        }
        return part;
    }

    std::vector<int> strings_;
    std::vector<Subject> subjects_;
    Scene scene_;
};

std::vector<int> waiting_strings(const RunHead& head) {
    std::vector<int> waiting;
    for (std::size_t i = 0; i < head.strings.size(); ++i) {
        if (head.shard.has(i) && head.strings[i].state == StringState::waiting) {
            waiting.push_back(static_cast<int>(i));
        }
    }
    return waiting;
}

int string_of(const RunHead& head, const std::string& id) {
    const auto found = std::ranges::find_if(
        head.strings, [&](const auto& string) { return string.subject.id == id; });
    return static_cast<int>(found - head.strings.begin());
}

/// The strings pass.
RunOutcome write_strings(const Scene& scene, RunWriter& writer, const RunCallbacks& callbacks) {
    const auto waiting = waiting_strings(writer.head());
    if (waiting.empty()) {
        return {};
    }
    const Part part(scene, waiting);
    RunOutcome report = run_worlds(part.scene().subjects, part.scene().factual, part.scene().worlds,
                                   part.scene().options,
                                   {.on_pair =
                                        [&](const Pair& of_part) {
                                            Pair pair = of_part;
                                            pair.string = part.original(of_part.string);
                                            writer.add(pair);
                                            writer.flush_sometimes();
                                            if (callbacks.on_pair) {
                                                callbacks.on_pair(pair);
                                            }
                                        },
                                    .on_progress = callbacks.on_progress,
                                    .cancelled = callbacks.cancelled});
    for (const auto& id : report.skipped) {
        writer.skip(string_of(writer.head(), id));
    }
    if (!report.cancelled) {
        for (const int string : waiting_strings(writer.head())) {
            writer.finish(string);  // nothing was to be written for it
        }
    }
    writer.flush();
    return report;
}

/// What each token of a draw would have become, gathered from several threads.
class Outcomes {
public:
    void add(int draw, int world, int position, const Law& factual, const Law& other, Token w) {
        if (compare(factual, other, w).stay >= kStays) {
            return;
        }
        Becomes becomes{.position = position};
        for (const auto& outcome : law_at(factual, other, w, kMostOutcomes).outcomes) {
            becomes.tokens.emplace_back(outcome.token, outcome.probability);
        }
        const std::scoped_lock lock(mutex_);
        of_[{draw, world}].push_back(std::move(becomes));
    }

    [[nodiscard]] std::vector<Becomes> take(int draw, int world) {
        auto node = of_.extract({draw, world});
        if (node.empty()) {
            return {};
        }
        std::ranges::sort(node.mapped(), {}, &Becomes::position);
        return std::move(node.mapped());
    }

private:
    std::mutex mutex_;
    std::map<std::pair<int, int>, std::vector<Becomes>> of_;
};

/// A stored factual string whose laws are missing.
struct MissingLaw {
    int string = 0;
    int sample = 0;
    bool observed = false;
    std::shared_ptr<const Written> written;
};

std::vector<MissingLaw> missing_laws(const std::filesystem::path& path) {
    const RunReader reader(path);
    const auto draws = reader.draws_without_law();
    std::vector<MissingLaw> missing;
    auto next = draws.begin();
    reader.each_draw([&](int string, int sample, bool observed, const auto& written) {
        if (next != draws.end() && *next == std::pair(string, sample)) {
            missing.push_back(
                {.string = string, .sample = sample, .observed = observed, .written = written});
            ++next;
        }
    });
    return missing;
}

/// The laws pass: the stored strings as if they had been observed, once each.
LawOutcome write_laws(const Scene& scene, const std::filesystem::path& path, RunWriter& writer,
                      const RunCallbacks& callbacks) {
    const auto missing = missing_laws(path);
    if (missing.empty()) {
        return {};
    }
    std::vector<int> strings;
    std::ranges::transform(missing, std::back_inserter(strings), &MissingLaw::string);
    Part part(scene, strings);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        part.subjects()[i].observed = missing[i].written->tokens;
        part.subjects()[i].sampled = !missing[i].observed;
    }
    part.scene().options.samples = 1;
    // A sampled token is impossible only where the model is not batch invariant.
    part.scene().options.skip_impossible = true;

    Outcomes outcomes;
    std::vector<bool> seen(missing.size());
    std::size_t done = 0;
    const LawOptions options{.on_position = [&](const Draw& draw, int world, int position,
                                                const Law& factual, const Law& other) {
        const auto t = static_cast<std::size_t>(position);
        outcomes.add(draw.string, world, position, factual, other, draw.written->tokens[t]);
    }};
    return run_laws(part.scene(), options,
                    {.on_string =
                         [&](const StringLaw& of_part) {
                             const auto draw = static_cast<std::size_t>(of_part.string);
                             StringLaw law = of_part;
                             law.string = missing[draw].string;
                             law.sample = missing[draw].sample;
                             law.observed = missing[draw].observed;
                             writer.add(law, outcomes.take(of_part.string, of_part.world));
                             seen[draw] = true;
                         },
                     .on_progress =
                         [&](long last, long total) {
                             for (; done < static_cast<std::size_t>(last); ++done) {
                                 writer.law_done(missing[done].string, missing[done].sample,
                                                 !seen[done]);
                             }
                             writer.flush();
                             if (callbacks.on_law_progress) {
                                 callbacks.on_law_progress(last, total);
                             }
                         },
                     .cancelled = callbacks.cancelled});
}

/// What the worlds did to all strings of the file, after this run of some.
void merge_effects(RunOutcome& report, const std::filesystem::path& path, RunWriter& writer) {
    report.effects.resize(writer.head().worlds.size());
    const RunReader reader(path);
    for (std::size_t w = 0; w < report.effects.size(); ++w) {
        WorldEffect& effect = report.effects[w];
        if (effect.logits_differ || effect.prompt_differs || effect.forced) {
            writer.set_acted(w);
        }
        effect.logits_differ = effect.logits_differ || writer.head().worlds[w].acted;
        effect.longest = std::max(effect.longest, reader.longest(static_cast<int>(w)));
    }
}

}  // namespace

ConductOutcome conduct(const Scene& scene, const std::filesystem::path& path, RunWriter& writer,
                       const RunCallbacks& callbacks) {
    ConductOutcome report;
    const auto before = waiting_strings(writer.head()).size();
    const auto all = writer.head().strings.size();
    for (std::size_t i = 0; i < all; ++i) {
        report.strings_before += writer.head().shard.has(i) ? 1 : 0;
    }
    report.strings_before -= static_cast<long>(before);
    report.run = write_strings(scene, writer, callbacks);
    if (writer.head().laws && !report.run.cancelled) {
        report.laws = write_laws(scene, path, writer, callbacks);
    }
    report.cancelled = report.run.cancelled || report.laws.cancelled;
    merge_effects(report.run, path, writer);
    writer.end({.pairs = report.run.pairs,
                .seconds = report.run.seconds,
                .backend_seconds = report.run.backend.all,
                .law_seconds = report.laws.seconds});
    return report;
}

}  // namespace otherwise
