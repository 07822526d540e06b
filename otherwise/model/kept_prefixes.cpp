#include "otherwise/model/kept_prefixes.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr int kLeastRows = 4;
constexpr int kCellsPerRow = 64;  // of a stream that is copied, for a row that is not read

std::size_t index(int i) { return static_cast<std::size_t>(i); }

template <typename Cells>
int common_start(const Cells& a, const Cells& b) {
    return static_cast<int>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// The call without the first rows of each stream.
Call without_first(const Call& call, int rows) {
    Call rest{.first_stream = call.first_stream,
              .n_streams = call.n_streams,
              .n_rows = call.n_rows - rows};
    for (int s = 0; s < call.n_streams; ++s) {
        rest.positions.push_back(call.positions[index(s)] + rows);
        for (int r = rows; r < call.n_rows; ++r) {
            const auto row = index(s * call.n_rows + r);
            rest.tokens.push_back(call.tokens[row]);
            rest.wanted.push_back(call.wanted[row]);
            rest.written.push_back(call.written[row]);
        }
    }
    return rest;
}

/// Rows at the start of every stream of which no logits are wanted.
int unwanted_start(const Call& call) {
    int rows = 0;
    while (rows < call.n_rows) {
        for (int s = 0; s < call.n_streams; ++s) {
            if (call.wanted[index(s * call.n_rows + rows)] != 0) {
                return rows;
            }
        }
        ++rows;
    }
    return rows;
}

}  // namespace

KeptPrefixes::KeptPrefixes(std::unique_ptr<Evaluator> inner, int kept, int least)
    : inner_(std::move(inner)), shape_(inner_->shape()), starts_(index(kept)) {
    if (kept < 1 || kept >= shape_.n_streams || !shape_.can_trim) {
        fail({.where = "KeptPrefixes",
              .expected = "an evaluator whose streams can be cut back, with some to spare",
              .came = std::to_string(shape_.n_streams) + " streams, of which to keep " +
                      std::to_string(kept)});
    }
    shape_.n_streams -= kept;
    streams_.resize(index(shape_.n_streams));
    least_ = least > 0 ? least : std::max(kLeastRows, shape_.stream_length / kCellsPerRow);
}

Shape KeptPrefixes::shape() const { return shape_; }

/// Of each stream, all that it will hold.
std::vector<KeptPrefixes::Cells> KeptPrefixes::cells_of(const Call& call) const {
    const bool tiled = shape_.tile_rows > 0 && call.n_rows >= shape_.tile_rows;
    std::vector<Cells> all;
    for (int s = 0; s < call.n_streams; ++s) {
        Cells cells = streams_.at(index(call.first_stream + s)).cells;
        for (int r = 0; r < call.n_rows; ++r) {
            const auto row = index(s * call.n_rows + r);
            cells.push_back(
                {.token = call.tokens[row], .written = call.written[row] != 0, .tiled = tiled});
        }
        all.push_back(std::move(cells));
    }
    return all;
}

/// The start that has most of these cells; −1 where none has any.
int KeptPrefixes::lender_of(const Cells& cells) const {
    int best = -1;
    int most = 0;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        const int common = common_start(starts_[i].cells, cells);
        if (common > most) {
            most = common;
            best = static_cast<int>(i);
        }
    }
    return best;
}

/// Rows at the start of every stream of the call that need not be read, and who has them. What is
/// left is a call that the evaluator takes, or none.
int KeptPrefixes::known_rows(const Call& call, const std::vector<Cells>& rows,
                             std::vector<int>& lenders) const {
    int known = unwanted_start(call);
    for (int s = 0; s < call.n_streams; ++s) {
        const Stream& stream = streams_[index(call.first_stream + s)];
        const bool empty = stream.cells.empty() || stream.lender >= 0;
        const int lender = empty ? lender_of(rows[index(s)]) : -1;
        const int common =
            lender < 0 ? 0 : common_start(starts_[index(lender)].cells, rows[index(s)]);
        lenders.push_back(lender);
        known = common < least_ ? 0 : std::min(known, common - call.positions[index(s)]);
        if (known <= 0) {
            return 0;
        }
    }
    if (known == call.n_rows) {
        return known;
    }
    const bool tiled = shape_.tile_rows > 0 && call.n_rows >= shape_.tile_rows;
    const int least =
        tiled ? shape_.tile_rows : (shape_.min_rows + call.n_streams - 1) / call.n_streams;
    return std::max(0, std::min(known, call.n_rows - least));
}

