#include "otherwise/fit/tail/graph.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml.h"
#include "otherwise/base/error.h"
#include "otherwise/fit/tail/blocks.h"
#include "otherwise/fit/tail/cpu_backend.h"
#include "otherwise/fit/tail/row_sums.h"
#include "otherwise/model/workers.h"

namespace otherwise {
namespace {

constexpr std::size_t kNodesPerBlock = 400;  // with their gradients
constexpr std::size_t kNodesPerFact = 100;
constexpr std::size_t kNodesAround = 200;

[[noreturn]] void refuse_memory(const std::string& what) {
    fail({.where = "TailGraph",
          .expected = "memory for the gradient's " + what,
          .came = "not enough",
          .advice = "try fewer facts at once or fewer prefixes"});
}

std::size_t node_count(const Architecture& a, int layer, int facts) {
    return kNodesAround + static_cast<std::size_t>(a.n_layer - layer) * kNodesPerBlock +
           static_cast<std::size_t>(facts) * kNodesPerFact;
}

/// A new context that only describes tensors.
ggml_context_ptr describe(std::size_t tensors, std::size_t more = 0) {
    return ggml_context_ptr(ggml_init({.mem_size = ggml_tensor_overhead() * tensors + more,
                                       .mem_buffer = nullptr,
                                       .no_alloc = true}));
}

template <typename T>
void put(ggml_tensor* tensor, const std::vector<T>& values) {
    ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(T));
}

std::vector<float> take(const ggml_tensor* tensor) {
    std::vector<float> values(static_cast<std::size_t>(ggml_nelements(tensor)));
    ggml_backend_tensor_get(tensor, values.data(), 0, values.size() * sizeof(float));
    return values;
}

}  // namespace

class TailGraph::Impl {
public:
    Impl(Architecture architecture, std::shared_ptr<Weights> weights,
         std::vector<TailPrompt> prompts, const TailOptions& options)
        : a_(std::move(architecture)),
          weights_(std::move(weights)),
          prompts_(std::move(prompts)),
          options_(options),
          workers_(options.threads),
          backend_(cpu_backend(options.threads)) {
        lay_out();
        make_inputs();
        fill_inputs();
        build();
        allocate();
        keep_laws();
    }

    [[nodiscard]] int facts() const { return static_cast<int>(facts_.size()); }

    void run(std::span<const float> deltas) {
        ggml_backend_tensor_set(deltas_, deltas.data(), 0, deltas.size_bytes());
        ggml_status status = GGML_STATUS_SUCCESS;
        workers_.run(*backend_,
                     [&] { status = ggml_backend_graph_compute(backend_.get(), graph_); });
        if (status != GGML_STATUS_SUCCESS) {
            fail({.where = "TailGraph",
                  .expected = "ggml to evaluate the graph",
                  .came = "an error"});
        }
    }

    [[nodiscard]] TailLoss loss(int index) const;
    [[nodiscard]] std::vector<float> gradient() const;
    [[nodiscard]] std::vector<float> logits(int fact) const {
        return take(facts_[static_cast<std::size_t>(fact)].logits);
    }
    [[nodiscard]] std::size_t bytes() const {
        return ggml_gallocr_get_buffer_size(allocator_.get(), 0) +
               ggml_backend_buffer_get_size(input_buffer_.get());
    }

private:
    struct Row {
        int row = 0;
        Token token = 0;
        int prompt = 0;
    };
    struct Fact {
        std::vector<Row> targets;
        std::vector<int> kept;
        ggml_tensor* target_rows = nullptr;
        ggml_tensor* target_labels = nullptr;
        ggml_tensor* kept_rows = nullptr;
        ggml_tensor* kept_labels = nullptr;
        ggml_tensor* logits = nullptr;
        ggml_tensor* kept_logits = nullptr;
        std::vector<double> kept_log{};  ///< log p₀ of the kept rows, [rows * n_vocab]
    };

    void lay_out();
    void make_inputs();
    void fill_inputs();
    [[nodiscard]] std::vector<float> mask(int window) const;
    void build();
    [[nodiscard]] ggml_tensor* states();
    [[nodiscard]] ggml_tensor* fact_loss(const TailBlocks& blocks, ggml_tensor* x, Fact& fact);
    void differentiate(ggml_tensor* loss);
    void turn_products(int forward_nodes);
    void allocate();
    void keep_laws();
    [[nodiscard]] std::int64_t n_vocab() const { return TailBlocks::head_matrix(*weights_)->ne[1]; }

