#include "otherwise/generate/run.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/generate/reader.h"
#include "otherwise/generate/shelf.h"

namespace otherwise {
namespace {

// Fresh noise for --independent: another seed, the same for every world.
constexpr std::uint64_t kFreshSeed = 0xA0761D6478BD642FULL;

int common_prefix(const Tokens& a, const Tokens& b) {
    const auto [left, right] = std::ranges::mismatch(a, b);
    return static_cast<int>(left - a.begin());
}

/// The state of one run_worlds call.
class Run {
public:
    Run(const std::vector<Subject>& subjects, const RunWorld& factual,
        const std::vector<RunWorld>& worlds, const RunOptions& options,
        const RunCallbacks& callbacks);

    RunReport go();

private:
    [[nodiscard]] Writer make_writer(const RunWorld& world, bool factual) const;
    [[nodiscard]] bool more() const { return next_ < subjects_.size(); }
    [[nodiscard]] int limit(const Subject& subject) const {
        return subject.observed ? static_cast<int>(subject.observed->size()) : options_.tokens;
    }
    [[nodiscard]] int worlds_of(int string) const;
    [[nodiscard]] bool cancelled() const { return callbacks_.cancelled && callbacks_.cancelled(); }

    void clear_streams();
    bool admit();
    void read(std::vector<Observation> observations);
    void write_factual(bool drain);
    void write_worlds(bool drain);
    void hand_over(int string, const std::vector<std::shared_ptr<const FactualString>>& samples);
    void push_samples(std::size_t world, int string, bool independent,
                      const std::vector<std::shared_ptr<const FactualString>>& samples);
    void record(std::size_t world, Finished finished);
    void note_effect(std::size_t world, const Sample& sample, const Written& written);
    RunReport report(double seconds, const BackendTime& before);
    [[nodiscard]] BackendTime backend_time() const;

    const std::vector<Subject>& subjects_;
    const RunWorld& factual_;
    const std::vector<RunWorld>& worlds_;
    const RunOptions& options_;
    const RunCallbacks& callbacks_;

