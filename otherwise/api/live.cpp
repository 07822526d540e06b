#include "otherwise/api/live.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/law_question.h"
#include "otherwise/api/live_opening.h"
#include "otherwise/api/live_states.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/law.h"
#include "otherwise/measure/law_jsonl.h"
#include "otherwise/model/backends.h"

namespace otherwise {
namespace {

constexpr const char* kNull = "null";

/// A study without floors but the null world, one sample a string.
Study live_study(Study study) {
    study.samples = 1;
    study.nudge_strings = FloorStrings::none;
    study.independent = false;
    study.null_strings =
        study.null_strings == FloorStrings::all ? FloorStrings::all : FloorStrings::none;
    return study;
}

bool asks_null(const Study& study) { return study.null_strings == FloorStrings::all; }

/// At the end of a question, however it ends.
template <typename State>
class Closing {
public:
    explicit Closing(State& state) : state_(state) {}
    ~Closing() { state_.close(); }
    Closing(const Closing&) = delete;
    Closing& operator=(const Closing&) = delete;

private:
    State& state_;
};

LiveResult timed(const std::function<LiveResult()>& work) {
    const auto start = std::chrono::steady_clock::now();
    LiveResult result = work();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    result.seconds = seconds.count();
    return result;
}

}  // namespace

class LiveStudy::State {
public:
    State(Work work, std::shared_ptr<LiveKept> kept) : opening_(std::move(work), std::move(kept)) {}

    LiveResult evaluate(const Study& given, int sample, const LiveEvents& events);
    LiveResult laws(const Study& given, int sample, const LiveEvents& events);
    SweepTable sweep(const Study& given, int sample, const std::string& sweep,
                     const LiveEvents& events);
    ThresholdTable threshold(const Study& given, int sample, const std::string& threshold,
                             const LiveEvents& events);
    TokenTable token(const Study& given, int sample, const std::string& string, int position,
                     int top, const LiveEvents& events);
    /// Gives back what the next question may need.
    void close() { opening_.close(); }

private:
    using Made = std::map<std::string, LiveState>;  // by world

    [[nodiscard]] static bool is_cancelled(const LiveEvents& events) {
        return events.cancelled && events.cancelled();
    }
    [[nodiscard]] KeptValues& values() { return *opening_.kept().values; }
    [[nodiscard]] Session& session() { return opening_.opened().session(); }
    [[nodiscard]] Study settled(Study study) const;
    [[nodiscard]] std::shared_ptr<KnownStrings> known_strings(const Study& study, int sample);
    [[nodiscard]] bool show_kept(const std::string& key, const LiveEvents& events);
    void open(const Study& study, int sample, const LiveEvents& events);
    void evaluate_rest(const Study& study, int sample, const LiveEvents& events,
                       LiveResult& result);
    [[nodiscard]] OpenedLaw open_question(const Study& given, const LawSettings& settings,
                                          int first, int samples, const LiveEvents& events);
    [[nodiscard]] LiveTokens tokens_of(int string, const std::string& world, int position,
                                       std::span<const Token> tokens);
    std::vector<std::string> write(const LiveEvents& events, Made& to);
    void read(int sample, const LiveEvents& events, Made& to);
    bool read_laws(int sample, const LawOptions& options, const LawCallbacks& callbacks);
    void keep(const Study& study, int sample, Made made);

