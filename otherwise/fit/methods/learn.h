// `otherwise fit`: from sets of texts to an intervention file, with its quality on held-out texts.
//
// One pass gathers the states of every layer asked for (two with `auto`, where covariances are
// only wanted at the layer that is chosen). Everything is fitted to the texts that are not held
// out; everything said of its quality is measured on those that are. With `auto`, every other
// held-out text chooses the layer and the rest judge it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "otherwise/fit/methods/accuracy.h"
#include "otherwise/fit/states/gather.h"
#include "otherwise/fit/states/texts.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/affine_file.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/world/intervention.h"
#include "otherwise/world/plan.h"

namespace otherwise {

enum class FitMethod { direction, mimic, leace, iti };

/// How a direction is found: the difference of means, or the first principal component of paired
/// differences, as they are (llama.cpp's cvector-generator) or centred (repeng).
enum class DirectionBy { mean, pca, pca_centred };

struct FitRequest {
    FitMethod method = FitMethod::direction;
    std::string site = "residual";
    LayerRange layers{};
    bool best_layer = false;  ///< `auto`: only the best layer in range
    Pooling pooling = Pooling::last;
    PromptForm form{};  ///< chat and system message
    DirectionBy by = DirectionBy::mean;
    bool unit = false;       ///< directions of length one, not as long as the means are apart
    bool mean_only = false;  ///< mimic: b = μ_t − μ_s, W = I
    int heads = 0;           ///< iti: how many; 0 = one in twenty
    double held_out = 0.2;   ///< share of the texts
    std::size_t memory = 0;  ///< most bytes for states and covariances, 0 = any
    int threads = 1;
};

/// What happens meanwhile.
struct FitCallbacks {
    std::function<void(long, long)> on_progress{};  ///< tokens
    std::function<bool()> cancelled{};
};

/// A layer, and how well its states tell the sets apart.
struct LayerScore {
    int layer = 0;
    Accuracy accuracy;  ///< on the held-out texts (with `auto`, those that choose)
    /// Distance of the fitted means over the pooled deviation along it; infinite where the states
    /// of each set are equal along it.
    double separation = 0.0;
    double distance = 0.0;  ///< of the fitted means, in units of the states
    bool chosen = false;
};

/// One statement about quality, with its number.
struct FitFinding {
    std::string key;   ///< "probe_before"
    std::string text;  ///< for people
    double value = 0.0;
    Accuracy accuracy{};    ///< where it is one
    bool in_table = false;  ///< the table of layers has it already
};

/// A head that was chosen, or could have been.
struct ChosenHead {
    int layer = 0;
    int head = 0;
    Accuracy choosing;    ///< on the held-out texts that choose
    Accuracy accuracy;    ///< on those that judge
    double length = 0.0;  ///< of its shift
};

using LearnedFile = std::variant<ControlVector, AffineFile, HeadsFile>;

struct FitResult {
    FitMethod method = FitMethod::direction;
    bool cancelled = false;
    std::size_t n_sets = 2;
    std::vector<LayerScore> layers;  ///< by layer; none for iti
    std::vector<ChosenHead> heads;   ///< iti: all of them, as chosen
    int n_heads = 0;                 ///< iti: how many of these are in the file
    std::vector<FitFinding> findings;
    /// direction: the strength at which all its layers together move a state by as much as the sets
    /// are apart at one of them along it; what a layer adds stays in the residual stream.
    double step = 1.0;
    LearnedFile file;
};

/// What the fit will take, before anything is evaluated.
struct FitPlan {
    std::string node;
    std::vector<int> layers;
    std::size_t n_texts = 0;
    std::size_t n_held_out = 0;
    long n_tokens = 0;
    std::size_t bytes = 0;  ///< states, covariances, caches and the method's own, from above
};

class Fit {
public:
    /// The first set is the one that the intervention moves towards; leace takes two sets or more
    /// in any order. Checks all that can be checked beforehand. Throws Error: too few texts for the
    /// method, identical sets (in any order), sets of unequal numbers where pairs are needed, an
    /// unknown site or layer, more memory than allowed.
    Fit(std::shared_ptr<const Model> model, std::vector<TextSet> sets, FitRequest request);

    [[nodiscard]] const FitPlan& plan() const { return plan_; }
    /// Throws Error like gather, and when the states of the sets do not differ.
    [[nodiscard]] FitResult run(const FitCallbacks& callbacks) const;

private:
    /// Throws Cancelled.
    void learn(const FitCallbacks& callbacks, FitResult& result) const;
    [[nodiscard]] std::vector<NodeStates> pass(const std::vector<int>& layers, bool covariance,
                                               const FitCallbacks& callbacks) const;
    [[nodiscard]] GatherOptions gathering(const std::vector<int>& layers, bool covariance) const;

    std::shared_ptr<const Model> model_;
    std::vector<TextSet> sets_;
    std::vector<std::vector<Tokens>> tokens_;
    FitRequest request_;
    int width_ = 0;
    FitPlan plan_;
};

/// Writes it, whole or not at all.
void save_learned(const LearnedFile& file, const std::filesystem::path& path);

/// "direction", "mimic", "leace", "iti"
[[nodiscard]] std::string_view method_name(FitMethod method);
/// "last", "mean", "every"
[[nodiscard]] std::string_view pooling_name(Pooling pooling);

}  // namespace otherwise
