#include "otherwise/api/live.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/live_remedy.h"
#include "otherwise/api/live_states.h"
#include "otherwise/base/error.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/law.h"
#include "otherwise/measure/law_jsonl.h"
#include "otherwise/model/backends.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

using Factual = std::vector<std::shared_ptr<const FactualString>>;  // [samples]

constexpr const char* kNull = "null";
constexpr std::size_t kMostHeads = 256;  // of factual strings that are kept

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

}  // namespace

class LiveStudy::State {
public:
    State(Work work, std::size_t most_kept) : work_(std::move(work)), kept_(most_kept) {
        if (!work_.models) {
            work_.models = std::make_shared<ModelCache>();
        }
    }

    LiveResult evaluate(const Study& given, int sample, const LiveEvents& events);
    LiveResult laws(const Study& given, int sample, const LiveEvents& events);
    TokenTable token(const Study& given, int sample, const std::string& string, int position,
                     int top, const LiveEvents& events);

private:
    [[nodiscard]] static bool is_cancelled(const LiveEvents& events) {
        return events.cancelled && events.cancelled();
    }
    [[nodiscard]] std::vector<WorldPlan> networks_of(const Study& study) const;
    [[nodiscard]] Study one_each(Study study) const;
    void open(const Study& study, int sample, const LiveEvents& events);
    [[nodiscard]] SessionOptions options_for(const Study& study, int sample) const;
    bool prepare(const Study& study, int sample, const LiveEvents& events);
    [[nodiscard]] LiveTokens tokens_of(int string, const std::string& world, int position,
                                       std::span<const Token> tokens) const;
    std::vector<std::string> write(const std::string& head, const LiveEvents& events,
                                   std::map<std::string, LiveState>& to);
    void read(int sample, const LiveEvents& events, std::map<std::string, LiveState>& to);
    bool read_laws(int sample, const LawOptions& options, const LawCallbacks& callbacks);
    void keep(const std::string& head, const Study& study, std::map<std::string, LiveState> made);
    void forget() {
        kept_.clear();
        factual_.clear();
    }

    Work work_;
    std::optional<FoundRemedy> remedy_;
    LiveStates kept_;                                      // by head and world
    std::map<std::string, std::vector<Factual>> factual_;  // by head; [subjects]
    std::unique_ptr<OpenedStudy> opened_;                  // the last one, which holds the models
};

std::vector<WorldPlan> LiveStudy::State::networks_of(const Study& study) const {
    Study plain = study;
    for (auto& world : plain.worlds) {
        world = at_one(std::move(world));
    }
    return plans_of(plain, work_).all();
}

/// Without probes where the remedy is known.
SessionOptions LiveStudy::State::options_for(const Study& study, int sample) const {
    SessionOptions options = session_options(study, work_);
    options.first_sample = sample;
    const auto known = factual_.find(head_of(study, sample));
    if (known != factual_.end()) {
        options.known_strings = known->second;
    }
    if (remedy_) {
        KnownProbes& probes = options.known.emplace();
        probes.repack = remedy_->repack;
        probes.least_rows = remedy_->least_rows;
        probes.fixed = remedy_->fixed;
        probes.probes.push_back({.world = "factual", .probe = {}});
        for (const auto& world : study.worlds) {
            probes.probes.push_back({.world = world.name, .probe = {}});
        }
        options.tiled = remedy_->tiled;
    }
    return options;
}

void LiveStudy::State::open(const Study& study, int sample, const LiveEvents& events) {
    const auto plans = plans_of(study, work_);
    const Note quiet = [](const std::string&) {};
    auto session =
        std::make_unique<Session>(plans.factual, plans.worlds, strings_of(study),
                                  options_for(study, sample), events.note ? events.note : quiet);
    opened_ = std::make_unique<OpenedStudy>(study, work_, std::move(session));
    work_.models->drop_unused();
    if (remedy_ && opened_->session().tiled()) {
        remedy_->tiled = true;
    }
}

/// The study with one world for each network, at strength 1.
Study LiveStudy::State::one_each(Study study) const {
    const auto networks = networks_of(study);  // of the worlds, then the factual one
    const auto worlds = std::exchange(study.worlds, {});
    std::vector<WorldPlan> seen{networks.back()};
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        if (!has_network(seen, networks[w])) {
            seen.push_back(networks[w]);
            study.worlds.push_back(at_one(worlds[w]));
        }
    }
    study.null_strings = FloorStrings::none;
    return study;
}

/// Finds the remedy where the networks are not those that it was found for. True where what was
/// kept is forgotten for it.
bool LiveStudy::State::prepare(const Study& study, int sample, const LiveEvents& events) {
    auto networks = networks_of(study);
    if (remedy_ && remedy_->fits(networks)) {
        return false;
    }
    const auto before = std::exchange(remedy_, std::nullopt);
    try {
        open(one_each(study), sample, events);
    } catch (...) {
        remedy_ = before;  // and what is kept is still true
        throw;
    }
    const Session& session = opened_->session();
    remedy_ = {.networks = std::move(networks),
               .repack = session.repacked(),
               .least_rows = session.least_rows(),
               .fixed = session.fixed_calls(),
               .tiled = session.tiled() ? std::optional(true) : std::nullopt};
    if (before && !before->same_bits(*remedy_)) {
        forget();
        return true;
    }
    return false;
}

