// Long observed texts through the tiled kernel: which bundles are along one, and their calls.
//
// A sample is along its text for as long as it has written what the text says. Its rows up to and
// with the one that decides its first other token have known inputs, so they are read in calls of
// the tiled kernel, and all after it by the other one. Where calls end and how far beyond that row
// they go changes no bit of the rows that stay, so each world cuts them as pays; what was read in
// vain is trimmed. Samples under fresh noise, which follow nothing, are read in the same way: then
// a row's kernel depends on the string and the tokens before it, and not on who wrote them.
#include <algorithm>

#include "otherwise/generate/writer.h"
#include "otherwise/model/blocks.h"

namespace otherwise {

/// The observed text that these samples are along, where its rows go through the tiled kernel; else
/// null.
const Tokens* Writer::tiled_text_along(const Bundle& bundle) const {
    const FactualString* string =
        bundle.reading ? bundle.reading.get() : bundle.samples.front().factual.get();
    if (!options_.tiled_texts || !shape_.can_trim || string == nullptr || !string->observed) {
        return nullptr;
    }
    const Tokens& text = string->written->tokens;
    const bool along = bundle.written.size() < text.size() &&
                       std::equal(bundle.written.begin(), bundle.written.end(), text.begin());
    return along && tiled_text(static_cast<int>(text.size()), shape_) ? &text : nullptr;
}

/// Rows of the text that are worth reading in one call: as many as the draft's, and none after a
/// forced token that is not the text's.
int Writer::longest_call(const Bundle& bundle, const Tokens& text) const {
    if (bundle.reading) {
        return shape_.max_rows;
    }
    const auto samples = static_cast<int>(bundle.samples.size());
    const auto at = static_cast<int>(bundle.written.size());
    int rows = bundle.samples.front().following ? policy_.length(samples) + 1 : 1;
    for (const auto& [position, token] : rules_of(bundle).forced) {
        const auto t = static_cast<std::size_t>(position);
        if (position >= at && t < text.size() && text[t] != token) {
            rows = std::min(rows, position - at + 1);
        }
    }
    return std::clamp(rows, shape_.tile_rows, shape_.max_rows);
}

/// Inputs of the next call: what is left of the prompt, whose last row is the text's first; then
/// the text, in calls that the tiled kernel takes.
Tokens Writer::upcoming_along(const Bundle& bundle, const Tokens& text) const {
    const auto prompt = static_cast<int>(bundle.prompt->size());
    const int start = prompt - 1;
    const int left = start + static_cast<int>(text.size()) - bundle.cached;
    const int rows = bundle.cached < start
                         ? std::min(start - bundle.cached, shape_.max_stream_rows)
                         : next_rows(left, longest_call(bundle, text), true, shape_);
    Tokens tokens;
    for (int i = bundle.cached; i < bundle.cached + rows; ++i) {
        const auto at = static_cast<std::size_t>(i);
        tokens.push_back(i < prompt ? (*bundle.prompt)[at] : text[at - bundle.prompt->size()]);
    }
    return tokens;
}

}  // namespace otherwise