    LiveOpening opening_;
    std::shared_ptr<KnownStrings> known_;  // of the study that is opened
};

/// As it is evaluated: one sample, the null world or none, its day.
Study LiveStudy::State::settled(Study study) const {
    start_backend({.cpu_variant = opening_.work().cpu_variant});
    study = live_study(std::move(study));
    return with_clock(study, plans_of(study, opening_.work()));
}

/// The factual strings, as far as they are known, where they are kept.
std::shared_ptr<KnownStrings> LiveStudy::State::known_strings(const Study& study, int sample) {
    constexpr std::size_t kString = 256;  // bytes beside its tokens
    const std::string key = "factual\n" + opening_.head(study, sample);
    auto known = values().find<KnownStrings>(key);
    if (!known) {
        known = std::make_shared<KnownStrings>();
        const auto tokens = sizeof(Token) * static_cast<std::size_t>(study.tokens);
        const auto strings = std::max(study.prompts.size(), study.strings.size());
        (void)values().replace(key, known, strings * (kString + tokens));
    }
    return known;
}

void LiveStudy::State::open(const Study& study, int sample, const LiveEvents& events) {
    known_ = known_strings(study, sample);
    const bool any = std::ranges::any_of(*known_, [](const auto& each) { return !each.empty(); });
    opening_.open(study, {.sample = sample, .laws = false, .known = any ? known_.get() : nullptr},
                  events);
    known_->resize(session().subjects().size());
}

LiveTokens LiveStudy::State::tokens_of(int string, const std::string& world, int position,
                                       std::span<const Token> tokens) {
    const Session& session = this->session();
    LiveTokens all{.string = session.subjects()[static_cast<std::size_t>(string)].id,
                   .world = world,
                   .position = position,
                   .tokens = {tokens.begin(), tokens.end()},
                   .pieces = {}};
    for (const Token token : tokens) {
        all.pieces.push_back(session.model().piece(token, true));
    }
    return all;
}

/// The strings of the opened worlds; factual ones are kept as they come. Returns warnings.
std::vector<std::string> LiveStudy::State::write(const LiveEvents& events, Made& to) {
    Session& session = this->session();
    const auto& names = session.world_names();
    RunCallbacks callbacks{.cancelled = events.cancelled};
    callbacks.on_pair = [&](const Pair& pair) {
        const auto& world = names[static_cast<std::size_t>(pair.world)];
        LiveState one{.strings = {tokens_of(pair.string, "factual", 0, pair.factual->tokens),
                                  tokens_of(pair.string, world, 0, pair.counterfactual.tokens)},
                      .pairs = {to_jsonl(pair, opening_.opened().context(pair))},
                      .laws = {}};
        show(one, events);
        LiveState& all = to[world];
        std::ranges::move(one.strings, std::back_inserter(all.strings));
        std::ranges::move(one.pairs, std::back_inserter(all.pairs));
    };
    callbacks.on_factual = [&](int string, int /*sample*/, const auto& whole) {
        const auto i = static_cast<std::size_t>(string);
        if (!whole->observed) {  // laws of observed ones are too large to keep
            (*known_)[i] = {whole};
        }
    };
    if (events.on_tokens) {
        callbacks.on_tokens = [&](const Writing& piece) {
            events.on_tokens(tokens_of(
                piece.string,
                piece.world < 0 ? "factual" : names[static_cast<std::size_t>(piece.world)],
                piece.position, piece.tokens));
        };
    }
    return session.verdict(session.run(callbacks));
}

/// Reads the factual strings, which are known, in all worlds. False where it was cancelled.
bool LiveStudy::State::read_laws(int sample, const LawOptions& options,
                                 const LawCallbacks& callbacks) {
    Session& session = this->session();
    const Scene whole = session.scene();
    std::vector<Subject> subjects = session.subjects();
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        if (!subjects[i].observed && !(*known_)[i].empty()) {
            subjects[i].observed = (*known_)[i].front()->written->tokens;
            subjects[i].sampled = true;
        }
    }
    Scene scene{.subjects = subjects,
                .factual = whole.factual,
                .worlds = whole.worlds,
                .options = whole.options};
    scene.options.known.clear();
    scene.options.skip_impossible = true;  // what was refused was refused while it was written
    LawCallbacks numbered = callbacks;
    numbered.on_string = [&](const StringLaw& law) {
        const auto& subject = session.subjects()[static_cast<std::size_t>(law.string)];
        StringLaw mine = law;
        mine.sample = subject.observed ? 0 : sample;
        mine.observed = subject.observed.has_value();
        callbacks.on_string(mine);
    };
    return !run_laws(scene, options, numbered).cancelled;
}

