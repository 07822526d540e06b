// The JSON of measures.h.
#include "cli/measures.h"

namespace otherwise::cli {

nlohmann::ordered_json rows_json(const WriterCounts& counts) {
    return {{"evaluated", counts.rows}, {"needed", counts.needed}, {"from_factual", counts.shared}};
}

nlohmann::ordered_json summary_json(const TableRow& row) {
    const Summary& s = row.summary;
    nlohmann::ordered_json json{{"world", row.world},
                                {"strings", s.strings},
                                {"unchanged", s.unchanged},
                                {"lcp_median", s.lcp_median},
                                {"lcp_mean", s.lcp_mean},
                                {"lcp_mean_share", s.lcp_mean_share},
                                {"changed_tokens", s.changed_tokens},
                                {"positions", s.positions},
                                {"fragile", s.fragile},
                                {"factual_ended", s.factual_ended},
                                {"counterfactual_ended", s.counterfactual_ended}};
    if (s.mean_divergence) {
        json["mean_divergence"] = *s.mean_divergence;
    }
    return json;
}

}  // namespace otherwise::cli
