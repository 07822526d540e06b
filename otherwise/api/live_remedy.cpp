#include "otherwise/api/live_remedy.h"

#include "otherwise/world/kinds.h"

namespace otherwise {

World at_one(World world) {
    for (auto& item : world.interventions) {
        const Kind& kind = kind_of(item);
        const auto* lora = std::get_if<UseLora>(&item);
        if (kind.dose == Dose::scale && (lora == nullptr || lora->scale != 0.0F)) {
            *kind.number(item) = 1.0F;
        }
    }
    return world;
}

std::string bits_of(const FoundRemedy& remedy) {
    std::string bits = remedy.repack ? "repacked" : "not repacked";
    bits += ", " + std::to_string(remedy.least_rows) + " rows, " + to_text(remedy.fixed);
    if (remedy.tiled) {
        bits += *remedy.tiled ? ", tiled" : ", not tiled";
    }
    return bits;
}

}  // namespace otherwise