    Architecture a_;
    std::shared_ptr<Weights> weights_;
    std::vector<TailPrompt> prompts_;
    TailOptions options_;
    std::vector<int> first_;  ///< first packed row of each prompt
    int rows_ = 0;
    std::vector<Fact> facts_;
    Workers workers_;
    CpuBackend backend_;
    ggml_context_ptr inputs_;
    ggml_context_ptr nodes_;
    ggml_backend_buffer_ptr input_buffer_;
    ggml_gallocr_ptr allocator_;
    ggml_tensor* state_ = nullptr;
    ggml_tensor* base_ = nullptr;
    ggml_tensor* deltas_ = nullptr;
    ggml_tensor* owner_ = nullptr;  ///< [rows] whose delta a row would take
    ggml_tensor* takes_ = nullptr;  ///< [1, rows] 1 where it does
    TailInputs shared_;
    ggml_cgraph* graph_ = nullptr;
    ggml_tensor* gradient_ = nullptr;
};

void TailGraph::Impl::lay_out() {
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
        const auto& prompt = prompts_[i];
        const auto fact = static_cast<std::size_t>(prompt.fact);
        facts_.resize(std::max(facts_.size(), fact + 1));
        first_.push_back(rows_);
        for (const auto& [row, token] : prompt.targets) {
            facts_[fact].targets.push_back(
                {.row = rows_ + row, .token = token, .prompt = static_cast<int>(i)});
        }
        if (prompt.keep >= 0) {
            facts_[fact].kept.push_back(rows_ + prompt.keep);
        }
        rows_ += static_cast<int>(prompt.state.size()) / a_.width;
    }
    for (const auto& fact : facts_) {
        if (fact.targets.empty()) {
            misuse({.where = "TailGraph", .expected = "a target for each fact", .came = "none"});
        }
    }
}

void TailGraph::Impl::make_inputs() {
    constexpr std::size_t kShared = 8;
    inputs_ = describe(kShared + 4 * facts_.size());
    ggml_context* c = inputs_.get();
    const auto matrix = [&](std::int64_t n, std::int64_t m) {
        return ggml_new_tensor_2d(c, GGML_TYPE_F32, n, m);
    };
    const auto list = [&](std::size_t n) {
        return ggml_new_tensor_1d(c, GGML_TYPE_I32, static_cast<std::int64_t>(n));
    };
    state_ = matrix(a_.width, rows_);
    base_ = a_.post_norms ? matrix(a_.width, rows_) : nullptr;
    deltas_ = matrix(a_.width, facts());
    owner_ = list(static_cast<std::size_t>(rows_));
    takes_ = matrix(1, rows_);
    shared_.positions = list(static_cast<std::size_t>(rows_));
    shared_.mask = matrix(rows_, rows_);
    shared_.local_mask = a_.window > 0 ? matrix(rows_, rows_) : shared_.mask;
    for (auto& fact : facts_) {
        fact.target_rows = list(fact.targets.size());
        fact.target_labels = matrix(n_vocab(), static_cast<std::int64_t>(fact.targets.size()));
        if (!fact.kept.empty()) {
            fact.kept_rows = list(fact.kept.size());
            fact.kept_labels = matrix(n_vocab(), static_cast<std::int64_t>(fact.kept.size()));
        }
    }
    if (options_.gradient) {
        ggml_set_param(deltas_);
    }
    input_buffer_.reset(
        ggml_backend_alloc_ctx_tensors_from_buft(c, ggml_backend_cpu_buffer_type()));
    if (!input_buffer_) {
        refuse_memory("inputs");
    }
    ggml_backend_buffer_clear(input_buffer_.get(), 0);
}

std::vector<float> TailGraph::Impl::mask(int window) const {
    const auto n = static_cast<std::size_t>(rows_);
    std::vector<float> mask(n * n, -std::numeric_limits<float>::infinity());
    for (std::size_t p = 0; p < prompts_.size(); ++p) {
        const auto first = static_cast<std::size_t>(first_[p]);
        const auto end = p + 1 < first_.size() ? static_cast<std::size_t>(first_[p + 1]) : n;
        for (std::size_t i = first; i < end; ++i) {
            const std::size_t seen =
                window > 0 ? std::min(i - first, static_cast<std::size_t>(window) - 1) : i - first;
            std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(i * n + i - seen), seen + 1,
                        0.0F);
        }
    }
    return mask;
}

