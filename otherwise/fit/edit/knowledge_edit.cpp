#include "otherwise/fit/edit/knowledge_edit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "otherwise/base/error.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/fit/edit/prompts.h"
#include "otherwise/fit/edit/write.h"
#include "otherwise/fit/states/sampling.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/model/invariance.h"
#include "otherwise/world/edits.h"

namespace otherwise {
namespace {

constexpr int kPrefixTokens = 10;
constexpr std::uint64_t kPrefixSeed = 0x70726566;  // apart from the covariance's samples

/// States of prompts at nodes: [node][prompt] -> [rows * width].
using NodeStates = std::vector<std::vector<std::vector<float>>>;

/// A whole edit in the making.
class Editor {
public:
    Editor(const EditScene& scene, const std::vector<Fact>& facts, const EditSettings& settings,
           const EditMemory& memory, const EditWatch& watch)
        : scene_(scene), facts_(facts), settings_(settings), memory_(memory), watch_(watch) {}

    KnowledgeEdit run();

private:
    [[nodiscard]] const Architecture& a() const { return scene_.architecture; }
    [[nodiscard]] int last_layer() const { return settings_.layers.back(); }
    [[nodiscard]] bool stopped() const { return watch_.cancelled && watch_.cancelled(); }
    void phase(EditPhase phase) const {
        if (watch_.on_phase) {
            watch_.on_phase(phase);
        }
    }
    bool find_covariances();
    void write_prefixes();
    void seek_targets();
    void write_rome();
    void write_memit();
    /// The states that the searches of the prompts [first, end) start from.
    void read_first_states(std::size_t first, std::size_t end);
    void forget_first_states(std::size_t first, std::size_t end);
    [[nodiscard]] TailPrompt tail_prompt(std::size_t i, int fact) const;
    void seek_some(std::size_t first, std::size_t n);
    /// The states of these token lists under the edits so far; of the last row alone or all.
    [[nodiscard]] NodeStates read(const std::vector<Tokens>& texts,
                                  const std::vector<std::string>& nodes, bool last_row) const;
    /// The first prompt of a fact, or the end.
    [[nodiscard]] std::size_t prompts_of(std::size_t fact) const {
        return fact < bare_.size() ? bare_[fact] : prompts_.size();
    }
    /// Each fact's keys at its subject, by prompt.
    [[nodiscard]] std::vector<FactKeys> fact_keys(
        const std::vector<std::vector<float>>& keys) const;
    [[nodiscard]] std::vector<float> row(const std::vector<float>& rows, int at) const;
    [[nodiscard]] std::vector<float> after_norm(const std::vector<float>& x, int layer) const;
    void write_layer(std::size_t index);

