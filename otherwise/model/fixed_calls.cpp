#include "otherwise/model/fixed_calls.h"

#include <algorithm>
#include <sstream>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr const char* kNoFlash = ", no flash attention";

class Cutter {
public:
    Cutter(const Call& call, const FixedCalls& fixed, const std::function<int(int)>& cells)
        : call_(call), fixed_(fixed), cells_(cells) {}

    /// Rows [from, from + rows) of each stream of the window, as far as the call has them.
    [[nodiscard]] FixedPiece cut(int window, int from) const {
        FixedPiece piece{.call = {.first_stream = window * fixed_.streams,
                                  .n_streams = fixed_.streams,
                                  .n_rows = fixed_.rows},
                         .rows = {}};
        for (int i = 0; i < fixed_.streams; ++i) {
            const bool ballast = i + 1 == fixed_.streams;
            const int s = window * (fixed_.streams - 1) + i - call_.first_stream;
            if (ballast || s < 0 || s >= call_.n_streams) {
                append_padding(piece, window * fixed_.streams + i);
            } else {
                append_rows(piece, s, from);
            }
        }
        const bool wants = std::ranges::any_of(piece.rows, [&](int row) {
            return row >= 0 && call_.wanted[static_cast<std::size_t>(row)] != 0;
        });
        piece.call.wanted.assign(piece.rows.size(), wants ? 1 : 0);
        return piece;
    }

private:
    void append(FixedPiece& piece, int row, int like) const {
        piece.rows.push_back(row);
        piece.call.tokens.push_back(call_.tokens[static_cast<std::size_t>(like)]);
        piece.call.written.push_back(call_.written[static_cast<std::size_t>(like)]);
    }

    /// After what a stream holds that the call does not name.
    void append_padding(FixedPiece& piece, int place) const {
        piece.call.positions.push_back(cells_(place));
        for (int r = 0; r < fixed_.rows; ++r) {
            append(piece, -1, call_.size() - 1);
        }
    }

    void append_rows(FixedPiece& piece, int s, int from) const {
        piece.call.positions.push_back(call_.positions[static_cast<std::size_t>(s)] + from);
        const int last = (s + 1) * call_.n_rows - 1;
        for (int r = 0; r < fixed_.rows; ++r) {
            const int row = s * call_.n_rows + from + r;
            append(piece, row <= last ? row : -1, std::min(row, last));
        }
    }

    const Call& call_;
    const FixedCalls& fixed_;
    const std::function<int(int)>& cells_;
};

}  // namespace

std::string to_text(const FixedCalls& fixed) {
    return fixed.any() ? std::to_string(fixed.streams) + " x " + std::to_string(fixed.rows) +
                             (fixed.flash_attention ? "" : kNoFlash)
                       : "";
}

FixedCalls parse_fixed_calls(const std::string& text) {
    FixedCalls fixed;
    if (text.empty()) {
        return fixed;
    }
    fixed.flash_attention = !text.ends_with(kNoFlash);
    std::istringstream in(text);
    char by = 0;
    in >> fixed.streams >> by >> fixed.rows;
    if (!in || by != 'x' || fixed.streams < 2 || fixed.rows < 1 || to_text(fixed) != text) {
        fail(
            {.where = "parse_fixed_calls", .expected = "STREAMS x ROWS", .came = "'" + text + "'"});
    }
    return fixed;
}

std::vector<FixedPiece> fixed_pieces(const Call& call, const FixedCalls& fixed,
                                     const std::function<int(int place)>& cells) {
    const Cutter cutter(call, fixed, cells);
    const int usable = fixed.streams - 1;
    const int last = call.first_stream + call.n_streams - 1;
    std::vector<FixedPiece> pieces;
    for (int from = 0; from < call.n_rows; from += fixed.rows) {
        for (int window = call.first_stream / usable; window <= last / usable; ++window) {
            pieces.push_back(cutter.cut(window, from));
        }
    }
    return pieces;
}

}  // namespace otherwise