    Writer factual_writer_;
    std::vector<Writer> writers_;
    PairShelf shelf_;
    std::size_t next_ = 0;  // first subject not yet admitted
    std::map<int, std::vector<std::shared_ptr<const FactualString>>> factual_samples_;
    std::map<int, std::size_t> stored_;  // bytes of laws held for a string
    std::size_t stored_bytes_ = 0;
    bool full_ = false;  // the last admission stopped for lack of memory
    WriterCounts read_counts_;
    RunReport report_;
    long total_ = 0;
};

Run::Run(const std::vector<Subject>& subjects, const RunWorld& factual,
         const std::vector<RunWorld>& worlds, const RunOptions& options,
         const RunCallbacks& callbacks)
    : subjects_(subjects),
      factual_(factual),
      worlds_(worlds),
      options_(options),
      callbacks_(callbacks),
      factual_writer_(make_writer(factual, true)),
      shelf_([this](const Pair& pair) {
          ++report_.pairs;
          if (callbacks_.on_pair) {
              callbacks_.on_pair(pair);
          }
      }) {
    for (const auto& world : worlds) {
        writers_.push_back(make_writer(world, false));
    }
    report_.effects.resize(worlds.size());
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        total_ += static_cast<long>(worlds_of(static_cast<int>(i))) * options.samples;
    }
}

Writer Run::make_writer(const RunWorld& world, bool factual) const {
    Rules rules = world.rules;
    rules.stop_at_divergence = !factual && options_.stop_at_divergence;
    return {*world.evaluator, std::move(rules),
            WriterOptions{.parallel = options_.parallel,
                          .threads = options_.threads,
                          .expect_same = world.expect_same}};
}

/// Pairs that one sample of the string yields.
int Run::worlds_of(int string) const {
    int count = 0;
    for (const auto& world : worlds_) {
        if (world.runs_on(string)) {
            count += options_.independent && world.role == WorldRole::change ? 2 : 1;
        }
    }
    return count;
}

/// Lets the next strings in: as many samples as there are streams. False when none could be.
bool Run::admit() {
    full_ = false;
    int room = options_.parallel;
    std::vector<Observation> observations;
    std::size_t reading = 0;
    bool any = false;
    while (more() && room > 0) {
        const Subject& subject = subjects_[next_];
        const auto string = static_cast<int>(next_);
        if (worlds_of(string) == 0) {  // only floors, and none of them here
            shelf_.expect(0);
            any = true;
            ++next_;
            continue;
        }
        if (subject.observed) {
            const std::size_t bytes =
                law_bytes(limit(subject), factual_.evaluator->shape().n_vocab);
            if (options_.memory > 0 && stored_bytes_ + reading + bytes > options_.memory &&
                stored_bytes_ + reading > 0) {
                full_ = true;
                break;
            }
            reading += bytes;
            observations.push_back({.string = string,
                                    .id = subject.id,
                                    .prompt = factual_.prompts[next_],
                                    .tokens = *subject.observed});
            room -= 1;
        } else {
            for (int first = 0; first < options_.samples; first += options_.parallel) {
                Bundle bundle{.prompt = factual_.prompts[next_],
                              .written = {},
                              .samples = {},
                              .limit = options_.tokens};
                const int end = std::min(options_.samples, first + options_.parallel);
                for (int number = first; number < end; ++number) {
                    bundle.samples.push_back({.string = string,
                                              .number = number,
                                              .seed = options_.seed,
                                              .noise = subject.noise});
                }
                factual_writer_.push(std::move(bundle));
            }
            factual_samples_[string].resize(static_cast<std::size_t>(options_.samples));
            room -= options_.samples;
        }
        shelf_.expect(worlds_of(string) * options_.samples);
        any = true;
        ++next_;
    }
    read(std::move(observations));
    return any;
}

void Run::read(std::vector<Observation> observations) {
    if (observations.empty()) {
        return;
    }
    write_factual(true);  // strings under way hold the streams of the same evaluator
    if (cancelled()) {
        return;
    }
    auto strings = read_laws(*factual_.evaluator, factual_.rules, observations, options_.parallel,
                             options_.threads, factual_writer_.shared_head(), read_counts_);
    for (std::size_t i = 0; i < strings.size(); ++i) {
        auto& string = strings[i];
        if (string.impossible_at >= 0) {
            if (!options_.skip_impossible) {
                const auto t = static_cast<std::size_t>(string.impossible_at);
                refuse_impossible(options_, observations[i].id, observations[i].tokens[t],
                                  string.impossible_at);
            }
            report_.skipped.push_back(observations[i].id);
            total_ -= static_cast<long>(worlds_of(string.string)) * options_.samples;
            shelf_.drop(string.string);
            continue;
        }
        std::size_t bytes = 0;
        for (const auto& law : string.factual->laws) {
            bytes += law.bytes();
        }
        stored_[string.string] = bytes;
        stored_bytes_ += bytes;
        hand_over(string.string, std::vector<std::shared_ptr<const FactualString>>(
                                     static_cast<std::size_t>(options_.samples), string.factual));
    }
}

void Run::write_factual(bool drain) {
    while (!cancelled() && factual_writer_.step(drain)) {
        for (auto& finished : factual_writer_.take()) {
            auto factual = std::make_shared<FactualString>();
            factual->written = std::make_shared<Written>(std::move(finished.written));
            factual->first_row = finished.sample.first_row;
            const int string = finished.sample.string;
            auto& samples = factual_samples_.at(string);
            samples[static_cast<std::size_t>(finished.sample.number)] = std::move(factual);
            if (std::ranges::all_of(samples,
                                    [](const auto& sample) { return sample != nullptr; })) {
                hand_over(string, std::exchange(samples, {}));
                factual_samples_.erase(string);
            }
        }
    }
}

void Run::hand_over(int string, const std::vector<std::shared_ptr<const FactualString>>& samples) {
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        if (!worlds_[world].runs_on(string)) {
            continue;
        }
        push_samples(world, string, false, samples);
        if (options_.independent && worlds_[world].role == WorldRole::change) {
            push_samples(world, string, true, samples);
        }
    }
}

void Run::push_samples(std::size_t world, int string, bool independent,
                       const std::vector<std::shared_ptr<const FactualString>>& samples) {
    const Subject& subject = subjects_[static_cast<std::size_t>(string)];
    for (int first = 0; first < options_.samples; first += options_.parallel) {
        Bundle bundle{.prompt = worlds_[world].prompts[static_cast<std::size_t>(string)],
                      .written = {},
                      .samples = {},
                      .limit = limit(subject)};
        const int end = std::min(options_.samples, first + options_.parallel);
        for (int number = first; number < end; ++number) {
            bundle.samples.push_back(
                {.string = string,
                 .number = number,
                 .seed = independent ? options_.seed ^ kFreshSeed : options_.seed,
                 .noise = subject.noise,
                 .independent = independent,
                 .factual = samples[static_cast<std::size_t>(number)],
                 .following = !independent});
        }
        writers_[world].push(std::move(bundle));
    }
}

