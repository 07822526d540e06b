// A run on real models, from plans to pairs: loads, checks, probes, plans memory, then runs.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "otherwise/generate/cost_store.h"
#include "otherwise/generate/floors.h"
#include "otherwise/generate/memory.h"
#include "otherwise/generate/patches.h"
#include "otherwise/generate/prepare.h"
#include "otherwise/generate/probe_store.h"
#include "otherwise/generate/rates.h"
#include "otherwise/generate/run.h"
#include "otherwise/generate/run_counts.h"
#include "otherwise/model/invariance.h"
#include "otherwise/world/opened.h"
#include "otherwise/world/plan.h"

namespace otherwise {

class KeptContexts;  // generate/kept_contexts.h

/// What probes of the same networks found before, on the same machine.
struct KnownProbes {
    bool repack = true;  ///< the remedy that was found
    int least_rows = kUsualLeastRows;
    FixedCalls fixed{};
    std::vector<WorldProbe> probes;
};

struct SessionOptions {
    OpenOptions open{};
    int context = 0;                     ///< -c: tokens a string at most; 0 = what the strings need
    int parallel = 0;                    ///< -np; 0 = from memory
    int max_rows = 0;                    ///< -ub: rows of one call; 0 = from the vocabulary
    std::size_t memory = 0;              ///< --memory in bytes; 0 = half of what is free
    bool fast = false;                   ///< skip probes and remedies
    std::optional<KnownProbes> known{};  ///< taken in place of probes, where all networks are there
    /// Whether long blocks go through the tiled kernel: of a run that goes on; else probed.
    std::optional<bool> tiled{};
    bool tiled_texts = true;  ///< observed texts too; false for runs that began without
    /// Folder where the costs of calls are kept, which the choice of streams and rows is made from;
    /// empty = the choice is made from the memory alone.
    std::filesystem::path costs{};
    bool all_costs = false;  ///< measure them all at once, however short the run is
    /// Folder where the results of probes are kept (probe_store.h); empty = every session probes.
    std::filesystem::path probes{};
    FloorStrings null_strings = FloorStrings::some;
    /// `some`: where a world changes states, weights or prompts; `all`: in any case.
    FloorStrings nudge_strings = FloorStrings::none;
    PromptSplit split{};
    bool read_only = false;  ///< for laws: nothing is stored, and each draw is read in every world
    int extra_tokens = 0;    ///< room after every prompt for other texts than the strings
    std::shared_ptr<ModelCache> models{};      ///< of models that stay loaded after the session
    std::shared_ptr<KeptContexts> contexts{};  ///< where contexts are from, and stay for the next
    // The rest goes to the run.
    std::uint64_t seed = 0;
    int samples = 1;
    int tokens = 25;
    bool stop_at_divergence = false;
    bool independent = false;
    bool skip_impossible = false;
    int first_sample = 0;
    /// RunOptions::known
    std::vector<std::vector<std::shared_ptr<const FactualString>>> known_strings{};
};

/// What a run will take, before it starts.
struct Estimate : RunCounts {
    int stream_length = 0;
    MemoryPlan memory;
    std::string shape_reason;  ///< why so many streams and rows, for people
    std::size_t budget = 0;
    std::size_t model_bytes = 0;   ///< of all model files
    std::size_t donor_states = 0;  ///< bytes of the states that patches move
};

class Session {
public:
    /// Opens every world and plans the run. `note` takes lines for people. After the worlds come
    /// the null world, unless null_strings is none, and the nudges, one for each site. Throws
    /// Error.
    Session(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
            const std::vector<InputString>& strings, SessionOptions options,
            std::function<void(const std::string&)> note);

