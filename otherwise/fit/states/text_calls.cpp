#include "otherwise/fit/states/text_calls.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

constexpr int kStreams = 16;
constexpr int kTiledRows = 512;                              // of one call
constexpr int kTiledStreams = kTiledRows / (2 * kTileRows);  // each with room for any block

Shape rule_of(const Model& model, int least_rows) {
    return {.max_rows = kTiledRows,
            .tile_rows = model.recurrent() ? 0 : kTileRows,
            .min_rows = least_rows};
}

/// Rows of a text that go through the tiled kernel.
int head_of(const TextRows& text, const Shape& rule) { return tiled_head(text.prompt, rule); }

/// Streams for texts of which the longest has a head of so many rows.
int streams_for(int head) {
    return head == 0 ? kStreams : std::clamp(kTiledRows / head, 1, kTiledStreams);
}

/// Rows [first[s], first[s] + rows) of each text, up to `ends` of each.
TextPiece piece_of(const std::vector<int>& first, int rows, const std::vector<int>& ends,
                   int least_rows) {
    TextPiece piece{.rows = rows, .first = first, .end = ends};
    for (std::size_t s = 0; s < ends.size(); ++s) {
        piece.end[s] = std::clamp(ends[s], first[s], first[s] + rows);
    }
    const int streams = (least_rows + rows - 1) / rows;
    piece.companions = std::max(0, streams - static_cast<int>(first.size()));
    return piece;
}

/// Calls for the rows of each text from `first` up to `ends`, in one kernel.
std::vector<TextPiece> pieces_of(std::vector<int> first, const std::vector<int>& ends, int most,
                                 bool tiled, const Shape& rule) {
    int left = 0;
    for (std::size_t s = 0; s < ends.size(); ++s) {
        left = std::max(left, ends[s] - first[s]);
    }
    std::vector<TextPiece> pieces;
    while (left > 0) {
        const int rows = next_rows(left, most, tiled, rule);
        pieces.push_back(piece_of(first, rows, ends, rule.min_rows));
        pieces.back().trims = pieces.size() == 1;
        for (int& at : first) {
            at += rows;
        }
        left -= rows;
    }
    return pieces;
}

/// The context that texts of one kind need, the longest of which has so many tokens.
ContextOptions shape_for(int longest, int streams, bool tiled, const Shape& rule) {
    // With companions a call may have up to least − 2 rows more than the least.
    const int rows =
        std::max(2 * rule.min_rows - 2, streams * std::min(longest, rule.max_stream_rows));
    ContextOptions shape;
    shape.n_streams = streams;
    shape.stream_length = longest;
    shape.max_rows = tiled ? kTiledRows : rows;
    shape.least_rows = rule.min_rows;
    shape.tiled = tiled;
    return shape;
}

/// A text in an order in which neighbours can share calls: long prompts first, those with as many
/// rows after their heads together, since padding there would be in the middle of a text.
struct Sorted {
    bool tiled = false;
    int tail = 0;  ///< rows after the head, where there is one
    int tokens = 0;
    std::size_t index = 0;

    [[nodiscard]] bool together(const Sorted& other) const {
        return tiled == other.tiled && tail == other.tail;
    }
};

std::vector<Sorted> sorted(std::span<const TextRows> texts, const Shape& rule) {
    std::vector<Sorted> order;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const int head = head_of(texts[i], rule);
        order.push_back({.tiled = head > 0,
                         .tail = head > 0 ? texts[i].tokens - head : 0,
                         .tokens = texts[i].tokens,
                         .index = i});
    }
    std::ranges::stable_sort(order, std::greater<>{}, [](const Sorted& text) {
        return std::tuple(text.tiled, text.tail, text.tokens);
    });
    return order;
}

/// The next texts of one kind, from `left` on.
TextGroup take_group(std::span<const Sorted>& left, std::span<const TextRows> texts,
                     const Shape& rule) {
    const Sorted longest = left.front();
    const auto most = static_cast<std::size_t>(streams_for(head_of(texts[longest.index], rule)));
    TextGroup group;
    std::vector<int> heads;
    std::vector<int> ends;
    while (!left.empty() && ends.size() < most && left.front().together(longest)) {
        const TextRows& text = texts[left.front().index];
        group.texts.push_back(left.front().index);
        heads.push_back(head_of(text, rule));
        ends.push_back(text.tokens);
        left = left.subspan(1);
    }
    if (longest.tiled) {
        const int rows = kTiledRows / static_cast<int>(ends.size());
        group.pieces = pieces_of(std::vector<int>(ends.size(), 0), heads, rows, true, rule);
    }
    const auto rest = pieces_of(heads, ends, rule.max_stream_rows, false, rule);
    group.pieces.insert(group.pieces.end(), rest.begin(), rest.end());
    return group;
}

}  // namespace

std::vector<TextBatch> text_calls(std::span<const TextRows> texts, const Model& model,
                                  int least_rows) {
    const Shape rule = rule_of(model, least_rows);
    const auto order = sorted(texts, rule);
    std::vector<TextBatch> batches;
    for (std::span<const Sorted> left = order; !left.empty();) {
        const bool tiled = left.front().tiled;
        const int longest = left.front().tokens;
        if (batches.empty() || batches.back().shape.tiled != tiled) {
            batches.push_back({.groups = {}, .shape = shape_for(longest, least_rows, tiled, rule)});
        }
        auto& [groups, shape] = batches.back();
        groups.push_back(take_group(left, texts, rule));
        const auto streams = static_cast<int>(groups.back().texts.size());
        shape = shape_for(std::max(shape.stream_length, longest),
                          std::max(shape.n_streams, streams), tiled, rule);
    }
    return batches;
}

Call call_of(const TextPiece& piece, std::span<const std::span<const Token>> texts, bool logits) {
    Call call{.n_streams = static_cast<int>(texts.size()) + piece.companions, .n_rows = piece.rows};
    for (std::size_t s = 0; s < texts.size(); ++s) {
        for (int row = piece.first[s]; row < piece.first[s] + piece.rows; ++row) {
            call.tokens.push_back(
                texts[s][std::min(static_cast<std::size_t>(row), texts[s].size() - 1)]);
        }
        call.positions.push_back(piece.first[s]);
    }
    for (int i = 0; i < piece.companions; ++i) {
        call.tokens.insert(call.tokens.end(), static_cast<std::size_t>(piece.rows),
                           texts.front().front());
        call.positions.push_back(0);
    }
    call.wanted.assign(call.tokens.size(), logits ? 1 : 0);
    call.written.assign(call.tokens.size(), 0);
    return call;
}

void make_ready(Context& context, const TextPiece& piece) {
    const auto streams = static_cast<int>(piece.first.size());
    for (int s = 0; piece.trims && s < streams; ++s) {
        context.trim(s, piece.first[static_cast<std::size_t>(s)]);
    }
    for (int i = 0; i < piece.companions; ++i) {
        context.trim(streams + i, 0);
    }
}

std::size_t text_calls_bytes(const Model& model, int longest, int least_rows) {
    const Shape rule = rule_of(model, least_rows);
    const bool tiled = head_of({.tokens = longest, .prompt = longest}, rule) > 0;
    const int plain = tiled ? kTileRows : longest;
    const std::size_t bytes = context_bytes(model, shape_for(plain, kStreams, false, rule));
    return tiled ? std::max(bytes,
                            context_bytes(model, shape_for(longest, kTiledStreams, true, rule)))
                 : bytes;
}

}  // namespace otherwise
