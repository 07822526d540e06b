#include "otherwise/generate/under_way.h"

#include <cstddef>
#include <utility>

namespace otherwise {

void UnderWay::begin(int string, int missing) {
    Waiting& here = strings_[string];
    here.missing = missing;
    here.samples.resize(static_cast<std::size_t>(samples_));
}

void UnderWay::lead(int string, int samples) { strings_[string].led += samples; }

bool UnderWay::take(Finished finished) {
    Waiting& here = strings_.at(finished.sample.string);
    const auto text = finished.sample.factual;  // of an observed string
    if (text) {
        here.samples.assign(static_cast<std::size_t>(samples_), text);
    } else {
        auto sampled = std::make_shared<FactualString>();
        sampled->written = std::make_shared<Written>(std::move(finished.written));
        sampled->first_row = finished.sample.first_row;
        here.samples[static_cast<std::size_t>(finished.sample.number)] = std::move(sampled);
    }
    return --here.missing == 0;
}

std::vector<Finished> UnderWay::early(int string) {
    return std::exchange(strings_.at(string).early, {});
}

std::optional<Finished> UnderWay::take_led(Finished finished) {
    const auto found = strings_.find(finished.sample.string);
    if (found == strings_.end()) {
        return std::nullopt;  // of a string that is left out
    }
    Waiting& here = found->second;
    if (here.missing > 0) {
        here.early.push_back(std::move(finished));
        return std::nullopt;
    }
    --here.led;
    finished.sample.factual = here.samples[static_cast<std::size_t>(finished.sample.number)];
    return finished;
}

void UnderWay::close(int string) {
    const auto found = strings_.find(string);
    if (found != strings_.end() && found->second.missing == 0 && found->second.led == 0) {
        strings_.erase(found);
    }
}

}  // namespace otherwise