    const EditScene& scene_;
    const std::vector<Fact>& facts_;
    const EditSettings& settings_;
    const EditMemory& memory_;
    const EditWatch& watch_;
    std::vector<EditPrompt> prompts_;
    std::vector<std::size_t> bare_;  ///< the bare prompt of each fact, which comes first
    std::vector<KeyCovariance> covariances_;
    // While their facts are sought:
    std::vector<std::vector<float>> state_;  ///< [prompt] what delta is added to, all rows
    std::vector<std::vector<float>> base_;   ///< [prompt] with post_norms
    std::vector<std::vector<float>> keys_;   ///< [prompt] at the subject, in the last layer; ROME's
    std::vector<std::vector<float>> outputs_;  ///< [fact] of the feed-forward, at the subject
    std::vector<TargetValue> values_;          ///< [fact]
    std::vector<std::vector<float>> goals_;    ///< [fact] z
    KnowledgeEdit result_;
};

void Editor::write_prefixes() {
    phase(EditPhase::prefixes);
    std::vector<Tokens> texts;
    if (settings_.prefixes > 0) {
        texts = sample_texts(scene_.model, {.texts = settings_.prefixes,
                                            .length = kPrefixTokens,
                                            .seed = settings_.seed + kPrefixSeed,
                                            .threads = settings_.threads,
                                            .least_rows = scene_.least_rows,
                                            .cancelled = watch_.cancelled});
    }
    result_.prefixes = prefixes_of(*scene_.model, texts);
    prompts_ = edit_prompts(*scene_.model, facts_, result_.prefixes);
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
        if (prompts_[i].bare) {
            bare_.push_back(i);
        }
    }
}

NodeStates Editor::read(const std::vector<Tokens>& texts, const std::vector<std::string>& nodes,
                        bool last_row) const {
    NodeStates states(nodes.size(), std::vector<std::vector<float>>(texts.size()));
    ReadStatesOptions options{.nodes = nodes,
                              .threads = settings_.threads,
                              .least_rows = scene_.least_rows,
                              .last_block = last_layer() == a().n_layer - 1,
                              .edits = edit_hooks(a(), result_.layers)};
    options.on_states = [&](const TextStates& s) {
        auto& to = states[s.node][s.text];
        if (last_row) {
            to.assign(s.values.end() - s.width, s.values.end());
        } else {
            to.insert(to.end(), s.values.begin(), s.values.end());
        }
    };
    (void)read_states(scene_.model, texts, options);
    return states;
}

std::vector<float> Editor::row(const std::vector<float>& rows, int at) const {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(at) * a().width;
    return {begin, begin + a().width};
}

void Editor::read_first_states(std::size_t first, std::size_t end) {
    std::vector<Tokens> texts;
    for (auto i = first; i < end; ++i) {
        texts.push_back(prompts_[i].rows);
    }
    const int layer = last_layer();
    std::vector<std::string> nodes{a().form.post_norms ? value_node(layer) : residual_node(layer)};
    if (!a().form.post_norms) {
        nodes.push_back(value_node(layer));
    }
    const bool keys = settings_.method == EditMethod::rome;  // MEMIT reads its own
    if (keys) {
        nodes.push_back(a().key_node(layer));
    }
    if (a().form.post_norms) {
        nodes.push_back(a().attention_node(layer));
    }
    auto states = read(texts, nodes, false);
    for (auto i = first; i < end; ++i) {
        if (prompts_[i].bare) {
            outputs_.push_back(
                row(states[a().form.post_norms ? 0 : 1][i - first], prompts_[i].subject));
        }
        state_[i] = std::move(states[0][i - first]);
        if (keys) {
            const auto begin = states[a().form.post_norms ? 1 : 2][i - first].begin() +
                               static_cast<std::ptrdiff_t>(prompts_[i].subject) * a().inner;
            keys_[i].assign(begin, begin + a().inner);
        }
        if (a().form.post_norms) {
            base_[i] = std::move(states.back()[i - first]);
        }
    }
}

/// Keeps what the goals are made from: the row of each bare prompt's subject.
void Editor::forget_first_states(std::size_t first, std::size_t end) {
    for (auto i = first; i < end; ++i) {
        const int at = prompts_[i].subject;
        state_[i] = prompts_[i].bare ? row(state_[i], at) : std::vector<float>{};
        if (a().form.post_norms) {
            base_[i] = prompts_[i].bare ? row(base_[i], at) : std::vector<float>{};
        }
    }
}

TailPrompt Editor::tail_prompt(std::size_t i, int fact) const {
    const auto& prompt = prompts_[i];
    TailPrompt tail{.fact = fact, .state = state_[i], .at = prompt.subject};
    if (a().form.post_norms) {
        tail.base = base_[i];
    }
    for (std::size_t t = 0; t < prompt.target.size(); ++t) {
        tail.targets.emplace_back(prompt.first_target + static_cast<int>(t), prompt.target[t]);
    }
    if (prompt.target.empty()) {
        tail.keep = prompt.first_target;
    }
    return tail;
}

void Editor::seek_some(std::size_t first, std::size_t n) {
    std::vector<TailPrompt> tails;
    std::vector<TargetStart> starts;
    for (auto i = prompts_of(first); i < prompts_of(first + n); ++i) {
        const auto fact = static_cast<std::size_t>(prompts_[i].fact);
        tails.push_back(tail_prompt(i, static_cast<int>(fact - first)));
        if (prompts_[i].bare) {
            starts.push_back(
                {.state = row(state_[i], prompts_[i].subject), .output = outputs_[fact]});
        }
    }
    TailGraph graph(a(), scene_.weights, tails,
                    {.layer = last_layer(),
                     .threads = settings_.threads,
                     .kl_weight = static_cast<float>(settings_.target.kl_weight),
                     .small_copies = memory_.small_copies});
    result_.graph_bytes = std::max(result_.graph_bytes, graph.bytes());
    auto found = target_values(
        graph, starts, settings_.target,
        [&](int step, const std::vector<TargetState>& now) {
            if (watch_.on_step) {
                watch_.on_step(step, now, first);
            }
        },
        watch_.cancelled);
    for (auto& value : found) {
        result_.facts.push_back(value.state);
        values_.push_back(std::move(value));
    }
}

void Editor::seek_targets() {
    state_.resize(prompts_.size());
    base_.resize(a().form.post_norms ? prompts_.size() : 0);
    keys_.resize(prompts_.size());
    const auto at_once = static_cast<std::size_t>(memory_.facts_at_once);
    const auto block = std::max(at_once, kFactsRead / at_once * at_once);
    for (std::size_t first = 0; first < facts_.size() && !stopped(); first += at_once) {
        if (first % block == 0) {
            phase(EditPhase::states);
            read_first_states(prompts_of(first), prompts_of(first + block));
            phase(EditPhase::target);
        }
        seek_some(first, std::min(at_once, facts_.size() - first));
        forget_first_states(prompts_of(first), prompts_of(first + at_once));
    }
}

std::vector<FactKeys> Editor::fact_keys(const std::vector<std::vector<float>>& keys) const {
    std::vector<FactKeys> all(facts_.size());
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
        if (!prompts_[i].target.empty()) {
            auto& fact = all[static_cast<std::size_t>(prompts_[i].fact)];
            if (prompts_[i].bare) {
                fact.bare = keys[i];
            } else {
                fact.add_prefixed(keys[i]);
            }
        }
    }
    return all;
}