void LiveStudy::State::read(int sample, const LiveEvents& events, Made& to) {
    const Session& session = this->session();
    const auto take = [&](const StringLaw& law) {
        const auto& world = session.world_names()[static_cast<std::size_t>(law.world)];
        const std::string line = to_jsonl(
            law, {.id = session.subjects()[static_cast<std::size_t>(law.string)].id,
                  .world = world,
                  .piece = [&session](Token token) { return session.model().piece(token, true); }});
        to[world].laws.push_back(line);
        if (events.on_law) {
            events.on_law(line);
        }
    };
    (void)read_laws(sample, {},
                    {.on_string = take,
                     .on_progress = [](long /*done*/, long /*total*/) {},
                     .cancelled = events.cancelled});
}

void LiveStudy::State::keep(const Study& study, int sample, Made made) {
    const auto put = [&](const std::string& key, LiveState state) {
        const std::size_t bytes = bytes_of(state);
        (void)values().replace(key, std::make_shared<LiveState>(std::move(state)), bytes);
    };
    const auto keys = opening_.keys(study, sample);
    for (std::size_t w = 0; w < keys.size(); ++w) {
        put(keys[w], std::move(made[study.worlds[w].name]));
    }
    if (asks_null(study)) {
        put(opening_.head(study, sample) + kNull, std::move(made[kNull]));
    }
}

bool LiveStudy::State::show_kept(const std::string& key, const LiveEvents& events) {
    const auto found = values().find<LiveState>(key);
    if (found) {
        show(*found, events);
    }
    return found != nullptr;
}

/// Writes and reads the worlds that were not there, and keeps them.
void LiveStudy::State::evaluate_rest(const Study& study, int sample, const LiveEvents& events,
                                     LiveResult& result) {
    Made made;
    open(study, sample, events);
    result.warnings = write(events, made);
    if (!is_cancelled(events)) {
        read(sample, events, made);
    }
    result.prompt_rows_kept = opening_.kept().contexts->spared();
    result.cancelled = is_cancelled(events);
    result.evaluated = session().world_names();
    if (!result.cancelled) {
        keep(study, sample, std::move(made));
    }
}

LiveResult LiveStudy::State::evaluate(const Study& given, int sample, const LiveEvents& events) {
    LiveResult result;
    Study study = settled(given);
    result.anew = opening_.prepare(study, events);
    const auto keys = opening_.keys(study, sample);
    std::vector<World> rest;
    for (std::size_t w = 0; w < keys.size(); ++w) {
        const World& world = study.worlds[w];
        if (show_kept(keys[w], events)) {
            result.kept.push_back(world.name);
        } else {
            rest.push_back(world);
        }
    }
    study.worlds = std::move(rest);
    if (asks_null(study) && show_kept(opening_.head(study, sample) + kNull, events)) {
        result.kept.emplace_back(kNull);
        study.null_strings = FloorStrings::none;
    }
    if (!study.worlds.empty() || asks_null(study)) {
        evaluate_rest(study, sample, events, result);
    }
    return result;
}

