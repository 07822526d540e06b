#include "otherwise/fit/text_calls.h"

#include <algorithm>
#include <numeric>

#include "otherwise/model/blocks.h"

namespace otherwise {
namespace {

constexpr int kStreams = 16;
constexpr int kLeastRows = 2;
constexpr int kTiledRows = 512;                              // of one call
constexpr int kTiledStreams = kTiledRows / (2 * kTileRows);  // each with room for any block

Shape rule_of(const Model& model) {
    return {.max_rows = kTiledRows, .tile_rows = model.recurrent() ? 0 : kTileRows};
}

/// Rows of a text that go through the tiled kernel.
int head_of(int length, const Shape& rule) { return tiled_head(length, rule); }

/// Streams for texts of which the longest has a head of so many rows.
int streams_for(int head) {
    return head == 0 ? kStreams : std::clamp(kTiledRows / head, 1, kTiledStreams);
}

/// Rows [first, first + rows) of each text, up to `ends` of each.
TextPiece piece_of(int first, int rows, const std::vector<int>& ends) {
    TextPiece piece{.rows = rows, .first = std::vector<int>(ends.size(), first), .end = ends};
    for (int& end : piece.end) {
        end = std::clamp(end, first, first + rows);
    }
    piece.trims = first == 0;
    return piece;
}

/// The last row of each text, in a call of at least two rows.
TextPiece last_rows(const std::vector<int>& lengths) {
    TextPiece piece{
        .rows = lengths.size() < kLeastRows ? kLeastRows : 1, .end = lengths, .trims = true};
    for (const int length : lengths) {
        piece.first.push_back(length - 1);
    }
    return piece;
}

std::vector<TextPiece> tiled_pieces(const std::vector<int>& lengths, const Shape& rule) {
    std::vector<int> heads;
    for (const int length : lengths) {
        heads.push_back(length - 1);
    }
    const int most = kTiledRows / static_cast<int>(lengths.size());
    std::vector<TextPiece> pieces;
    for (int first = 0; first < heads.front();) {
        const int rows = next_rows(heads.front() - first, most, true, rule);
        pieces.push_back(piece_of(first, rows, heads));
        first += rows;
    }
    pieces.push_back(last_rows(lengths));
    return pieces;
}

std::vector<TextPiece> plain_pieces(const std::vector<int>& lengths, const Shape& rule) {
    std::vector<TextPiece> pieces;
    for (int first = 0; first < lengths.front();) {
        int rows = std::min(rule.max_stream_rows, lengths.front() - first);
        rows = rows * static_cast<int>(lengths.size()) < kLeastRows ? kLeastRows : rows;
        pieces.push_back(piece_of(first, rows, lengths));
        first += rows;
    }
    return pieces;
}

/// The context that texts of one kind need, the longest of which has so many tokens.
ContextOptions shape_for(int longest, int streams, const Shape& rule) {
    const bool tiled = head_of(longest, rule) > 0;
    const int rows = std::max(kLeastRows, streams * std::min(longest + 1, rule.max_stream_rows));
    ContextOptions shape;
    shape.n_streams = streams;
    shape.stream_length = longest + kLeastRows;
    shape.max_rows = tiled ? kTiledRows : rows;
    shape.least_rows = kLeastRows;
    shape.tiled = tiled;
    return shape;
}

/// The next texts of one kind, from `left` on, which is sorted.
TextGroup take_group(std::span<const std::size_t>& left, std::span<const int> lengths,
                     const Shape& rule) {
    const int head = head_of(lengths[left.front()], rule);
    const auto most = static_cast<std::size_t>(streams_for(head));
    TextGroup group;
    std::vector<int> own;
    while (!left.empty() && own.size() < most) {
        const int length = lengths[left.front()];
        if ((head_of(length, rule) > 0) != (head > 0)) {
            break;
        }
        group.texts.push_back(left.front());
        own.push_back(length);
        left = left.subspan(1);
    }
    group.pieces = head > 0 ? tiled_pieces(own, rule) : plain_pieces(own, rule);
    return group;
}

}  // namespace

std::vector<TextBatch> text_calls(std::span<const int> lengths, const Model& model) {
    const Shape rule = rule_of(model);
    std::vector<std::size_t> order(lengths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
    std::vector<TextBatch> batches;
    for (std::span<const std::size_t> left = order; !left.empty();) {
        const int longest = lengths[left.front()];
        const bool tiled = head_of(longest, rule) > 0;
        if (batches.empty() || batches.back().shape.tiled != tiled) {
            batches.push_back({.groups = {}, .shape = shape_for(longest, 1, rule)});
        }
        auto& [groups, shape] = batches.back();
        groups.push_back(take_group(left, lengths, rule));
        const auto streams = static_cast<int>(groups.back().texts.size());
        shape =
            shape_for(shape.stream_length - kLeastRows, std::max(shape.n_streams, streams), rule);
    }
    return batches;
}

Call call_of(const TextPiece& piece, std::span<const std::span<const Token>> texts, bool logits) {
    Call call{.n_streams = static_cast<int>(texts.size()), .n_rows = piece.rows};
    for (std::size_t s = 0; s < texts.size(); ++s) {
        for (int row = piece.first[s]; row < piece.first[s] + piece.rows; ++row) {
            call.tokens.push_back(
                texts[s][std::min(static_cast<std::size_t>(row), texts[s].size() - 1)]);
        }
        call.positions.push_back(piece.first[s]);
    }
    call.wanted.assign(call.tokens.size(), logits ? 1 : 0);
    call.written.assign(call.tokens.size(), 0);
    return call;
}

void make_ready(Context& context, const TextPiece& piece) {
    for (std::size_t s = 0; piece.trims && s < piece.first.size(); ++s) {
        context.trim(static_cast<int>(s), piece.first[s]);
    }
}

std::size_t text_calls_bytes(const Model& model, int longest) {
    const Shape rule = rule_of(model);
    const bool tiled = head_of(longest, rule) > 0;
    const int plain = tiled ? kTileRows : longest;
    const std::size_t bytes = context_bytes(model, shape_for(plain, kStreams, rule));
    return tiled ? std::max(bytes, context_bytes(model, shape_for(longest, kTiledStreams, rule)))
                 : bytes;
}

}  // namespace otherwise