void Run::write_worlds(bool drain) {
    for (std::size_t world = 0; world < writers_.size(); ++world) {
        while (!cancelled() && writers_[world].step(drain)) {
            for (auto& finished : writers_[world].take()) {
                record(world, std::move(finished));
            }
        }
    }
}

void Run::record(std::size_t world, Finished finished) {
    Sample& sample = finished.sample;
    note_effect(world, sample, finished.written);
    const auto string = static_cast<std::size_t>(sample.string);
    Pair pair{.string = sample.string,
              .sample = sample.number,
              .world = static_cast<int>(world),
              .role = worlds_[world].role,
              .independent = sample.independent,
              .observed = sample.factual->observed,
              .factual = sample.factual->written,
              .counterfactual = std::move(finished.written),
              .lcp = 0,
              .margin = sample.margin,
              .world_prompt = worlds_[world].prompts[string] == factual_.prompts[string]
                                  ? nullptr
                                  : worlds_[world].prompts[string]};
    pair.lcp = common_prefix(pair.factual->tokens, pair.counterfactual.tokens);
    if (shelf_.put(std::move(pair))) {
        const auto stored = stored_.find(sample.string);
        if (stored != stored_.end()) {
            stored_bytes_ -= stored->second;
            stored_.erase(stored);
        }
    }
    ++report_.finished;
    if (callbacks_.on_progress) {
        callbacks_.on_progress(report_.finished, total_);
    }
}

void Run::note_effect(std::size_t world, const Sample& sample, const Written& written) {
    WorldEffect& effect = report_.effects[world];
    effect.longest = std::max(effect.longest, static_cast<int>(written.tokens.size()));
    effect.logits_differ = effect.logits_differ || sample.first_row != sample.factual->first_row;
    const auto string = static_cast<std::size_t>(sample.string);
    effect.prompt_differs =
        effect.prompt_differs || *worlds_[world].prompts[string] != *factual_.prompts[string];
    for (const auto& [position, token] : worlds_[world].rules.forced) {
        const auto& tokens = sample.factual->written->tokens;
        const auto t = static_cast<std::size_t>(position);
        if (t < written.tokens.size() && (t >= tokens.size() || tokens[t] != token)) {
            effect.forced = true;
        }
    }
}

BackendTime Run::backend_time() const {
    std::set<const Evaluator*> each{factual_.evaluator};
    for (const auto& world : worlds_) {
        each.insert(world.evaluator);
    }
    return time_spent(each);
}

RunReport Run::report(double seconds, const BackendTime& before) {
    report_.seconds = seconds;
    report_.backend = backend_time() - before;
    report_.cancelled = cancelled();
    report_.strings = shelf_.strings_done();
    report_.factual = factual_writer_.counts();
    report_.factual += read_counts_;
    for (const auto& writer : writers_) {
        report_.worlds.push_back(writer.counts());
    }
    return std::move(report_);
}

/// A run that was cancelled or failed may have left something in the streams.
void Run::clear_streams() {
    const auto clear = [](Evaluator& evaluator) {
        for (int stream = 0; stream < evaluator.shape().n_streams; ++stream) {
            evaluator.trim(stream, 0);
        }
    };
    clear(*factual_.evaluator);
    for (const auto& world : worlds_) {
        clear(*world.evaluator);
    }
}

RunReport Run::go() {
    clear_streams();
    const auto start = std::chrono::steady_clock::now();
    const BackendTime backend_before = backend_time();
    while (more() && !cancelled()) {
        const bool admitted = admit();
        write_factual(!more());
        write_worlds(full_ && !admitted);
    }
    write_factual(true);
    write_worlds(true);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return report(seconds.count(), backend_before);
}

}  // namespace

void refuse_impossible(const RunOptions& options, const std::string& id, Token token,
                       int position) {
    const std::string text = options.token_text ? " '" + options.token_text(token) + "'" : "";
    fail({.where = "refuse_impossible",
          .expected = "observed tokens that the factual mechanism can write",
          .came = "token " + std::to_string(token) + text + " with probability 0 at position " +
                  std::to_string(position) + " of string '" + id + "'",
          .advice = "drop --temp/--top-k/--top-p/--min-p, or pass --skip-impossible"});
}

std::size_t law_bytes(int tokens, int n_vocab) {
    return static_cast<std::size_t>(tokens) * static_cast<std::size_t>(n_vocab) * sizeof(float);
}

RunReport run_worlds(const std::vector<Subject>& subjects, const RunWorld& factual,
                     const std::vector<RunWorld>& worlds, const RunOptions& options,
                     const RunCallbacks& callbacks) {
    return Run(subjects, factual, worlds, options, callbacks).go();
}

}  // namespace otherwise