LiveTokens LiveStudy::State::tokens_of(int string, const std::string& world, int position,
                                       std::span<const Token> tokens) const {
    const Session& session = opened_->session();
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
std::vector<std::string> LiveStudy::State::write(const std::string& head, const LiveEvents& events,
                                                 std::map<std::string, LiveState>& to) {
    Session& session = opened_->session();
    const auto& names = session.world_names();
    auto& factual = factual_[head];
    factual.resize(session.subjects().size());
    RunCallbacks callbacks{.cancelled = events.cancelled};
    callbacks.on_pair = [&](const Pair& pair) {
        const auto& world = names[static_cast<std::size_t>(pair.world)];
        LiveState one{.strings = {tokens_of(pair.string, "factual", 0, pair.factual->tokens),
                                  tokens_of(pair.string, world, 0, pair.counterfactual.tokens)},
                      .pairs = {to_jsonl(pair, opened_->context(pair))},
                      .laws = {}};
        show(one, events);
        LiveState& all = to[world];
        std::ranges::move(one.strings, std::back_inserter(all.strings));
        std::ranges::move(one.pairs, std::back_inserter(all.pairs));
    };
    callbacks.on_factual = [&](int string, int /*sample*/, const auto& whole) {
        const auto i = static_cast<std::size_t>(string);
        if (!whole->observed) {  // laws of observed ones are too large to keep
            factual[i] = {whole};
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
    Session& session = opened_->session();
    const Scene whole = session.scene();
    std::vector<Subject> subjects = session.subjects();
    const auto known = factual_.find(head_of(opened_->study(), sample));
    for (std::size_t i = 0; i < subjects.size() && known != factual_.end(); ++i) {
        if (!subjects[i].observed && !known->second[i].empty()) {
            subjects[i].observed = known->second[i].front()->written->tokens;
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
        mine.sample = subject.observed ? law.sample : sample;
        mine.observed = subject.observed.has_value();
        callbacks.on_string(mine);
    };
    return !run_laws(scene, options, numbered).cancelled;
}

void LiveStudy::State::read(int sample, const LiveEvents& events,
                            std::map<std::string, LiveState>& to) {
    const Session& session = opened_->session();
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

/// Keeps what was made; all that was kept before goes where it has become too much.
void LiveStudy::State::keep(const std::string& head, const Study& study,
                            std::map<std::string, LiveState> made) {
    if (kept_.full() || factual_.size() > kMostHeads) {
        auto factual = factual_.extract(head);
        forget();
        factual_.insert(std::move(factual));
    }
    for (const auto& world : study.worlds) {
        kept_.put(head + to_spec(world), std::move(made[world.name]));
    }
    if (asks_null(study)) {
        kept_.put(head + kNull, std::move(made[kNull]));
    }
}

LiveResult LiveStudy::State::evaluate(const Study& given, int sample, const LiveEvents& events) {
    const auto start = std::chrono::steady_clock::now();
    LiveResult result;
    start_backend({.cpu_variant = work_.cpu_variant});
    Study study = live_study(given);
    study = with_clock(study, plans_of(study, work_));
    result.anew = prepare(study, sample, events);
    const std::string head = head_of(study, sample);
    const auto is_kept = [&](const std::string& name, const std::string& key) {
        const LiveState* found = kept_.find(head + key);
        if (found == nullptr) {
            return false;
        }
        result.kept.push_back(name);
        show(*found, events);
        return true;
    };
    std::erase_if(study.worlds,
                  [&](const World& world) { return is_kept(world.name, to_spec(world)); });
    if (asks_null(study) && is_kept(kNull, kNull)) {
        study.null_strings = FloorStrings::none;
    }
    if (!study.worlds.empty() || asks_null(study)) {
        std::map<std::string, LiveState> made;
        open(study, sample, events);
        result.warnings = write(head, events, made);
        if (!is_cancelled(events)) {
            read(sample, events, made);
        }
        result.cancelled = is_cancelled(events);
        result.evaluated = opened_->session().world_names();
        if (!result.cancelled) {
            keep(head, study, std::move(made));
        }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    result.seconds = seconds.count();
    return result;
}

/// The string alone, its factual text under its head: written first where it is not known.
TokenTable LiveStudy::State::token(const Study& given, int sample, const std::string& string,
                                   int position, int top, const LiveEvents& events) {
    const LiveEvents silent{.cancelled = events.cancelled, .note = events.note};
    if (evaluate(given, sample, silent).cancelled) {
        return {};
    }
    Study study = live_study(given);
    study.null_strings = FloorStrings::none;
    study = with_clock(study, plans_of(study, work_));
    open(study, sample, events);
    const Session& session = opened_->session();
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
    const auto start = std::chrono::steady_clock::now();
    start_backend({.cpu_variant = work_.cpu_variant});
    Study study = live_study(given);
    study = with_clock(study, plans_of(study, work_));
    LiveResult result;
    result.anew = prepare(study, sample, events);
    std::map<std::string, LiveState> made;
    open(study, sample, events);
    read(sample, events, made);
    result.cancelled = is_cancelled(events);
    result.evaluated = opened_->session().world_names();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    result.seconds = seconds.count();
    return result;
}

LiveStudy::LiveStudy(Work work, std::size_t most_kept)
    : state_(std::make_unique<State>(std::move(work), most_kept)) {}
LiveStudy::~LiveStudy() = default;

LiveResult LiveStudy::evaluate(const Study& study, int sample, const LiveEvents& events) {
    return state_->evaluate(study, sample, events);
}

LiveResult LiveStudy::laws(const Study& study, int sample, const LiveEvents& events) {
    return state_->laws(study, sample, events);
}

TokenTable LiveStudy::token(const Study& study, int sample, const std::string& string, int position,
                            int top, const LiveEvents& events) {
    return state_->token(study, sample, string, position, top, events);
}

}  // namespace otherwise
