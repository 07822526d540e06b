#include "otherwise/generate/run.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/generate/law_budget.h"
#include "otherwise/generate/run_pairs.h"
#include "otherwise/generate/run_samples.h"
#include "otherwise/generate/shelf.h"
#include "otherwise/generate/under_way.h"

namespace otherwise {
namespace {

/// The state of one run_worlds call.
class Run {
public:
    Run(const std::vector<Subject>& subjects, const RunWorld& factual,
        const std::vector<RunWorld>& worlds, const RunOptions& options,
        const RunCallbacks& callbacks);

    RunOutcome go();

private:
    [[nodiscard]] Writer make_writer(const RunWorld& world, const Rules& rules, int index) const;
    [[nodiscard]] bool more() const { return next_ < subjects_.size(); }
    [[nodiscard]] bool cancelled() const { return callbacks_.cancelled && callbacks_.cancelled(); }

    void clear_streams();
    bool admit();
    void push_observed(int string, std::size_t bytes);
    void push_sampled(int string);
    [[nodiscard]] bool is_known(int string) const {
        const auto i = static_cast<std::size_t>(string);
        return i < options_.known.size() && !options_.known[i].empty();
    }
    void check_known() const;
    void add_led(Bundle& bundle, int string, int first, int last);
    void write_factual(bool drain);
    void take_factual(Finished finished);
    void take_led(Finished finished);
    void refuse_or_skip(int string, const FactualString& read);
    void write_worlds(bool drain);
    void hand_over(int string, const std::vector<std::shared_ptr<const FactualString>>& samples);
    void push_samples(std::size_t world, int string, bool independent,
                      const std::vector<std::shared_ptr<const FactualString>>& samples);
    void record(std::size_t world, Finished finished);
    RunOutcome report(double seconds, const BackendTime& before);
    [[nodiscard]] BackendTime backend_time() const;

    const std::vector<Subject>& subjects_;
    const RunWorld& factual_;
    const std::vector<RunWorld>& worlds_;
    const RunOptions& options_;
    const RunCallbacks& callbacks_;

