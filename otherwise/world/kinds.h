// The closed table of the kinds of interventions: one row for each alternative of Intervention.
//
// A row says all that is common to kinds: their word, form, parser, writer, description, the file
// they read and the number that can be varied. The parser and the writer of the text form, of study
// files and of descriptions come from the same list of parts, so that they cannot disagree. A kind
// without a row does not compile; nor does one without its action (plan.cpp).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/world/intervention.h"
#include "otherwise/world/syntax.h"

namespace otherwise {

/// What the number of a kind is, if it has one that can be varied.
enum class Dose {
    none,
    scale,    ///< named "KIND.scale"
    setting,  ///< of the mechanism, named "KIND"; 0 is not the least change
};

/// What is written of an item after its kind.
struct ItemText {
    std::string place;                                              ///< of placed kinds
    std::string argument;                                           ///< quoted where that is needed
    std::string scale;                                              ///< ":1.5" or nothing
    std::vector<std::pair<std::string_view, std::string>> options;  ///< without empty ones
};

struct KindWords {
    std::string_view word;     ///< as items begin: "temp"
    std::string_view name;     ///< as descriptions begin: "temperature"
    std::string_view usage;    ///< what follows "temp:" in help: "X"
    std::string_view summary;  ///< what it does, for help
};

struct Kind {
    KindWords words;
    ItemForm form;
    Dose dose = Dose::none;
    /// Throws Error: a part that is wrong, a text file that cannot be read.
    Intervention (*read)(const ItemParts& parts) = nullptr;
    // The rest take interventions of this kind alone.
    ItemText (*write)(const Intervention& item) = nullptr;
    std::string (*show)(const Intervention& item) = nullptr;  ///< what follows the name
    float* (*number)(Intervention& item) = nullptr;           ///< null where the dose is none
    std::string* (*file)(Intervention& item) = nullptr;  ///< its path; null where it reads none
};

/// All kinds, in the order of the help.
[[nodiscard]] const std::vector<Kind>& kinds();

/// The row of an intervention.
[[nodiscard]] const Kind& kind_of(const Intervention& item);

/// The kind with this word; null without.
[[nodiscard]] const Kind* find_kind(std::string_view word);

/// "steer:sad.gguf:1.5@layers=8-12"
[[nodiscard]] std::string item_text(const Intervention& item);

}  // namespace otherwise