void TailGraph::Impl::fill_inputs() {
    std::vector<float> state;
    std::vector<float> base;
    std::vector<std::int32_t> owner;
    std::vector<std::int32_t> positions;
    std::vector<float> takes;
    for (const auto& prompt : prompts_) {
        const int rows = static_cast<int>(prompt.state.size()) / a_.width;
        state.insert(state.end(), prompt.state.begin(), prompt.state.end());
        base.insert(base.end(), prompt.base.begin(), prompt.base.end());
        for (int row = 0; row < rows; ++row) {
            owner.push_back(prompt.fact);
            positions.push_back(row);
            takes.push_back(row == prompt.at ? 1.0F : 0.0F);
        }
    }
    put(state_, state);
    if (base_ != nullptr) {
        put(base_, base);
    }
    put(owner_, owner);
    put(takes_, takes);
    put(shared_.positions, positions);
    put(shared_.mask, mask(0));
    if (a_.window > 0) {
        put(shared_.local_mask, mask(a_.window));
    }
    const auto vocabulary = static_cast<std::size_t>(n_vocab());
    for (const auto& fact : facts_) {
        std::vector<std::int32_t> rows;
        std::vector<float> labels(vocabulary * fact.targets.size(), 0.0F);
        for (const auto& target : fact.targets) {
            labels[rows.size() * vocabulary + static_cast<std::size_t>(target.token)] = 1.0F;
            rows.push_back(target.row);
        }
        put(fact.target_rows, rows);
        put(fact.target_labels, labels);
        if (!fact.kept.empty()) {
            put(fact.kept_rows, fact.kept);
        }
    }
}

ggml_tensor* TailGraph::Impl::states() {
    ggml_context* c = nodes_.get();
    ggml_tensor* added = ggml_mul(c, ggml_get_rows(c, deltas_, owner_), takes_);
    return ggml_add(c, state_, added);
}

ggml_tensor* TailGraph::Impl::fact_loss(const TailBlocks& blocks, ggml_tensor* x, Fact& fact) {
    ggml_context* c = nodes_.get();
    fact.logits = blocks.head(ggml_get_rows(c, x, fact.target_rows));
    ggml_set_output(fact.logits);
    ggml_tensor* loss = ggml_cross_entropy_loss(c, fact.logits, fact.target_labels);
    if (fact.kept.empty()) {
        return loss;
    }
    fact.kept_logits = blocks.head(ggml_get_rows(c, x, fact.kept_rows));
    ggml_set_output(fact.kept_logits);
    // KL(p₀ ‖ p) is a cross entropy with p₀ as labels, less p₀'s entropy, which has no gradient.
    ggml_tensor* kept = ggml_cross_entropy_loss(c, fact.kept_logits, fact.kept_labels);
    return ggml_add(c, loss, ggml_scale(c, kept, options_.kl_weight));
}

void TailGraph::Impl::build() {
    const std::size_t size = node_count(a_, options_.layer, facts());
    nodes_ = describe(size, ggml_graph_overhead_custom(size, true));
    ggml_context* c = nodes_.get();
    const TailBlocks blocks(a_, *weights_, c, shared_, options_.gradient);
    ggml_tensor* x = states();
    if (a_.post_norms) {
        x = ggml_add(c, blocks.post_norm(x, options_.layer), base_);
    }
    for (int layer = options_.layer + 1; layer < a_.n_layer; ++layer) {
        x = blocks.block(x, layer);
    }
    ggml_tensor* loss = nullptr;
    for (auto& fact : facts_) {
        ggml_tensor* own = fact_loss(blocks, x, fact);
        loss = loss == nullptr ? own : ggml_add(c, loss, own);
    }
    graph_ = ggml_new_graph_custom(c, size, options_.gradient);
    ggml_set_output(loss);
    if (options_.gradient) {
        ggml_set_loss(loss);
    }
    ggml_build_forward_expand(graph_, loss);
    if (options_.gradient) {
        differentiate(loss);
    }
}

void TailGraph::Impl::differentiate(ggml_tensor* loss) {
    const int forward_nodes = ggml_graph_n_nodes(graph_);
    ggml_build_backward_expand(nodes_.get(), graph_, nullptr);
    gradient_ = ggml_graph_get_grad(graph_, deltas_);
    ggml_set_output(gradient_);
    ggml_tensor* seed = ggml_graph_get_grad_acc(graph_, loss);
    ggml_set_input(seed);  // or the allocator gives its place to others
    ggml_set_output(seed);
    turn_products(forward_nodes);
}

