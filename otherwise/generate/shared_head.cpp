#include "otherwise/generate/shared_head.h"

#include <algorithm>

namespace otherwise {
namespace {

int common_start(const Tokens& a, const Tokens& b) {
    return static_cast<int>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

SharedHead::SharedHead(Evaluator& evaluator, int streams)
    : evaluator_(evaluator),
      shape_(evaluator.shape()),
      stream_(shape_.tile_rows > 0 && shape_.can_trim && shape_.n_streams > streams
                  ? shape_.n_streams - 1
                  : -1) {}

/// Of `common` rows, those that leave the head of the prompt no rows, or enough for a call.
int SharedHead::part_of(int common, const Tokens& prompt) const {
    const int head = tiled_head(static_cast<int>(prompt.size()), shape_);
    const int part = common >= head ? head : std::min(common, head - shape_.tile_rows);
    return part >= shape_.tile_rows ? part : 0;
}

int SharedHead::usable(const Tokens& prompt, int own) const {
    return stream_ < 0 ? 0
                       : part_of(std::min(own, common_start(evaluator_.kept(), prompt)), prompt);
}

void SharedHead::give(int rows, int stream) {
    if (rows > 0) {
        evaluator_.copy(stream_, stream);
        evaluator_.trim(stream, rows);
    }
}

void SharedHead::learn(const Tokens& prompt, const Tokens& next, WriterCounts& counts, int own) {
    if (stream_ < 0) {
        return;
    }
    const int common = std::min(own, common_start(prompt, next));
    const int wanted = std::max(part_of(common, prompt), part_of(common, next));
    if (wanted >= usable(prompt, own) + shape_.tile_rows) {
        read(prompt, wanted, counts);
    }
}

void SharedHead::read(const Tokens& prompt, int length, WriterCounts& counts) {
    const int common = std::min(common_start(evaluator_.kept(), prompt), length - shape_.tile_rows);
    int at = common >= shape_.tile_rows ? common : 0;
    evaluator_.trim(stream_, at);
    evaluator_.kept().resize(static_cast<std::size_t>(at));  // should a call fail
    while (at < length) {
        const int rows = next_rows(length - at, shape_.max_rows, true, shape_);
        Call call{.first_stream = stream_, .n_streams = 1, .n_rows = rows};
        call.tokens.assign(prompt.begin() + at, prompt.begin() + at + rows);
        call.positions = {at};
        call.wanted.assign(static_cast<std::size_t>(rows), 0);
        call.written.assign(static_cast<std::size_t>(rows), 0);
        evaluator_.decode(call);
        counts.rows += rows;
        counts.needed += rows;
        ++counts.calls;
        at += rows;
    }
    evaluator_.kept().assign(prompt.begin(), prompt.begin() + length);
}

}  // namespace otherwise
