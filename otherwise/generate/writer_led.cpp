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
    int led = static_cast<int>(bundle.samples.size()) - bundle.own_samples();
    for (const Bundle& waiting : slot.waiting) {
        led += static_cast<int>(waiting.samples.size());
    }
    slot.waiting.clear();
    in_flight_ -= led;
    finish(bundle.samples.front(), bundle, {});
}

/// Of those that wait on a stream the ones with most cells, whole: what they write alike is
/// evaluated once.
Bundle Writer::take_waiting(Slot& slot) {
    const auto last = std::ranges::max_element(slot.waiting, {}, &Bundle::cached);
    Bundle taken = std::move(*last);
    slot.waiting.erase(last);
    taken.verifying = worth_verifying(taken);
    return taken;
}

/// Lets those that wait go on in free streams.
void Writer::spread() {
    for (int stream = 0; shape_.can_trim && stream < live(); ++stream) {
        while (!slots_[static_cast<std::size_t>(stream)].waiting.empty() &&
               !slots_[static_cast<std::size_t>(stream)].bundle.reading &&
               width() < options_.parallel) {
            Bundle next = take_waiting(slots_[static_cast<std::size_t>(stream)]);
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
        slot.bundle = take_waiting(slot);
        evaluator_.trim(stream, slot.bundle.cached);
        return;
    }
    while (!slot.waiting.empty()) {
        read_again(take_waiting(slot));
    }
}

/// From the start of its prompt, in parts for which there are streams enough.
void Writer::read_again(Bundle bundle) {
    std::ranges::stable_sort(bundle.samples, {},
                             &Sample::number);  // the same noise writes the same
    bundle.cached = 0;
    bundle.verifying = true;
    std::vector<Sample> samples = std::exchange(bundle.samples, {});
    for (auto first = samples.begin(); first != samples.end();) {
        const auto end = first + std::min<std::ptrdiff_t>(options_.parallel, samples.end() - first);
        Bundle part = bundle;
        part.samples.assign(std::make_move_iterator(first), std::make_move_iterator(end));
        queue_.push_back(std::move(part));
        first = end;
    }
}

}  // namespace otherwise
