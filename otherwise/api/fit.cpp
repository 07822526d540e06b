#include "otherwise/api/fit.h"

#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/invariant.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/processors.h"
#include "otherwise/fit/methods/learn.h"
#include "otherwise/model/model.h"

namespace otherwise {

OpenedFit::OpenedFit(std::unique_ptr<const Fit> fit) : fit_(std::move(fit)) {}
OpenedFit::~OpenedFit() = default;
OpenedFit::OpenedFit(OpenedFit&&) noexcept = default;
OpenedFit& OpenedFit::operator=(OpenedFit&&) noexcept = default;

const FitPlan& OpenedFit::plan() const { return fit_->plan(); }
FitResult OpenedFit::run(const FitCallbacks& callbacks) const { return fit_->run(callbacks); }

OpenedFit open(const FitStudy& study, const Work& work, const Note& note) {
    FitRequest request = study.request;
    const Study prompts{.model = study.model,
                        .chat = study.chat,
                        .system = study.system,
                        .chat_template = study.chat_template,
                        .chat_date = study.chat_date};
    request.form = prompt_form(prompts);  // before the model is read
    const auto path = model_path(prompts, work);
    const auto loaded = open_invariant(
        path, {.gpu_layers = study.gpu_layers, .repack = !study.no_repack}, work, note);
    return OpenedFit(
        std::make_unique<const Fit>(loaded.model, study.sets, std::move(request),
                                    FitWork{.threads = thread_count(work.threads),
                                            .memory = work.memory,
                                            .least_rows = loaded.invariance.remedy.least_rows}));
}

FitResult fit(const FitStudy& study, const Work& work, const FitCallbacks& callbacks) {
    return open(study, work, callbacks.on_note).run(callbacks);
}

TextSet text_set(std::vector<std::string> texts, const std::string& name) {
    std::string lines;
    for (const auto& text : texts) {
        lines += text + "\n";
    }
    return {.path = name, .sha256 = sha256_text(lines), .texts = std::move(texts)};
}

}  // namespace otherwise