    [[nodiscard]] const Estimate& estimate() const { return estimate_; }
    [[nodiscard]] const Model& model() const { return *factual_.model; }
    [[nodiscard]] const std::vector<Subject>& subjects() const { return subjects_; }
    /// Names by index of Pair::world.
    [[nodiscard]] const std::vector<std::string>& world_names() const { return names_; }
    [[nodiscard]] WorldRole role(std::size_t world) const {
        return world < worlds_.size() ? WorldRole::change : floors_[world - worlds_.size()].role;
    }
    /// The nudge beside a world, an index of world_names; nothing where it has none.
    [[nodiscard]] std::optional<std::size_t> nudge_of(std::size_t world) const {
        return world < nudge_of_.size() ? nudge_of_[world] : std::nullopt;
    }
    /// Whether a world needs no context: its network and prompts are the factual ones, so its
    /// tokens are decided from the factual logits until it diverges.
    [[nodiscard]] bool shares(std::size_t world) const { return shares_[world]; }
    /// The strings on which a world runs; empty = all.
    [[nodiscard]] const std::vector<bool>& strings_of(std::size_t world) const;
    [[nodiscard]] const std::vector<WorldProbe>& probes() const { return probes_; }
    [[nodiscard]] bool repacked() const { return options_.open.model.repack; }
    /// Rows that every call has at least, found by the probe.
    [[nodiscard]] int least_rows() const { return least_rows_; }
    /// The one shape of all calls, where that was the remedy.
    [[nodiscard]] const FixedCalls& fixed_calls() const { return fixed_; }
    /// Whether long blocks of rows go through the tiled kernel (blocks.h).
    [[nodiscard]] bool tiled() const { return tiled_; }
    /// Whether observed texts are among them.
    [[nodiscard]] bool tiled_texts() const { return tiled_ && longest_text() > 0; }
    [[nodiscard]] const std::vector<OpenedWorld>& worlds() const { return worlds_; }
    /// Tokens that some model of the study lacks, ascending: impossible in every world.
    [[nodiscard]] const Tokens& masked() const { return masked_; }
    [[nodiscard]] bool is_masked(Token token) const {
        return std::ranges::binary_search(masked_, token);
    }

    /// Lines for people before a long run: differing vocabularies, what the probe found, the
    /// memory.
    void notes(const std::function<void(const std::string&)>& note) const;

    /// llama.cpp's own rates in shapes of calls that these contexts can take, on one with room for
    /// them all (made at the first call) as far as the memory goes.
    [[nodiscard]] Rates measure_rates(std::span<const RateShape> shapes);
    /// The same in the middle of long texts.
    [[nodiscard]] std::vector<TextRate> measure_text_rates(std::span<const TextShape> shapes);
    /// Rows a second of teacher forcing as this run does it.
    [[nodiscard]] double forced_rate();
    /// Whether a world, an index of world_names, has the factual network and prompts, so that the
    /// logits of both are the same as long as their strings are. Not a floor's: that is to find
    /// out.
    [[nodiscard]] bool shares_network(std::size_t world) const {
        return world < worlds_.size() && worlds_[world].plan.prompt == factual_.plan.prompt &&
               same_network(worlds_[world].plan, factual_.plan);
    }
    /// Tokens of a string's prompt in a world (an index of world_names; −1 = the factual world).
    [[nodiscard]] int prompt_length(int string, int world) const;

    /// The contexts (made at the first call) and all that a run needs. Borrows from the session.
    [[nodiscard]] Scene scene();

    /// Gives back the contexts of all worlds but the factual one; the scene's evaluators of them
    /// are gone.
    void release_worlds() {
        for (auto& context : contexts_) {
            context.reset();
        }
    }

    /// Gives back all contexts, as after opening.
    void release_contexts() {
        contexts_.clear();
        factual_context_.reset();
    }

    /// A context of another world on the same models, such as one of ours at another strength, with
    /// `parallel` streams; shaped like those of the run.
    [[nodiscard]] std::unique_ptr<Context> context_for(const WorldPlan& plan, int parallel);

    /// Makes the contexts and runs. Can be called again: the same result.
    [[nodiscard]] RunOutcome run(const RunCallbacks& callbacks);

    /// Throws Error where a world's do lies beyond all its strings, the longest of which is given.
    void check_reached(std::size_t world, int longest) const;

    /// After a run: throws Error for a world that could not act, returns warnings for those that
    /// acted and changed nothing.
    [[nodiscard]] std::vector<std::string> verdict(const RunOutcome& report) const;

private:
    /// A world that measures what the others' numbers are worth.
    struct Floor {
        WorldRole role;
        OpenedWorld world;
        std::vector<bool> strings{};
    };

