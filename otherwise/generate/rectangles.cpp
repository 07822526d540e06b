#include "otherwise/generate/rectangles.h"

#include <algorithm>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

// A call may hold one padded row for each eight useful ones, or be this small whatever the padding.
constexpr int kUsefulPerPadding = 8;
constexpr int kSmallCall = 24;

int rows(const Feed& feed) { return static_cast<int>(feed.tokens.size()); }

bool written_only(const Feed& feed) { return feed.written_from == 0; }

bool is_tiled(const Feed& feed, const Shape& shape) {
    return shape.tile_rows > 0 && rows(feed) >= shape.tile_rows;
}

/// Grows a run of feeds while they fit one rectangle.
class Run {
public:
    Run(const Feed& first, const Shape& shape)
        : shape_(shape),
          longest_(rows(first)),
          useful_(rows(first)),
          last_(&first),
          end_(first.position) {}

    bool take(const Feed& next) {
        const int longest = std::max(longest_, rows(next));
        const int end = std::max(end_, next.position);
        const int total = longest * (count_ + 1);
        const int useful = useful_ + rows(next);
        const bool adjacent = next.stream == last_->stream + 1;
        const bool one_kernel = is_tiled(next, shape_) == is_tiled(*last_, shape_);
        const bool one_scope = !shape_.scoped_calls || written_only(next) == written_only(*last_);
        const bool paddable =
            shape_.can_trim ? end + longest <= shape_.stream_length : useful == total;
        const bool dense = total <= kSmallCall || (total - useful) * kUsefulPerPadding <= useful;
        if (!adjacent || !one_kernel || !one_scope || !paddable || !dense ||
            total > shape_.max_rows) {
            return false;
        }
        longest_ = longest;
        useful_ = useful;
        end_ = end;
        last_ = &next;
        ++count_;
        return true;
    }
    [[nodiscard]] int count() const { return count_; }
    [[nodiscard]] int longest() const { return longest_; }
    [[nodiscard]] int end() const { return end_; }  ///< cells of its fullest stream

private:
    const Shape& shape_;
    int count_ = 1;
    int longest_;
    int useful_;
    const Feed* last_;
    int end_;
};

void append(Call& call, const Feed& feed) {
    call.positions.push_back(feed.position);
    for (int row = 0; row < call.n_rows; ++row) {
        const bool real = row < rows(feed);
        call.tokens.push_back(real ? feed.tokens[static_cast<std::size_t>(row)]
                                   : feed.tokens.back());
        call.wanted.push_back(real && row >= feed.wanted_from ? 1 : 0);
        const int inside = std::min(row, rows(feed) - 1);  // padding is in scope with the last row
        call.written.push_back(inside >= feed.written_from ? 1 : 0);
    }
}

/// Asks for more logits until there are enough, if there are any: the last ones, since those of the
/// first rows may be known (model/kept_prefixes.h).
void pad_wanted(Call& call, int least) {
    auto count = std::ranges::count(call.wanted, std::uint8_t{1});
    for (std::size_t i = call.wanted.size(); count > 0 && count < least && i > 0; --i) {
        if (call.wanted[i - 1] == 0) {
            call.wanted[i - 1] = 1;
            ++count;
        }
    }
}

/// Streams to add after the call's own so that it has its least rows.
int companions(const Call& call, const Shape& shape) {
    const int wanted = (shape.min_rows + call.n_rows - 1) / call.n_rows - call.n_streams;
    return std::clamp(wanted, 0, shape.n_streams - call.first_stream - call.n_streams);
}

/// Rows of each stream: the longest feed's, more where the call would be too small otherwise, no
/// free stream comes next, and the streams have room.
int rows_of_call(const Run& run, std::span<const Feed> feeds, int first, const Shape& shape,
                 int free_stream) {
    const int last = feeds[static_cast<std::size_t>(first + run.count() - 1)].stream;
    const int least = (shape.min_rows + run.count() - 1) / run.count();
    const bool paddable = shape.can_trim && run.end() + least <= shape.stream_length;
    return paddable && last + 1 != free_stream ? std::max(least, run.longest()) : run.longest();
}

Rectangle build(std::span<const Feed> feeds, int first, const Run& run, const Shape& shape,
                int free_stream) {
    Rectangle rectangle;
    rectangle.first = first;
    rectangle.count = run.count();
    Call& call = rectangle.call;
    call.first_stream = feeds[static_cast<std::size_t>(first)].stream;
    call.n_rows = rows_of_call(run, feeds, first, shape, free_stream);
    for (int i = 0; i < run.count(); ++i) {
        append(call, feeds[static_cast<std::size_t>(first + i)]);
    }
    call.n_streams = run.count();
    rectangle.companions = companions(call, shape);
    for (int i = 0; i < rectangle.companions; ++i) {
        Feed companion = feeds[static_cast<std::size_t>(first)];
        companion.position = 0;
        append(call, companion);
        ++call.n_streams;
    }
    pad_wanted(call, shape.min_wanted);
    return rectangle;
}

}  // namespace

std::vector<Rectangle> pack(std::span<const Feed> feeds, const Shape& shape, int free_stream) {
    std::vector<Rectangle> rectangles;
    for (std::size_t first = 0; first < feeds.size();) {
        Run run(feeds[first], shape);
        std::size_t next = first + 1;
        while (next < feeds.size() && run.take(feeds[next])) {
            ++next;
        }
        rectangles.push_back(build(feeds, static_cast<int>(first), run, shape, free_stream));
        first = next;
    }
    return rectangles;
}

void evaluate(Evaluator& evaluator, const Rectangle& rectangle, std::span<const Feed> feeds,
              int free_stream) {
    const int end = rectangle.call.first_stream + rectangle.call.n_streams;
    const int first = end - rectangle.companions;
    const int kept = std::clamp(free_stream - first, 0, rectangle.companions);
    const int keep_at = std::max(free_stream, end);
    for (int i = 0; i < kept; ++i) {
        evaluator.copy(first + i, keep_at + i);
        evaluator.trim(first + i, 0);
    }
    evaluator.decode(rectangle.call);
    for (int stream = first; stream < end; ++stream) {
        evaluator.trim(stream, 0);
    }
    for (int i = 0; i < kept; ++i) {
        evaluator.copy(keep_at + i, first + i);
        evaluator.trim(keep_at + i, 0);
    }
    for (int i = 0; i < rectangle.count; ++i) {
        const Feed& feed = feeds[static_cast<std::size_t>(rectangle.first + i)];
        if (rows(feed) < rectangle.call.n_rows) {
            evaluator.trim(feed.stream, feed.position + rows(feed));
        }
    }
}

Rectangle in_world(Rectangle rectangle, std::span<const Feed> feeds) {
    Call& call = rectangle.call;
    for (int i = 0; i < call.n_streams; ++i) {
        const bool companion = i >= rectangle.count;
        const Feed& feed = feeds[static_cast<std::size_t>(rectangle.first + (companion ? 0 : i))];
        call.positions[static_cast<std::size_t>(i)] = companion ? 0 : feed.position;
        for (int row = 0; row < call.n_rows; ++row) {
            const auto last = feed.tokens.size() - 1;
            call.tokens[static_cast<std::size_t>(rectangle.row_of(i, row))] =
                feed.tokens[std::min(static_cast<std::size_t>(row), last)];
        }
    }
    return rectangle;
}

}  // namespace otherwise
