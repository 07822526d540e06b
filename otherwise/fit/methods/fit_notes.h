// What a fitted file says of itself: `otherwise.fit.*`, docs/files.md. Internal to the room.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/fit/methods/fitted.h"
#include "otherwise/fit/methods/learned.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// Adds the finding `not_told_apart` where held-out texts do not tell the sets apart by any of the
/// measured accuracies before the file acts: of m of them (one a layer) each interval is one of
/// 1 − 0.05 / m (Bonferroni), so that the best of many layers is not news by itself. Equal sets are
/// taken for different ones in at most 5 % of fits.
void note_sets_alike(FitResult& result);

/// Adds the finding `no_spread` where layers that the file has tell the sets apart without any
/// spread in them, so that their separation is infinite.
void note_no_spread(const Gathered& gathered, FitResult& result);

/// One of the sets, as the notes name it.
struct FittedSet {
    std::string sha256;  ///< of its file or texts; "" of states
    std::size_t n = 0;   ///< texts
};

/// How prompts became a chat.
struct ChatOrigin {
    std::string template_sha256;
    std::string date;  ///< "" where the template shows none
};

/// What a file was fitted to; what is not known is left out of its notes.
struct FitOrigin {
    std::string architecture{};
    std::string model_name{};
    std::string model_sha256{};
    std::optional<ChatOrigin> chat{};
    std::vector<FittedSet> sets;
};

/// Nothing without chat.
[[nodiscard]] std::optional<ChatOrigin> chat_origin(const Model& model, const PromptForm& form);

/// Adds the notes to `result.file`: method, site, layers, the texts, the model and the findings;
/// and the architecture to a control vector.
void write_notes(const FitOrigin& origin, const FitRequest& request, const FitPlan& plan,
                 FitResult& result);

}  // namespace otherwise