    void open(const WorldPlan& factual, const std::vector<WorldPlan>& worlds);
    void open_nudges();
    void find_masked();
    void check_masked() const;
    void note_probes(const std::function<void(const std::string&)>& note) const;
    void note_days(const std::function<void(const std::string&)>& note) const;
    [[nodiscard]] std::size_t written_starts() const;
    [[nodiscard]] std::optional<int> residual_from(int layer);
    void plan();
    [[nodiscard]] int read_prompts(int context);
    [[nodiscard]] RunSizes run_sizes() const;
    [[nodiscard]] std::size_t model_bytes() const;
    void plan_streams();
    void choose_strings();
    [[nodiscard]] int length_with_extra(int context) const;
    void find_sharing();
    [[nodiscard]] int own_contexts() const;
    void probe();
    [[nodiscard]] bool knows_all() const;
    [[nodiscard]] bool probe_all();
    [[nodiscard]] bool probe_world(const OpenedWorld& world);
    [[nodiscard]] Probe run_probe(const OpenedWorld& world) const;
    [[nodiscard]] std::string probe_settings(const OpenedWorld& world, const std::string& way);
    void note_probes() const;
    void use_remedy(const Remedy& remedy);
    [[nodiscard]] bool has_room(const Remedy& remedy) const;
    void prepare_contexts();
    [[nodiscard]] std::string attention_of(const WorldPlan& plan) const;
    void probe_tiled();
    [[nodiscard]] bool tiles_world(const OpenedWorld& world);
    void use_tiles(bool tiled);
    [[nodiscard]] Context& rates_context(int streams);
    void choose_shapes();
    [[nodiscard]] bool may_measure() const;
    [[nodiscard]] ContextOptions cost_options() const;
    [[nodiscard]] KeptKey cost_key() const;
    [[nodiscard]] std::string measure_shapes();
    [[nodiscard]] bool may_tile() const;
    [[nodiscard]] int longest_head() const;
    [[nodiscard]] int longest_text() const;
    [[nodiscard]] int longest_block() const { return std::max(longest_head(), longest_text()); }
    [[nodiscard]] bool texts_may_tile() const;
    [[nodiscard]] int spare_streams() const;
    [[nodiscard]] Rules rules_of(const OpenedWorld& world) const;
    [[nodiscard]] const OpenedWorld& world_at(std::size_t index) const;
    [[nodiscard]] std::size_t world_count() const { return names_.size(); }
    [[nodiscard]] int plan_donors(int context);
    [[nodiscard]] DonorPrompts plan_donors_of(
        OpenedWorld& world, const std::vector<std::shared_ptr<const Tokens>>& prompts, int context);
    [[nodiscard]] std::vector<std::shared_ptr<const Tokens>> prompts_of(
        const OpenedWorld& world) const;
    [[nodiscard]] std::size_t room_for_contexts() const;
    void capture_donors();
    void capture_donors_of(const OpenedWorld& world, const DonorPrompts& donors) const;
    void check_forces() const;
    void make_contexts();
    void take_contexts(int streams);

    WorldPlan factual_plan_;
    std::vector<WorldPlan> plans_;
    SessionOptions options_;
    bool may_repack_;  ///< no remedy repacks where the caller did not want it
    std::function<void(const std::string&)> note_;
    std::unique_ptr<ModelShelf> shelf_;
    OpenedWorld factual_;
    std::vector<OpenedWorld> worlds_;
    std::vector<std::string> names_;
    Tokens masked_;
    std::vector<Subject> subjects_;
    std::vector<std::shared_ptr<const Tokens>> prompts_;
    std::vector<std::vector<std::shared_ptr<const Tokens>>> world_prompts_;
    std::vector<Floor> floors_;                         ///< after the worlds
    std::vector<std::optional<std::size_t>> nudge_of_;  ///< [worlds]
    std::vector<DonorPrompts> donors_;                  ///< [factual, worlds and floors]
    std::vector<bool> shares_;                          ///< [worlds and floors]
    std::vector<WorldProbe> probes_;
    std::optional<ProbeStore> kept_probes_;                ///< made with the first probe
    std::map<std::string, std::string> network_settings_;  ///< by world, as files are read for them
    int least_rows_ = kUsualLeastRows;
    FixedCalls fixed_{};
    bool tiled_ = false;
    bool tiles_fail_ = false;  ///< by the probe
    CallCosts costs_;
    Estimate estimate_;
    std::shared_ptr<Evaluator> factual_context_;
    std::unique_ptr<Context> rates_context_;
    std::vector<std::shared_ptr<Evaluator>> contexts_;
};

/// max(32, 5 %) of n strings, spread evenly; all of them where there are fewer.
[[nodiscard]] std::vector<bool> null_selection(std::size_t n);

}  // namespace otherwise
