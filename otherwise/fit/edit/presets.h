// Settings of an edit: what suits most models, and the papers' own for GPT-2 XL.
#pragma once

#include <string>
#include <vector>

#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise {

/// For any model: ROME a tenth of the way up, MEMIT five layers that end at 23 % of it. Found on
/// SmolLM2-135M (layer 3, layers 3 to 7 of 30): higher layers leak more.
[[nodiscard]] EditSettings default_settings(EditMethod method, const Architecture& architecture);

/// What to say where a preset is used on another model than the one it is for; "" on that one.
[[nodiscard]] std::string preset_note(const std::string& name, const Architecture& architecture);

/// Names that preset_settings takes.
[[nodiscard]] std::vector<std::string> preset_names();

/// "gpt2-xl": layers 17 (ROME) or 13 to 17 (MEMIT), KL 0.0625, decay 0.5, 20 steps, clamp 4 or
/// 0.75, λ = 20,000; rates (and MEMIT's clamp and decay) count in target_value.h's units. Throws
/// misuse for another name.
[[nodiscard]] EditSettings preset_settings(const std::string& name, EditMethod method,
                                           const Architecture& architecture);

}  // namespace otherwise
