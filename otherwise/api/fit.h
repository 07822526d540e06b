// An intervention learned from sets of texts: a direction, an affine map or shifts of heads, with
// its quality on texts that were held out.
//
//   const auto fitted = fit({.sets = {text_set(happy, "happy"), text_set(sad, "sad")},
//                            .request = {.layers = parse_fit_layers("12-18")}});
//   save_learned(fitted.file, "happy.gguf");          // for steer:happy.gguf
//
// Methods and sources: fit/methods/learn.h; states read elsewhere: fit_states there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/api/note.h"
#include "otherwise/api/work.h"
#include "otherwise/fit/methods/fitted.h"
#include "otherwise/fit/states/texts.h"

namespace otherwise {

class Fit;
class Model;

/// Everything that determines what is fitted.
struct FitStudy {
    std::string model{};          ///< "" is the default model
    std::vector<TextSet> sets{};  ///< the first is the one that the intervention moves towards
    FitRequest request{};         ///< but for its `form`, which comes from what follows
    bool chat = false;            ///< each text is a user's message
    std::optional<std::string> system{};
    std::string chat_template{};  ///< a file, a name or a source; "" the model's own
    std::string chat_date{};      ///< YYYY-MM-DD; "" today, where the template shows it
    int gpu_layers = -1;
    bool no_repack = false;
};

/// A fit whose model is loaded and whose texts are read, but not evaluated.
class OpenedFit {
public:
    explicit OpenedFit(std::unique_ptr<const Fit> fit);
    ~OpenedFit();
    OpenedFit(const OpenedFit&) = delete;
    OpenedFit& operator=(const OpenedFit&) = delete;
    OpenedFit(OpenedFit&&) noexcept;
    OpenedFit& operator=(OpenedFit&&) noexcept;

    [[nodiscard]] const FitPlan& plan() const;
    /// One pass over the texts, or two. Throws Error: a node that the graph does not have, states
    /// that are not finite, sets whose states do not differ. `cancelled` in the result says that
    /// the callbacks ended it.
    [[nodiscard]] FitResult run(const FitCallbacks& callbacks = {}) const;

private:
    std::unique_ptr<const Fit> fit_;
};

/// Loads the model under the remedy that makes its states the same in every shape of a call, which
/// takes a probe of about 600 rows the first time (generate/kept_invariance.h). Of `work` the
/// threads, the memory (0 = any), the kernels and the cache folder count. `note` is told where no
/// remedy helps. Throws Error: no such
/// model, an unknown site, layers outside the model, sets too small for the method, equal or
/// unpaired, texts too long for the model, more memory than allowed; prompt_form's.
[[nodiscard]] OpenedFit open(const FitStudy& study, const Work& work = {}, const Note& note = {});

/// Opens it and runs it; `on_note` of the callbacks takes the note.
[[nodiscard]] FitResult fit(const FitStudy& study, const Work& work = {},
                            const FitCallbacks& callbacks = {});

/// A set of texts that are in no file; its hash is that of a file with a text a line.
[[nodiscard]] TextSet text_set(std::vector<std::string> texts, const std::string& name);

/// {"file", "layers": [{"layer", "accuracy", "separation", "distance", "chosen"}], "heads",
/// "notes": {…}, "findings": [{"key", "text", "value", "accuracy"}]}, an accuracy {"value",
/// "low", "high", "n"} or null; `file` is where it was saved. Indented, without a newline at the
/// end.
[[nodiscard]] std::string to_json(const FitResult& result, const std::string& file);

}  // namespace otherwise