    RunSamples samples_;
    Writer factual_writer_;
    std::vector<Writer> writers_;
    PairShelf shelf_;
    std::size_t next_ = 0;  // first subject not yet admitted
    UnderWay under_way_;
    std::map<int, int> refused_;          // observed strings and their impossible positions
    std::map<int, std::string> skipped_;  // ids
    LawBudget laws_;
    bool full_ = false;  // the last admission stopped for lack of memory
    RunOutcome report_;
    long total_;
};

Run::Run(const std::vector<Subject>& subjects, const RunWorld& factual,
         const std::vector<RunWorld>& worlds, const RunOptions& options,
         const RunCallbacks& callbacks)
    : subjects_(subjects),
      factual_(factual),
      worlds_(worlds),
      options_(options),
      callbacks_(callbacks),
      samples_(subjects, worlds, options),
      factual_writer_(make_writer(factual, factual.rules, -1)),
      shelf_([this](const Pair& pair) {
          ++report_.pairs;
          if (callbacks_.on_pair) {
              callbacks_.on_pair(pair);
          }
      }),
      under_way_(options.samples),
      laws_(options.memory),
      total_(samples_.pairs()) {
    for (std::size_t world = 0; world < worlds.size(); ++world) {
        writers_.push_back(
            make_writer(worlds[world], samples_.rules(world), static_cast<int>(world)));
    }
    check_known();
    report_.effects.resize(worlds.size());
}

Writer Run::make_writer(const RunWorld& world, const Rules& rules, int index) const {
    WriterOptions options{.parallel = options_.parallel,
                          .threads = options_.threads,
                          .expect_same = world.expect_same,
                          .tiled_texts = options_.tiled_texts};
    if (callbacks_.on_tokens) {
        options.on_tokens = [this, index](const Sample& sample, int position,
                                          const Tokens& tokens) {
            callbacks_.on_tokens({.string = sample.string,
                                  .sample = sample.first + sample.number,
                                  .world = sample.world < 0 ? index : sample.world,
                                  .independent = sample.independent,
                                  .position = position,
                                  .tokens = tokens});
        };
    }
    return {*world.evaluator, rules, options};
}

/// Writers take turns on an evaluator only along one and the same factual string.
void Run::check_known() const {
    const bool shares = std::ranges::any_of(worlds_, &RunWorld::shares);
    for (std::size_t i = 0; i < options_.known.size(); ++i) {
        const auto samples = options_.known[i].size();
        if (samples > 0 && (shares || samples != static_cast<std::size_t>(options_.samples))) {
            fail({.where = "run_worlds",
                  .expected = "all samples of known strings, and worlds with evaluators of their "
                              "own",
                  .came = std::to_string(samples) + " of string '" + subjects_[i].id + "'"});
        }
    }
}

/// Lets the next strings in: as many samples as there are streams. False when none could be.
bool Run::admit() {
    full_ = false;
    int room = options_.parallel;
    bool any = false;
    for (; more() && room > 0; ++next_, any = true) {
        const Subject& subject = subjects_[next_];
        const auto string = static_cast<int>(next_);
        if (samples_.worlds_of(string) == 0) {  // only floors, and none of them here
            shelf_.expect(0);
            continue;
        }
        if (is_known(string)) {
            hand_over(string, options_.known[next_]);
            room -= options_.samples;
        } else if (subject.observed) {
            const std::size_t bytes =
                law_bytes(samples_.limit(string), factual_.evaluator->shape().n_vocab);
            if (!laws_.has_room(bytes)) {
                full_ = true;
                break;
            }
            push_observed(string, bytes);
            room -= 1;
        } else {
            push_sampled(string);
            room -= options_.samples;
        }
        shelf_.expect(samples_.worlds_of(string) * options_.samples);
    }
    return any;
}

/// Lets the samples [first, last) of the worlds that share the factual rows go along.
void Run::add_led(Bundle& bundle, int string, int first, int last) {
    auto led = samples_.led(string, first, last, bundle.reading);
    under_way_.lead(string, static_cast<int>(led.size()));
    std::ranges::move(led, std::back_inserter(bundle.samples));
}

void Run::push_observed(int string, std::size_t bytes) {
    const auto i = static_cast<std::size_t>(string);
    auto text = std::make_shared<FactualString>();
    text->observed = true;
    text->written = std::make_shared<Written>(factual_.rules.observed(*subjects_[i].observed));
    Bundle bundle{.prompt = factual_.prompts[i],
                  .written = {},
                  .samples = {{.string = string, .factual = text}},
                  .limit = samples_.limit(string),
                  .reading = text};
    under_way_.begin(string, 1);
    add_led(bundle, string, 0, options_.samples);
    factual_writer_.push(std::move(bundle));
    laws_.hold(string, bytes);
}

void Run::push_sampled(int string) {
    const auto i = static_cast<std::size_t>(string);
    under_way_.begin(string, options_.samples);
    each_bundle(
        factual_.prompts[i], options_.tokens, options_.samples, options_.parallel,
        [&](int number) { return samples_.sample(string, number, false); },
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
    if (!under_way_.take(std::move(finished))) {
        return;
    }
    const auto& samples = under_way_.samples(string);
    for (int number = 0; callbacks_.on_factual && number < options_.samples; ++number) {
        callbacks_.on_factual(string, options_.first_sample + number,
                              samples[static_cast<std::size_t>(number)]);
    }
    hand_over(string, samples);
    for (auto& early : under_way_.early(string)) {
        take_led(std::move(early));
    }
    under_way_.close(string);
}

/// A sample that was led makes a pair once all factual samples are whole.
void Run::take_led(Finished finished) {
    if (auto led = under_way_.take_led(std::move(finished))) {
        const int string = led->sample.string;
        const auto world = static_cast<std::size_t>(led->sample.world);
        record(world, *std::move(led));
        under_way_.close(string);
    }
}

void Run::refuse_or_skip(int string, const FactualString& read) {
    under_way_.leave_out(string);
    if (!options_.skip_impossible) {
        refused_[string] = read.impossible_at;
        return;
    }
    skipped_[string] = subjects_[static_cast<std::size_t>(string)].id;
    total_ -= static_cast<long>(samples_.worlds_of(string)) * options_.samples;
    laws_.release(string);
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
    each_bundle(
        worlds_[world].prompts[static_cast<std::size_t>(string)], samples_.limit(string),
        options_.samples, options_.parallel,
        [&](int number) {
            Sample sample = samples_.sample(string, number, independent);
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
    const RunWorld& in = worlds_[world];
    note_effect(finished.sample, finished.written, factual_, in, report_.effects[world]);
    const int string = finished.sample.string;
    if (shelf_.put(pair_of(std::move(finished), factual_, in, static_cast<int>(world)))) {
        laws_.release(string);
    }
    ++report_.finished;
    if (callbacks_.on_progress) {
        callbacks_.on_progress(report_.finished, total_);
    }
}

BackendTime Run::backend_time() const {
    std::set<const Evaluator*> each{factual_.evaluator};
    for (const auto& world : worlds_) {
        each.insert(world.evaluator);
    }
    return time_spent(each);
}

RunOutcome Run::report(double seconds, const BackendTime& before) {
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

RunOutcome Run::go() {
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

RunOutcome run_worlds(const std::vector<Subject>& subjects, const RunWorld& factual,
                      const std::vector<RunWorld>& worlds, const RunOptions& options,
                      const RunCallbacks& callbacks) {
    return Run(subjects, factual, worlds, options, callbacks).go();
}

}  // namespace otherwise