/// dL/dx = W^T dL/dy comes as OUT_PROD(W, dy^T), which is slow or impossible for quantized weights;
/// as a product with a transposed copy it runs like the forward pass.
void TailGraph::Impl::turn_products(int forward_nodes) {
    for (int i = forward_nodes; i < ggml_graph_n_nodes(graph_); ++i) {
        ggml_tensor* node = ggml_graph_node(graph_, i);
        if (node->op != GGML_OP_OUT_PROD || node->src[0]->op != GGML_OP_NONE ||
            weights_->find(node->src[0]->name) != node->src[0] ||
            node->src[1]->op != GGML_OP_TRANSPOSE) {
            continue;
        }
        node->op = GGML_OP_MUL_MAT;
        node->src[0] = weights_->transposed(node->src[0], options_.small_copies);
        node->src[1] = node->src[1]->src[0];
    }
}

void TailGraph::Impl::allocate() {
    allocator_.reset(ggml_gallocr_new(ggml_backend_cpu_buffer_type()));
    if (!ggml_gallocr_alloc_graph(allocator_.get(), graph_)) {
        refuse_memory("activations");
    }
    if (options_.gradient) {
        ggml_graph_reset(graph_);  // the loss's own gradient is 1
    }
}

void TailGraph::Impl::keep_laws() {
    const bool any = std::any_of(facts_.begin(), facts_.end(),
                                 [](const Fact& fact) { return !fact.kept.empty(); });
    if (!any) {
        return;
    }
    run(std::vector<float>(static_cast<std::size_t>(a_.width) * facts_.size(), 0.0F));
    const auto vocabulary = static_cast<std::size_t>(n_vocab());
    for (auto& fact : facts_) {
        if (fact.kept.empty()) {
            continue;
        }
        auto law = take(fact.kept_logits);
        fact.kept_log.resize(law.size());
        for (std::size_t row = 0; row < fact.kept.size(); ++row) {
            const std::span values(law.data() + row * vocabulary, vocabulary);
            const double total = log_sum(values);
            for (std::size_t v = 0; v < vocabulary; ++v) {
                fact.kept_log[row * vocabulary + v] = values[v] - total;
                values[v] = static_cast<float>(std::exp(values[v] - total));
            }
        }
        put(fact.kept_labels, law);
    }
}

TailLoss TailGraph::Impl::loss(int index) const {
    const Fact& fact = facts_[static_cast<std::size_t>(index)];
    const auto vocabulary = static_cast<std::size_t>(n_vocab());
    const auto all = take(fact.logits);
    TailLoss loss;
    std::vector<std::pair<int, double>> joint;  // prompt, log probability of its targets
    for (std::size_t i = 0; i < fact.targets.size(); ++i) {
        const std::span row(all.data() + i * vocabulary, vocabulary);
        const double log_p = row[static_cast<std::size_t>(fact.targets[i].token)] - log_sum(row);
        loss.nll -= log_p / static_cast<double>(fact.targets.size());
        if (joint.empty() || joint.back().first != fact.targets[i].prompt) {
            joint.emplace_back(fact.targets[i].prompt, 0.0);
        }
        joint.back().second += log_p;
    }
    for (const auto& [prompt, log_p] : joint) {
        loss.probability += std::exp(log_p) / static_cast<double>(joint.size());
    }
    if (fact.kept.empty()) {
        return loss;
    }
    const auto kept = take(fact.kept_logits);
    for (std::size_t i = 0; i < fact.kept.size(); ++i) {
        const std::span row(kept.data() + i * vocabulary, vocabulary);
        const double total = log_sum(row);
        double kl = 0.0;
        for (std::size_t v = 0; v < vocabulary; ++v) {
            const double before = fact.kept_log[i * vocabulary + v];
            kl += std::exp(before) * (before - (row[v] - total));
        }
        loss.kl += kl / static_cast<double>(fact.kept.size());
    }
    return loss;
}

std::vector<float> TailGraph::Impl::gradient() const {
    if (gradient_ == nullptr) {
        misuse({.where = "TailGraph::gradient",
                .expected = "a graph with a gradient",
                .came = "none"});
    }
    return take(gradient_);
}

TailGraph::TailGraph(const Architecture& architecture, std::shared_ptr<Weights> weights,
                     std::vector<TailPrompt> prompts, const TailOptions& options)
    : impl_(std::make_unique<Impl>(architecture, std::move(weights), std::move(prompts), options)) {
}
TailGraph::~TailGraph() = default;
int TailGraph::facts() const { return impl_->facts(); }
void TailGraph::run(std::span<const float> deltas) { impl_->run(deltas); }
TailLoss TailGraph::loss(int fact) const { return impl_->loss(fact); }
std::vector<float> TailGraph::gradient() const { return impl_->gradient(); }
std::vector<float> TailGraph::logits(int fact) const { return impl_->logits(fact); }
std::size_t TailGraph::bytes() const { return impl_->bytes(); }

}  // namespace otherwise
