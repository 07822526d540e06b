#include "otherwise/study/study_values.h"

#include <set>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

void require(bool holds, const std::string& expected, const std::string& came,
             const std::string& advice = {}) {
    if (!holds) {
        misuse({.where = "Study", .expected = expected, .came = came, .advice = advice});
    }
}

std::string both(const char* a, const char* b) { return setting(a) + " or " + setting(b); }

void require_worlds(const Study& study, bool any) {
    std::set<std::string> names;
    for (const auto& world : study.worlds) {
        require(names.insert(world.name).second, "a name for each world",
                "'" + world.name + "' twice");
    }
    require(!any || !study.worlds.empty() || study.null_strings == FloorStrings::all ||
                study.nudge_strings == FloorStrings::all,
            "a world to compare with", "none",
            setting("null", "all") + " or " + setting("nudge", "all") + " is a floor alone");
}

}  // namespace

void require_compatible(const Study& study) {
    require(study.prompt_words == 0 || study.prompt_tokens == 0,
            both("prompt_words", "prompt_tokens"), "both");
    require(study.prompt_words + study.prompt_tokens == 0 || !study.chat,
            setting("chat") + " with prompts", setting("chat") + " with whole texts to split");
    require(!study.stop_at_divergence || !study.independent,
            both("stop_at_divergence", "independent"),
            "both (fresh noise divides the strings at once)");
}

void require_consistent(const Study& study, bool needs_worlds) {
    const int sources = (study.prompts.empty() ? 0 : 1) + (study.file.empty() ? 0 : 1) +
                        (study.strings.empty() ? 0 : 1);
    require(sources > 0, "strings to run on", "none");
    require(sources == 1, "one source of strings", "several");
    require_compatible(study);
    require_worlds(study, needs_worlds);
}

}  // namespace otherwise