/// The string alone, its factual text under its head: written first where it is not known.
TokenTable LiveStudy::State::token(const Study& given, int sample, const std::string& string,
                                   int position, int top, const LiveEvents& events) {
    const LiveEvents silent{.cancelled = events.cancelled, .note = events.note};
    if (evaluate(given, sample, silent).cancelled) {
        return {};
    }
    Study study = settled(given);
    study.null_strings = FloorStrings::none;
    open(study, sample, events);
    const Session& session = this->session();
    const auto found = std::ranges::find(session.subjects(), string, &Subject::id);
    const auto index = static_cast<int>(found - session.subjects().begin());
    TokenTable table;
    std::vector<std::optional<TokenLaw>> laws(session.world_names().size());
    std::size_t length = 0;
    LawOptions options;
    options.on_position = [&](const Draw& draw, int world, int at, const Law& factual,
                              const Law& other) {
        if (draw.string == index && at == position) {
            laws[static_cast<std::size_t>(world)] =
                law_at(factual, other, draw.written->tokens[static_cast<std::size_t>(at)], top);
        }
    };
    table.known = read_laws(
        sample, options,
        {.on_string =
             [&](const StringLaw& law) { length = law.string == index ? law.stay.size() : length; },
         .on_progress = [](long /*done*/, long /*total*/) {},
         .cancelled = events.cancelled});
    if (table.known && (position < 0 || static_cast<std::size_t>(position) >= length)) {
        misuse({.where = "LiveStudy::token",
                .expected = "a string of the study and a position within its tokens, from 0",
                .came = "'" + string + "', " + std::to_string(position)});
    }
    add_laws(table, std::move(laws), session.world_names(), session.model());
    return table;
}

/// Factual strings that are not known are drawn by the laws themselves.
LiveResult LiveStudy::State::laws(const Study& given, int sample, const LiveEvents& events) {
    LiveResult result;
    const Study study = settled(given);
    result.anew = opening_.prepare(study, events);
    Made made;
    open(study, sample, events);
    read(sample, events, made);
    result.cancelled = is_cancelled(events);
    result.evaluated = session().world_names();
    return result;
}

/// Opened for what is asked of `samples` samples from `first` on, without probes where the remedy
/// is known.
OpenedLaw LiveStudy::State::open_question(const Study& given, const LawSettings& settings,
                                          int first, int samples, const LiveEvents& events) {
    Study study = settled(given);
    check_law(study, settings);
    LawQuestion question = law_question(study, settings);
    question.study.samples = samples;
    (void)opening_.prepare(question.study, events);
    opening_.open(question.study, {.sample = first, .laws = true, .known = nullptr}, events);
    return opened_for(opening_.take(), settings, std::move(question));
}

SweepTable LiveStudy::State::sweep(const Study& given, int sample, const std::string& sweep,
                                   const LiveEvents& events) {
    auto opened = open_question(given, {.sweep = sweep}, 0, sample + 1, events);
    return law_sweep(opened, {.cancelled = events.cancelled});
}

ThresholdTable LiveStudy::State::threshold(const Study& given, int sample,
                                           const std::string& threshold, const LiveEvents& events) {
    auto opened = open_question(given, {.threshold = threshold}, sample, 1, events);
    return law_threshold(opened, {.cancelled = events.cancelled});
}

LiveStudy::LiveStudy(Work work, std::shared_ptr<LiveKept> kept)
    : state_(std::make_unique<State>(std::move(work), std::move(kept))) {}
LiveStudy::~LiveStudy() = default;

LiveResult LiveStudy::evaluate(const Study& study, int sample, const LiveEvents& events) {
    const Closing<State> closing(*state_);
    return timed([&] { return state_->evaluate(study, sample, events); });
}

LiveResult LiveStudy::laws(const Study& study, int sample, const LiveEvents& events) {
    const Closing<State> closing(*state_);
    return timed([&] { return state_->laws(study, sample, events); });
}

SweepTable LiveStudy::sweep(const Study& study, int sample, const std::string& sweep,
                            const LiveEvents& events) {
    const Closing<State> closing(*state_);
    return state_->sweep(study, sample, sweep, events);
}

ThresholdTable LiveStudy::threshold(const Study& study, int sample, const std::string& threshold,
                                    const LiveEvents& events) {
    const Closing<State> closing(*state_);
    return state_->threshold(study, sample, threshold, events);
}

TokenTable LiveStudy::token(const Study& study, int sample, const std::string& string, int position,
                            int top, const LiveEvents& events) {
    const Closing<State> closing(*state_);
    return state_->token(study, sample, string, position, top, events);
}

}  // namespace otherwise
