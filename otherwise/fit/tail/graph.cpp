#include "otherwise/fit/tail/graph.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml.h"
#include "otherwise/base/error.h"
#include "otherwise/fit/tail/blocks.h"
#include "otherwise/fit/tail/cpu_backend.h"
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
         const std::vector<TailPrompt>& prompts, const TailOptions& options)
        : a_(std::move(architecture)),
          weights_(std::move(weights)),
          packed_(packed(prompts, a_.width)),
          options_(options),
          workers_(options.threads),
          backend_(cpu_backend(options.threads)) {
        make_inputs();
        fill_inputs();
        build();
        allocate();
        keep_laws();
    }

    [[nodiscard]] int facts() const { return static_cast<int>(packed_.facts.size()); }

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
    struct Fact {
        ggml_tensor* target_rows = nullptr;
        ggml_tensor* target_labels = nullptr;
        ggml_tensor* kept_rows = nullptr;
        ggml_tensor* kept_labels = nullptr;
        ggml_tensor* logits = nullptr;
        ggml_tensor* kept_logits = nullptr;
        std::vector<double> kept_log{};  ///< log p₀ of the kept rows, [rows * n_vocab]
    };

    void make_inputs();
    void fill_inputs();
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
    PackedPrompts packed_;  ///< without what its tensors hold, once they are filled
    TailOptions options_;
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

void TailGraph::Impl::make_inputs() {
    constexpr std::size_t kShared = 8;
    facts_.resize(packed_.facts.size());
    inputs_ = describe(kShared + 4 * facts_.size());
    const int rows = packed_.rows;
    ggml_context* c = inputs_.get();
    const auto matrix = [&](std::int64_t n, std::int64_t m) {
        return ggml_new_tensor_2d(c, GGML_TYPE_F32, n, m);
    };
    const auto list = [&](std::size_t n) {
        return ggml_new_tensor_1d(c, GGML_TYPE_I32, static_cast<std::int64_t>(n));
    };
    state_ = matrix(a_.width, rows);
    base_ = a_.form.post_norms ? matrix(a_.width, rows) : nullptr;
    deltas_ = matrix(a_.width, facts());
    owner_ = list(static_cast<std::size_t>(rows));
    takes_ = matrix(1, rows);
    shared_.positions = list(static_cast<std::size_t>(rows));
    shared_.mask = matrix(rows, rows);
    shared_.local_mask = a_.window > 0 ? matrix(rows, rows) : shared_.mask;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        const auto& [targets, kept] = packed_.facts[i];
        facts_[i].target_rows = list(targets.size());
        facts_[i].target_labels = matrix(n_vocab(), static_cast<std::int64_t>(targets.size()));
        if (!kept.empty()) {
            facts_[i].kept_rows = list(kept.size());
            facts_[i].kept_labels = matrix(n_vocab(), static_cast<std::int64_t>(kept.size()));
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

void TailGraph::Impl::fill_inputs() {
    put(state_, std::exchange(packed_.state, {}));
    if (base_ != nullptr) {
        put(base_, std::exchange(packed_.base, {}));
    }
    put(owner_, packed_.owner);
    put(takes_, packed_.takes);
    put(shared_.positions, packed_.positions);
    put(shared_.mask, packed_.mask(0));
    if (a_.window > 0) {
        put(shared_.local_mask, packed_.mask(a_.window));
    }
    const auto vocabulary = static_cast<std::size_t>(n_vocab());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        const auto& [targets, kept] = packed_.facts[i];
        std::vector<std::int32_t> rows;
        std::vector<float> labels(vocabulary * targets.size(), 0.0F);
        for (const auto& target : targets) {
            labels[rows.size() * vocabulary + static_cast<std::size_t>(target.token)] = 1.0F;
            rows.push_back(target.row);
        }
        put(facts_[i].target_rows, rows);
        put(facts_[i].target_labels, labels);
        if (!kept.empty()) {
            put(facts_[i].kept_rows, kept);
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
    if (fact.kept_rows == nullptr) {
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
    if (a_.form.post_norms) {
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
    const bool any =
        std::ranges::any_of(facts_, [](const Fact& fact) { return fact.kept_logits != nullptr; });
    if (!any) {
        return;
    }
    run(std::vector<float>(static_cast<std::size_t>(a_.width) * facts_.size(), 0.0F));
    for (auto& fact : facts_) {
        if (fact.kept_logits != nullptr) {
            auto law = take(fact.kept_logits);
            fact.kept_log = take_laws(law, static_cast<std::size_t>(n_vocab()));
            put(fact.kept_labels, law);
        }
    }
}

TailLoss TailGraph::Impl::loss(int index) const {
    const auto i = static_cast<std::size_t>(index);
    const auto vocabulary = static_cast<std::size_t>(n_vocab());
    auto loss = target_loss(packed_.facts[i], take(facts_[i].logits), vocabulary);
    if (facts_[i].kept_logits != nullptr) {
        loss.kl = kept_loss(facts_[i].kept_log, take(facts_[i].kept_logits), vocabulary);
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
                     const std::vector<TailPrompt>& prompts, const TailOptions& options)
    : impl_(std::make_unique<Impl>(architecture, std::move(weights), prompts, options)) {}
TailGraph::~TailGraph() = default;
int TailGraph::facts() const { return impl_->facts(); }
void TailGraph::run(std::span<const float> deltas) { impl_->run(deltas); }
TailLoss TailGraph::loss(int fact) const { return impl_->loss(fact); }
std::vector<float> TailGraph::gradient() const { return impl_->gradient(); }
std::vector<float> TailGraph::logits(int fact) const { return impl_->logits(fact); }
std::size_t TailGraph::bytes() const { return impl_->bytes(); }

}  // namespace otherwise
