// What is asked of a fit, and what comes of it: plain values.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "otherwise/fit/methods/accuracy.h"
#include "otherwise/fit/states/pooling.h"
#include "otherwise/model/affine_file.h"
#include "otherwise/model/control_vector.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/model/heads_file.h"
#include "otherwise/world/intervention.h"
#include "otherwise/world/plan.h"

namespace otherwise {

enum class FitMethod { direction, mimic, leace, iti };

/// How a direction is found: the difference of means, or the first principal component of paired
/// differences, as they are (llama.cpp's cvector-generator) or centred (repeng).
enum class DirectionBy { mean, pca, pca_centred };

/// Which layers in range are fitted; usual: all for directions and iti and where a range is given,
/// the best one for the maps.
enum class LayerChoice { usual, best, all };

struct FitLayers {
    LayerRange range{};
    LayerChoice choice = LayerChoice::usual;
};

/// Everything that determines a fit, but for the model and the sets.
struct FitRequest {
    FitMethod method = FitMethod::direction;
    std::string site = "residual";  ///< one of site_names(); iti is at the heads in any case
    FitLayers layers{};
    Pooling pooling = Pooling::last;
    PromptForm form{};  ///< chat and system message
    DirectionBy by = DirectionBy::mean;
    bool unit = false;       ///< directions of length one, not as long as the means are apart
    bool mean_only = false;  ///< mimic: b = μ_t − μ_s, W = I
    int heads = 0;           ///< iti: how many; 0 = one in twenty
    double held_out = 0.2;   ///< share of the texts

    /// Whether only the best layer in range is fitted.
    [[nodiscard]] bool best_layer() const;
};

/// What a fit may take, which it does not depend on, and the rows of its calls.
struct FitWork {
    int threads = 1;
    std::size_t memory = 0;  ///< most bytes for states and covariances, 0 = any
    /// At least, by the remedy that the model was loaded for (model/invariance.h).
    int least_rows = kUsualLeastRows;
};

/// What happens meanwhile.
struct FitCallbacks {
    std::function<void(long, long)> on_progress{};  ///< tokens
    std::function<bool()> cancelled{};
    std::function<void(const std::string&)> on_note{};  ///< a line for people
};

/// A layer, and how well its states tell the sets apart.
struct LayerScore {
    int layer = 0;
    Accuracy accuracy;  ///< on the held-out texts (of the best layer alone, those that choose it)
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

/// States of one set that were taken elsewhere, one a text: by layer [texts * width].
struct SetStates {
    std::string name;
    std::vector<std::vector<float>> layers;
};

/// Of all sets. What is said of the model goes into the file's notes, where it is known.
struct GivenStates {
    std::vector<int> layers;  ///< ascending, the same for all sets
    int width = 0;
    int n_head = 0;  ///< iti: heads side by side in a state
    std::vector<SetStates> sets;
    std::string architecture;
    std::string model_name;
    std::string model_sha256;
};

/// Throws misuse for what makes no sense whatever the model and the sets: iti at another site than
/// the heads, or at the best layer.
void check_request(const FitRequest& request);

/// Writes it, whole or not at all.
void save_learned(const LearnedFile& file, const std::filesystem::path& path);

/// How the file was fitted, where, to what and how well.
[[nodiscard]] const FileNotes& notes_of(const LearnedFile& file);

/// "", "auto", "all", "N" or "A-B". Throws misuse for other texts.
[[nodiscard]] FitLayers parse_fit_layers(std::string_view text);

/// "direction", "mimic", "leace", "iti"
[[nodiscard]] std::string_view method_name(FitMethod method);
[[nodiscard]] std::vector<std::string> fit_method_names();
/// Throws misuse for another name.
[[nodiscard]] FitMethod fit_method_of(std::string_view name);

/// "mean", "pca", "pca-centred"
[[nodiscard]] std::string_view by_name(DirectionBy by);
[[nodiscard]] std::vector<std::string> by_names();
/// Throws misuse for another name.
[[nodiscard]] DirectionBy by_of(std::string_view name);

}  // namespace otherwise
