#include "otherwise/measure/world_measures.h"

#include "otherwise/base/setting.h"

namespace otherwise {

const Shift* fresh_shift(const WorldMeasures& world, const Shift& like) {
    return same_shift(world.fresh ? &*world.fresh : nullptr, like);
}

std::vector<Target> compile_targets(const std::vector<std::string>& targets,
                                    const std::vector<std::string>& off_targets) {
    std::vector<Target> compiled;
    compiled.reserve(targets.size() + off_targets.size());
    for (const auto& expression : targets) {
        compiled.push_back({.kind = "target", .pattern = Pattern(setting("target"), expression)});
    }
    for (const auto& expression : off_targets) {
        compiled.push_back(
            {.kind = "off-target", .pattern = Pattern(setting("off_target"), expression)});
    }
    return compiled;
}

}  // namespace otherwise
