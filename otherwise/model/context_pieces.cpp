// A context whose calls are cut into pieces of one shape (model/fixed_calls.h).
#include <algorithm>

#include "llama.h"
#include "otherwise/model/context.h"

namespace otherwise {

/// Logits of a piece are gone with the next one: those of the wanted rows are copied.
void Context::keep_logits_of(const FixedPiece& piece, std::size_t& kept) {
    const auto width = static_cast<std::size_t>(shape_.n_vocab);
    for (std::size_t i = 0; i < piece.rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(std::max(piece.rows[i], 0));
        if (piece.rows[i] >= 0 && rows_[row] != nullptr) {
            const float* values = llama_get_logits_ith(context_.get(), static_cast<int>(i));
            float* const place = piece_logits_.data() + width * kept++;
            std::copy_n(values, width, place);
            rows_[row] = place;
        }
    }
}

void Context::forget_padding(const FixedPiece& piece) {
    const auto n_rows = static_cast<std::size_t>(piece.call.n_rows);
    for (std::size_t s = 0; s < piece.call.positions.size(); ++s) {
        const auto first = piece.rows.begin() + static_cast<std::ptrdiff_t>(s * n_rows);
        const auto real = std::find(first, first + piece.call.n_rows, -1) - first;
        if (real < piece.call.n_rows) {
            const auto length = piece.call.positions[s] + static_cast<int>(real);
            llama_memory_seq_rm(llama_get_memory(context_.get()),
                                piece.call.first_stream + static_cast<int>(s),
                                length == 0 ? -1 : length, -1);
        }
    }
}

void Context::decode_pieces(const Call& call) {
    const auto wanted = std::ranges::count(call.wanted, std::uint8_t{1});
    const auto size = static_cast<std::size_t>(wanted) * static_cast<std::size_t>(shape_.n_vocab);
    if (piece_logits_.size() < size) {
        piece_logits_.resize(size);
    }
    for (std::size_t i = 0; i < call.wanted.size(); ++i) {
        rows_[i] = call.wanted[i] != 0 ? piece_logits_.data() : nullptr;
    }
    std::vector<int> strings(strings_.size(), -1);  // padding is of no string
    for (int stream = call.first_stream; stream < call.first_stream + call.n_streams; ++stream) {
        const auto place = static_cast<std::size_t>(fixed_.place_of(stream));
        strings[place] = strings_[place];
    }
    std::size_t kept = 0;
    for (const auto& piece :
         fixed_pieces(call, fixed_, [this](int place) { return cells(place); })) {
        evaluate(piece.call, strings);
        keep_logits_of(piece, kept);
        forget_padding(piece);
    }
}

/// Once for all: a text of this length in the last stream of each window.
void Context::fill_ballast(int length) {
    const std::vector<int> strings(strings_.size(), -1);
    for (int place = fixed_.streams - 1; place < static_cast<int>(strings_.size());
         place += fixed_.streams) {
        for (int at = 0; at < length;) {
            const int rows = std::min(length - at, fixed_.all_rows());
            Call call{.first_stream = place, .n_streams = 1, .n_rows = rows, .positions = {at}};
            for (int row = 0; row < rows; ++row) {
                call.tokens.push_back((at + row) % shape_.n_vocab);
            }
            call.wanted.assign(call.tokens.size(), 0);
            call.written.assign(call.tokens.size(), 0);
            evaluate(call, strings);
            at += rows;
        }
    }
}

}  // namespace otherwise
