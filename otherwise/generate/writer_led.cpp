// Samples that left the factual string they went along with: how they wait, and where they go on.
#include <algorithm>
#include <iterator>
#include <utility>

#include "otherwise/generate/writer.h"

namespace otherwise {

/// The sample waits on the stream with those that wrote the same.
void Writer::leave(Slot& slot, Sample sample, const Bundle& bundle, const Step& step) {
    sample.led = false;
    Bundle next{.prompt = bundle.prompt,
                .written = bundle.written,
                .samples = {},
                .limit = bundle.limit,
                .cached = 0,
                .verifying = false};
    next.written.insert(next.written.end(), step.tokens.begin(), step.tokens.end());
    next.cached = next.length() - 1;
    auto same = std::ranges::find(slot.waiting, next.written, &Bundle::written);
    if (same == slot.waiting.end()) {
        same = slot.waiting.insert(slot.waiting.end(), std::move(next));
    }
    same->samples.push_back(std::move(sample));
}

/// The observed string is impossible: it is finished, and nothing is written along with it.
void Writer::drop(Slot& slot, const Bundle& bundle) {
    int led = static_cast<int>(bundle.samples.size()) - bundle.width();
    for (const Bundle& waiting : slot.waiting) {
        led += static_cast<int>(waiting.samples.size());
    }
    slot.waiting.clear();
    in_flight_ -= led;
    finish(bundle.samples.front(), bundle, {});
}

/// Of those that wait on a stream at most so many samples that left it last.
Bundle Writer::take_waiting(Slot& slot, int most) {
    const auto last = std::ranges::max_element(slot.waiting, {}, &Bundle::cached);
    const int count = std::min(most, static_cast<int>(last->samples.size()));
    if (count < static_cast<int>(last->samples.size())) {  // the same noise writes the same
        std::ranges::stable_sort(last->samples, {}, &Sample::number);
    }
    const auto end = last->samples.begin() + count;
    Bundle taken = *last;
    taken.samples.assign(std::make_move_iterator(last->samples.begin()),
                         std::make_move_iterator(end));
    last->samples.erase(last->samples.begin(), end);
    if (last->samples.empty()) {
        slot.waiting.erase(last);
    }
    taken.verifying = worth_verifying(taken);
    return taken;
}

/// Lets those that wait go on in free streams.
void Writer::spread() {
    for (int stream = 0; shape_.can_trim && stream < live(); ++stream) {
        while (!slots_[static_cast<std::size_t>(stream)].waiting.empty() &&
               !slots_[static_cast<std::size_t>(stream)].bundle.reading &&
               width() < options_.parallel) {
            const int free = options_.parallel - width();
            Bundle next = take_waiting(slots_[static_cast<std::size_t>(stream)], free);
            evaluator_.copy(stream, live());
            evaluator_.trim(live(), next.cached);
            slots_.push_back({.bundle = std::move(next), .fed = {}});
        }
    }
}

/// What waits on a stream whose own samples are done takes it over, or is read again.
void Writer::resume(int stream) {
    Slot& slot = slots_[static_cast<std::size_t>(stream)];
    if (slot.waiting.empty()) {
        return;
    }
    if (shape_.can_trim) {
        const int others = width() - slot.width();
        slot.bundle = take_waiting(slot, options_.parallel - others);
        evaluator_.trim(stream, slot.bundle.cached);
        return;
    }
    while (!slot.waiting.empty()) {
        Bundle again = take_waiting(slot, options_.parallel);
        again.cached = 0;
        again.verifying = true;
        queue_.push_back(std::move(again));
    }
}

}  // namespace otherwise