void Editor::write_rome() {
    const KeySolver solver(covariances_.front(), settings_.damping);
    result_.layers.push_back(
        rome_update(last_layer(), solver, fact_keys(keys_).front(), values_.front().delta));
}

/// g x / rms(x), the norm after layer's feed-forward.
std::vector<float> Editor::after_norm(const std::vector<float>& x, int layer) const {
    const auto gain = Weights::values(
        scene_.weights->get("blk." + std::to_string(layer) + ".post_ffw_norm.weight"));
    double square = a().epsilon;
    for (const float value : x) {
        square += static_cast<double>(value) * value / static_cast<double>(x.size());
    }
    std::vector<float> y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = static_cast<float>(x[i] * gain[i] / std::sqrt(square));
    }
    return y;
}

/// What layer `index` of the settings' takes over of what is left to each fact's goal.
void Editor::write_layer(std::size_t index) {
    const int layer = settings_.layers[index];
    std::vector<Tokens> texts;  // up to the subject: later rows do not matter
    texts.reserve(prompts_.size());
    for (const auto& prompt : prompts_) {
        texts.emplace_back(prompt.rows.begin(), prompt.rows.begin() + prompt.subject + 1);
    }
    const auto states =
        read(texts, {a().key_node(layer), residual_node(last_layer()), value_node(layer)}, true);
    const auto left = static_cast<float>(settings_.layers.size() - index);
    std::vector<std::vector<float>> residuals;
    for (std::size_t fact = 0; fact < facts_.size(); ++fact) {
        const auto& now = states[1][bare_[fact]];
        std::vector<float> residual(now.size());
        for (std::size_t i = 0; i < now.size(); ++i) {
            residual[i] = (goals_[fact][i] - now[i]) / left;
        }
        if (a().form.post_norms) {
            const auto gain = Weights::values(
                scene_.weights->get("blk." + std::to_string(layer) + ".post_ffw_norm.weight"));
            residual = before_norm(states[2][bare_[fact]], gain, residual, a().epsilon);
        }
        residuals.push_back(std::move(residual));
    }
    const KeySolver solver(covariances_[index], settings_.damping);
    std::vector<std::vector<float>> keys;
    for (const auto& fact : fact_keys(states[0])) {
        keys.push_back(fact.mean());
    }
    result_.layers.push_back(
        memit_update(layer, solver, keys, residuals, settings_.covariance_weight * a().inner));
}

void Editor::write_memit() {
    for (std::size_t fact = 0; fact < facts_.size(); ++fact) {
        auto goal = state_[bare_[fact]];
        for (std::size_t i = 0; i < goal.size(); ++i) {
            goal[i] += values_[fact].delta[i];
        }
        if (a().form.post_norms) {
            goal = after_norm(goal, last_layer());
            const auto& base = base_[bare_[fact]];
            for (std::size_t i = 0; i < goal.size(); ++i) {
                goal[i] += base[i];
            }
        }
        goals_.push_back(std::move(goal));
    }
    for (std::size_t index = 0; index < settings_.layers.size() && !stopped(); ++index) {
        write_layer(index);
    }
}

/// False when it was cancelled.
bool Editor::find_covariances() {
    phase(EditPhase::covariance);
    if (settings_.covariances) {
        for (const auto& known : *settings_.covariances) {
            if (std::ranges::find(settings_.layers, known.layer) != settings_.layers.end()) {
                covariances_.push_back(known);
            }
        }
    }
    if (covariances_.size() != settings_.layers.size()) {
        covariances_ = key_covariances(scene_.model, a(),
                                       {.layers = settings_.layers,
                                        .text = settings_.text,
                                        .cache = settings_.cache,
                                        .threads = settings_.threads,
                                        .least_rows = scene_.least_rows,
                                        .on_progress = watch_.on_progress,
                                        .cancelled = watch_.cancelled});
    }
    return !covariances_.empty() && !stopped();
}

KnowledgeEdit Editor::run() {
    if (!settings_.force) {
        require_own_states(scene_, facts_, settings_);
    }
    if (!find_covariances()) {
        return {};
    }
    write_prefixes();
    if (!stopped()) {
        seek_targets();
    }
    if (!stopped()) {
        phase(EditPhase::write);
        settings_.method == EditMethod::rome ? write_rome() : write_memit();
    }
    return stopped() ? KnowledgeEdit{} : std::move(result_);
}

}  // namespace

EditScene open_for_edit(const std::filesystem::path& path,
                        const std::function<InvariantModel()>& load) {
    const auto architecture = architecture_of(GgufFile::open(path));  // before the weights are read
    const auto loaded = load();
    return {.model = loaded.model,
            .architecture = architecture,
            .weights = std::make_shared<Weights>(path),
            .least_rows = loaded.invariance.remedy.least_rows};
}

KnowledgeEdit edit_facts(const EditScene& scene, const std::vector<Fact>& facts,
                         const EditSettings& settings, const EditMemory& memory,
                         const EditWatch& watch) {
    return Editor(scene, facts, settings, memory, watch).run();
}

}  // namespace otherwise
