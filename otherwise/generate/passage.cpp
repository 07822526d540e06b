#include "otherwise/generate/passage.h"

#include <algorithm>

#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

int size(const std::shared_ptr<const Tokens>& tokens) { return static_cast<int>(tokens->size()); }

}  // namespace

PassageReading reading_of(const Passage& passage, int index, const Shape& shape) {
    const bool tiled = passage.tiled_text && tiled_text(size(passage.written), shape);
    const bool alone =
        tiled || shape.scoped_calls ||
        std::ranges::any_of(passage.prompts, [&](const std::shared_ptr<const Tokens>& prompt) {
            return tiled_head(size(prompt), shape) > 0;
        });
    const auto shortest = std::ranges::min_element(passage.prompts, {}, size);
    return {
        .passage = &passage, .index = index, .shared = alone ? 1 : size(*shortest), .tiled = tiled};
}

int tail_length(const PassageReading& reading) {
    return reading.shared + size(reading.passage->written) - 1;
}

std::pair<int, int> rows_of(const PassageReading& reading, int piece, const Shape& shape) {
    const int length = tail_length(reading);
    const int most = reading.tiled ? shape.max_rows : shape.max_stream_rows;
    int first = 0;
    int rows = 0;
    for (int i = 0; i <= piece && first < length; ++i) {
        first += rows;
        rows = next_rows(length - first, most, reading.tiled, shape);
    }
    return {first, first + rows};
}

Feed tail_feed(const PassageReading& reading, std::size_t world, int stream, int piece,
               const Shape& shape) {
    const Tokens& prompt = *reading.passage->prompts[world];
    const Tokens& written = *reading.passage->written;
    const int head = static_cast<int>(prompt.size()) - reading.shared;
    const auto [offset, end] = rows_of(reading, piece, shape);
    const int rows = end - offset;
    Feed feed{.stream = stream, .position = head + offset};
    for (int i = head + offset; i < head + end; ++i) {
        const auto at = static_cast<std::size_t>(i);
        feed.tokens.push_back(at < prompt.size() ? prompt[at] : written[at - prompt.size()]);
    }
    feed.wanted_from = std::clamp(reading.shared - 1 - offset, 0, rows);
    feed.written_from = feed.wanted_from;
    return feed;
}

}  // namespace otherwise
