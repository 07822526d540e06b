#include "otherwise/measure/world_measures_json.h"

#include <nlohmann/json.hpp>
#include <span>

#include "otherwise/measure/measured_json.h"

namespace otherwise {
namespace {

nlohmann::ordered_json shift_json(const Shift& shift, const Shift* fresh) {
    nlohmann::ordered_json json{{"key", shift.key}, {"title", shift.title}};
    json["factual"] = measured_json(shift.factual);
    json["counterfactual"] = measured_json(shift.counterfactual);
    json["difference"] = measured_json(shift.difference);
    json["variance_ratio"] = shift.ratio;
    json["independent_samples"] = shift.independent_samples();
    if (fresh != nullptr) {
        json["measured_ratio"] = measured_ratio(shift, *fresh);
    }
    if (shift.flips) {
        json["flips"] = {{"gained", shift.flips->gained},
                         {"lost", shift.flips->lost},
                         {"strings_gained", shift.flips->strings_gained},
                         {"strings_lost", shift.flips->strings_lost},
                         {"p", shift.flips->p}};
    }
    return json;
}

nlohmann::ordered_json words_json(const WordSummary& words) {
    nlohmann::ordered_json json{{"tested", words.tested},
                                {"factual_words", words.factual_words},
                                {"counterfactual_words", words.counterfactual_words},
                                {"threshold", words.threshold}};
    const auto list = [](std::span<const WordShift> shifts) {
        auto array = nlohmann::ordered_json::array();
        for (const auto& w : shifts) {
            array.push_back({{"word", w.word},
                             {"factual", w.factual},
                             {"counterfactual", w.counterfactual},
                             {"pairs", w.pairs},
                             {"log_odds", w.log_odds},
                             {"z", w.z}});
        }
        return array;
    };
    json["gained"] = list(words.gained);
    json["lost"] = list(words.lost);
    return json;
}

}  // namespace

nlohmann::ordered_json measures_json(const WorldMeasures& world) {
    nlohmann::ordered_json json{{"empty", world.summary.empty}};
    json["measures"] = nlohmann::ordered_json::object();
    for (const auto& m : world.summary.measures) {
        auto entry = measured_json(m.mean);
        if (m.median) {
            entry["median"] = m.median->value;
            entry["median_low"] = m.median->interval.low;
            entry["median_high"] = m.median->interval.high;
        }
        json["measures"][m.key] = entry;
    }
    json["shifts"] = nlohmann::ordered_json::array();
    for (const auto& s : world.summary.shifts) {
        json["shifts"].push_back(shift_json(s, fresh_shift(world, s)));
    }
    json["words"] = words_json(world.summary.words);
    return json;
}

}  // namespace otherwise
