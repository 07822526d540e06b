// The JSON of measures.h.
#include "cli/measures.h"

namespace otherwise::cli {

nlohmann::ordered_json rows_json(const WriterCounts& counts) {
    return {{"evaluated", counts.rows}, {"needed", counts.needed}, {"from_factual", counts.shared}};
}

}  // namespace otherwise::cli