/// Puts what a stream has of a start alone into it.
void KeptPrefixes::settle(int stream) {
    Stream& one = streams_.at(index(stream));
    if (one.lender >= 0) {
        const int lender = std::exchange(one.lender, -1);
        inner_->copy(stream_of(index(lender)), stream);
        inner_->trim(stream, static_cast<int>(one.cells.size()));
    }
}

/// Before a call is read: its first `rows` rows from their lenders, and what its streams held.
void KeptPrefixes::lend(const Call& call, const std::vector<int>& lenders, int rows) {
    for (int s = 0; s < call.n_streams; ++s) {
        const int stream = call.first_stream + s;
        if (rows == 0) {
            settle(stream);
            continue;
        }
        const auto lender = index(lenders[index(s)]);
        streams_[index(stream)].lender = -1;
        inner_->copy(stream_of(lender), stream);
        inner_->trim(stream, call.positions[index(s)] + rows);
        starts_[lender].used = ++now_;
    }
}

/// What a stream that is to be cleared holds of its prompt.
void KeptPrefixes::keep_start(int stream) {
    const Stream& one = streams_[index(stream)];
    const auto end = std::ranges::find(one.cells, true, &Cell::written);
    const Cells start(one.cells.begin(), end);
    if (one.lender >= 0 || static_cast<int>(start.size()) < least_) {
        return;
    }
    const auto common = [&](const Start& other) { return index(common_start(other.cells, start)); };
    const auto has_it = std::ranges::find_if(
        starts_, [&](const Start& other) { return common(other) == start.size(); });
    if (has_it != starts_.end()) {
        has_it->used = ++now_;
        return;
    }
    const auto part = std::ranges::find_if(
        starts_, [&](const Start& other) { return common(other) == other.cells.size(); });
    const auto to =
        part != starts_.end() ? part : std::ranges::min_element(starts_, {}, &Start::used);
    const auto number = static_cast<std::size_t>(to - starts_.begin());
    for (int other = 0; other < shape_.n_streams; ++other) {
        if (streams_[index(other)].lender == static_cast<int>(number)) {
            settle(other);
        }
    }
    inner_->trim(stream_of(number), 0);
    inner_->copy(stream, stream_of(number));
    inner_->trim(stream_of(number), static_cast<int>(start.size()));
    *to = {.cells = start, .used = ++now_};
}

void KeptPrefixes::copy(int from, int to) {
    settle(from);
    inner_->copy(from, to);
    streams_.at(index(to)) = streams_.at(index(from));
}

void KeptPrefixes::trim(int stream, int length) {
    Stream& one = streams_.at(index(stream));
    if (length == 0) {
        keep_start(stream);
        one = {};
    } else if (index(length) < one.cells.size()) {
        one.cells.resize(index(length));
    }
    if (one.lender < 0) {
        inner_->trim(stream, length);
    }
}

void KeptPrefixes::clear() {
    for (int stream = 0; stream < shape_.n_streams; ++stream) {
        trim(stream, 0);
    }
    kept().clear();  // which were in the last stream
}

void KeptPrefixes::decode(const Call& call) {
    std::vector<Cells> rows = cells_of(call);
    std::vector<int> lenders;
    const int known = known_rows(call, rows, lenders);
    spared_ += long{known} * call.n_streams;
    if (known > 0 && known == call.n_rows) {  // nothing to read as long as nothing else is
        for (int s = 0; s < call.n_streams; ++s) {
            Stream& stream = streams_[index(call.first_stream + s)];
            stream.cells = std::move(rows[index(s)]);
            stream.lender = lenders[index(s)];
            starts_[index(stream.lender)].used = ++now_;
        }
        call_rows_ = 0;
        return;
    }
    lend(call, lenders, known);
    sound_ = false;
    inner_->decode(known > 0 ? without_first(call, known) : call);
    sound_ = true;
    for (int s = 0; s < call.n_streams; ++s) {
        streams_[index(call.first_stream + s)].cells = std::move(rows[index(s)]);
    }
    call_rows_ = call.n_rows;
    left_out_ = known;
}

std::span<const float> KeptPrefixes::logits(int row) const {
    if (call_rows_ == 0 || row % call_rows_ < left_out_) {
        fail({.where = "KeptPrefixes::logits",
              .expected = "a row whose logits were wanted",
              .came = std::to_string(row)});
    }
    const int stream = row / call_rows_;
    return inner_->logits(stream * (call_rows_ - left_out_) + row % call_rows_ - left_out_);
}

}  // namespace otherwise
