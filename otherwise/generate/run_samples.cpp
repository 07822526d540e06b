#include "otherwise/generate/run_samples.h"

#include <cstdint>
#include <utility>

namespace otherwise {
namespace {

// Fresh noise for --independent: another seed, the same for every world.
constexpr std::uint64_t kFreshSeed = 0xA0761D6478BD642FULL;

}  // namespace

RunSamples::RunSamples(const std::vector<Subject>& subjects, const std::vector<RunWorld>& worlds,
                       const RunOptions& options)
    : subjects_(subjects), worlds_(worlds), options_(options) {
    for (const auto& world : worlds) {
        Rules rules = world.rules;
        rules.stop_at_divergence = options.stop_at_divergence;
        rules_.push_back(std::move(rules));
    }
}

int RunSamples::limit(int string) const {
    const Subject& subject = subjects_[static_cast<std::size_t>(string)];
    return subject.observed ? static_cast<int>(subject.observed->size()) : options_.tokens;
}

int RunSamples::worlds_of(int string) const {
    int count = 0;
    for (const auto& world : worlds_) {
        if (world.runs_on(string)) {
            count += has_fresh(world) ? 2 : 1;
        }
    }
    return count;
}

long RunSamples::pairs() const {
    long pairs = 0;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
        pairs += static_cast<long>(worlds_of(static_cast<int>(i))) * options_.samples;
    }
    return pairs;
}

Sample RunSamples::sample(int string, int number, bool independent) const {
    return {.string = string,
            .number = number,
            .first = options_.first_sample,
            .seed = independent ? options_.seed ^ kFreshSeed : options_.seed,
            .noise = subjects_[static_cast<std::size_t>(string)].noise,
            .independent = independent,
            .following = !independent};
}

std::vector<Sample> RunSamples::led(int string, int first, int last,
                                    const std::shared_ptr<FactualString>& reading) const {
    std::vector<Sample> samples;
    const auto add = [&](std::size_t world, bool independent) {
        for (int number = first; number < last; ++number) {
            Sample led = sample(string, number, independent);
            led.factual = reading;
            led.world = static_cast<int>(world);
            led.rules = &rules_[world];
            led.led = true;
            samples.push_back(std::move(led));
        }
    };
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        if (worlds_[world].shares && worlds_[world].runs_on(string)) {
            add(world, false);
            if (has_fresh(worlds_[world])) {
                add(world, true);
            }
        }
    }
    return samples;
}

}  // namespace otherwise
