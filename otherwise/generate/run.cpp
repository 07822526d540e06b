#include "otherwise/generate/run.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
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
    /// A string whose factual samples are under way, or some that go along with them.
    struct UnderWay {
        std::vector<std::shared_ptr<const FactualString>> samples;
        int missing = 0;              // of them; 1 while an observed one is read
        int led = 0;                  // samples of worlds that share their rows
        std::vector<Finished> early;  // of these, whole before the factual ones
    };

    [[nodiscard]] Rules rules_of(const RunWorld& world, bool factual) const;
    [[nodiscard]] Writer make_writer(const RunWorld& world, bool factual) const;
    [[nodiscard]] bool more() const { return next_ < subjects_.size(); }
    [[nodiscard]] int limit(const Subject& subject) const {
        return subject.observed ? static_cast<int>(subject.observed->size()) : options_.tokens;
    }
    [[nodiscard]] int worlds_of(int string) const;
    [[nodiscard]] bool cancelled() const { return callbacks_.cancelled && callbacks_.cancelled(); }

    void clear_streams();
    bool admit();
    [[nodiscard]] bool has_room(std::size_t bytes) const {
        return options_.memory == 0 || stored_bytes_ == 0 ||
               stored_bytes_ + bytes <= options_.memory;
    }
    void push_observed(int string, std::size_t bytes);
    void push_sampled(int string);
    [[nodiscard]] Sample sample_of(int string, int number, bool independent) const;
    void add_led(Bundle& bundle, int string, int first, int last);
    void write_factual(bool drain);
    void take_factual(Finished finished);
    void take_led(Finished finished);
    void close(int string);
    void refuse_or_skip(int string, const FactualString& read);
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
    std::size_t next_ = 0;          // first subject not yet admitted
    std::vector<Rules> led_rules_;  // [worlds]
    std::map<int, UnderWay> under_way_;
    std::map<int, int> refused_;          // observed strings and their impossible positions
    std::map<int, std::string> skipped_;  // ids
    std::map<int, std::size_t> stored_;   // bytes of laws held for a string
    std::size_t stored_bytes_ = 0;
    bool full_ = false;  // the last admission stopped for lack of memory
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
        led_rules_.push_back(rules_of(world, false));
    }
    report_.effects.resize(worlds.size());
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        total_ += static_cast<long>(worlds_of(static_cast<int>(i))) * options.samples;
    }
}

Rules Run::rules_of(const RunWorld& world, bool factual) const {
    Rules rules = world.rules;
    rules.stop_at_divergence = !factual && options_.stop_at_divergence;
    return rules;
}

Writer Run::make_writer(const RunWorld& world, bool factual) const {
    return {*world.evaluator, rules_of(world, factual),
            WriterOptions{.parallel = options_.parallel,
                          .threads = options_.threads,
                          .expect_same = world.expect_same,
                          .tiled_texts = options_.tiled_texts}};
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
    bool any = false;
    for (; more() && room > 0; ++next_, any = true) {
        const Subject& subject = subjects_[next_];
        const auto string = static_cast<int>(next_);
        if (worlds_of(string) == 0) {  // only floors, and none of them here
            shelf_.expect(0);
            continue;
        }
        if (subject.observed) {
            const std::size_t bytes =
                law_bytes(limit(subject), factual_.evaluator->shape().n_vocab);
            if (!has_room(bytes)) {
                full_ = true;
                break;
            }
            push_observed(string, bytes);
            room -= 1;
        } else {
            push_sampled(string);
            room -= options_.samples;
        }
        shelf_.expect(worlds_of(string) * options_.samples);
    }
    return any;
}

/// A sample that has written nothing; `independent` of the factual one, under fresh noise.
Sample Run::sample_of(int string, int number, bool independent) const {
    return {.string = string,
            .number = number,
            .seed = independent ? options_.seed ^ kFreshSeed : options_.seed,
            .noise = subjects_[static_cast<std::size_t>(string)].noise,
            .independent = independent,
            .following = !independent};
}

/// The samples [first, last) in all worlds that share the factual rows, those of a world together.
void Run::add_led(Bundle& bundle, int string, int first, int last) {
    const auto add = [&](std::size_t world, bool independent) {
        for (int number = first; number < last; ++number) {
            Sample sample = sample_of(string, number, independent);
            sample.factual = bundle.reading;
            sample.world = static_cast<int>(world);
            sample.rules = &led_rules_[world];
            sample.led = true;
            bundle.samples.push_back(std::move(sample));
            ++under_way_[string].led;
        }
    };
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        if (worlds_[world].shares && worlds_[world].runs_on(string)) {
            add(world, false);
            if (options_.independent && worlds_[world].role == WorldRole::change) {
                add(world, true);
            }
        }
    }
}

void Run::push_observed(int string, std::size_t bytes) {
    const auto i = static_cast<std::size_t>(string);
    auto text = std::make_shared<FactualString>();
    text->observed = true;
    text->written = std::make_shared<Written>(factual_.rules.observed(*subjects_[i].observed));
    Bundle bundle{.prompt = factual_.prompts[i],
                  .written = {},
                  .samples = {{.string = string, .factual = text}},
                  .limit = limit(subjects_[i]),
                  .reading = text};
    under_way_[string].missing = 1;
    add_led(bundle, string, 0, options_.samples);
    factual_writer_.push(std::move(bundle));
    stored_[string] = bytes;
    stored_bytes_ += bytes;
}

void Run::push_sampled(int string) {
    const auto i = static_cast<std::size_t>(string);
    UnderWay& here = under_way_[string];
    here.missing = options_.samples;
    here.samples.resize(static_cast<std::size_t>(options_.samples));
    each_bundle(
        factual_.prompts[i], options_.tokens, options_.samples, options_.parallel,
        [&](int number) { return sample_of(string, number, false); },
        [&](Bundle bundle) {
            const int first = bundle.samples.front().number;
            add_led(bundle, string, first, first + static_cast<int>(bundle.samples.size()));
            factual_writer_.push(std::move(bundle));
        });
}

void Run::write_factual(bool drain) {
    while (!cancelled() && factual_writer_.step(drain || !refused_.empty())) {
        for (auto& finished : factual_writer_.take()) {
            if (finished.sample.world < 0) {
                take_factual(std::move(finished));
            } else {
                take_led(std::move(finished));
            }
        }
    }
    if (!refused_.empty() && !cancelled()) {  // all strings before it have been read, too
        const auto& [string, position] = *refused_.begin();
        const Subject& subject = subjects_[static_cast<std::size_t>(string)];
        const Tokens& tokens = *subject.observed;
        refuse_impossible(options_, subject.id, tokens[static_cast<std::size_t>(position)],
                          position);
    }
}

void Run::take_factual(Finished finished) {
    const int string = finished.sample.string;
    const auto text = finished.sample.factual;  // of an observed string
    if (text && text->impossible_at >= 0) {
        refuse_or_skip(string, *text);
        return;
    }
    UnderWay& here = under_way_.at(string);
    if (text) {
        here.samples.assign(static_cast<std::size_t>(options_.samples), text);
    } else {
        auto sampled = std::make_shared<FactualString>();
        sampled->written = std::make_shared<Written>(std::move(finished.written));
        sampled->first_row = finished.sample.first_row;
        here.samples[static_cast<std::size_t>(finished.sample.number)] = std::move(sampled);
    }
    if (--here.missing > 0) {
        return;
    }
    hand_over(string, here.samples);
    for (auto& early : std::exchange(here.early, {})) {
        take_led(std::move(early));
    }
    close(string);
}

/// A sample that was led makes a pair once all factual samples are whole.
void Run::take_led(Finished finished) {
    const auto found = under_way_.find(finished.sample.string);
    if (found == under_way_.end()) {
        return;  // of a string that is left out
    }
    UnderWay& here = found->second;
    if (here.missing > 0) {
        here.early.push_back(std::move(finished));
        return;
    }
    --here.led;
    finished.sample.factual = here.samples[static_cast<std::size_t>(finished.sample.number)];
    const int string = finished.sample.string;
    const auto world = static_cast<std::size_t>(finished.sample.world);
    record(world, std::move(finished));
    close(string);
}

void Run::close(int string) {
    const auto found = under_way_.find(string);
    if (found != under_way_.end() && found->second.missing == 0 && found->second.led == 0) {
        under_way_.erase(found);
    }
}

void Run::refuse_or_skip(int string, const FactualString& read) {
    under_way_.erase(string);
    if (!options_.skip_impossible) {
        refused_[string] = read.impossible_at;
        return;
    }
    skipped_[string] = subjects_[static_cast<std::size_t>(string)].id;
    total_ -= static_cast<long>(worlds_of(string)) * options_.samples;
    stored_bytes_ -= stored_.at(string);
    stored_.erase(string);
    shelf_.drop(string);
}

void Run::hand_over(int string, const std::vector<std::shared_ptr<const FactualString>>& samples) {
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        if (worlds_[world].shares || !worlds_[world].runs_on(string)) {
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
    each_bundle(
        worlds_[world].prompts[static_cast<std::size_t>(string)], limit(subject), options_.samples,
        options_.parallel,
        [&](int number) {
            Sample sample = sample_of(string, number, independent);
            sample.factual = samples[static_cast<std::size_t>(number)];
            return sample;
        },
        [&](Bundle bundle) { writers_[world].push(std::move(bundle)); });
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
    if (!sample.independent && !pair.unchanged()) {
        pair.divergence =
            divergence_of(pair, {.runner_up = sample.last.runner_up, .margin = sample.last.margin});
    }
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
    for (std::size_t world = 0; world < worlds_.size(); ++world) {
        report_.worlds.push_back(worlds_[world].shares
                                     ? factual_writer_.counts(static_cast<int>(world))
                                     : writers_[world].counts());
    }
    for (const auto& [string, id] : skipped_) {
        report_.skipped.push_back(id);
    }
    return std::move(report_);
}

/// A run that was cancelled or failed may have left something in the streams.
void Run::clear_streams() {
    const auto clear = [](Evaluator& evaluator) {
        for (int stream = 0; stream < evaluator.shape().n_streams; ++stream) {
            evaluator.trim(stream, 0);
        }
        evaluator.kept().clear();  // the last stream held it
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
        write_factual(!more() || full_);
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
          .advice = "drop " + setting("temp") + "/" + setting("top_k") + "/" + setting("top_p") +
                    "/" + setting("min_p") + ", or pass " + setting("skip_impossible")});
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
