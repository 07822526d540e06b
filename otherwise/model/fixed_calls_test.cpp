// Calls cut into pieces of one shape, on a stub that checks every piece and whose logits depend on
// shapes. context_pieces.cpp, which does the same on llama.cpp, is tested by
// tests/fixed_calls_test.cpp.
#include "otherwise/model/fixed_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/stub_evaluator.h"

namespace otherwise {
namespace {

using test::StubEvaluator;

constexpr FixedCalls kFixed{.streams = 4, .rows = 2};
constexpr int kStreams = 6;  // two windows, each with ballast after its three
constexpr int kPlaces = 8;

/// Logits by row of the whole call; what is padding is forgotten, as a context does it.
std::map<int, std::vector<float>> evaluate(StubEvaluator& stub, const Call& call) {
    const auto cells = [&](int stream) { return stub.length(stream); };
    std::map<int, std::vector<float>> logits;
    for (const auto& piece : fixed_pieces(call, kFixed, cells)) {
        stub.decode(piece.call);
        for (std::size_t i = 0; i < piece.rows.size(); ++i) {
            const int row = piece.rows[i];
            if (row >= 0 && call.wanted[static_cast<std::size_t>(row)] != 0) {
                const auto values = stub.logits(static_cast<int>(i));
                EXPECT_TRUE(logits.emplace(row, std::vector(values.begin(), values.end())).second);
            }
        }
        for (int s = 0; s < piece.call.n_streams; ++s) {
            const auto first = piece.rows.begin() + static_cast<long>(s) * piece.call.n_rows;
            const auto real = std::find(first, first + piece.call.n_rows, -1) - first;
            stub.trim(piece.call.first_stream + s,
                      piece.call.positions[static_cast<std::size_t>(s)] + static_cast<int>(real));
        }
    }
    return logits;
}

Call call_of(int first, int streams, int rows, int position) {
    Call call{.first_stream = first, .n_streams = streams, .n_rows = rows};
    call.positions.assign(static_cast<std::size_t>(streams), position);
    for (int i = 0; i < call.size(); ++i) {
        call.tokens.push_back((7 * i + 3) % test::kStubVocabulary);
        call.wanted.push_back(i % 3 == 0 ? 1 : 0);
        call.written.push_back(0);
    }
    return call;
}

StubEvaluator stub(int streams) { return StubEvaluator(test::stub_shape(streams, 1)); }

TEST(FixedCalls, EveryRowIsReadOnceInTheOneShape) {
    for (const auto& [first, streams] :
         {std::pair{0, 6}, std::pair{2, 2}, std::pair{3, 3}, std::pair{0, 1}, std::pair{5, 1}}) {
        for (const int rows : {1, 2, 3, 7}) {
            const Call call = call_of(first, streams, rows, 0);
            std::vector<int> seen(static_cast<std::size_t>(call.size()));
            for (const auto& piece : fixed_pieces(call, kFixed, [](int) { return 5; })) {
                EXPECT_EQ(piece.call.n_streams, kFixed.streams);
                EXPECT_EQ(piece.call.n_rows, kFixed.rows);
                EXPECT_EQ(piece.call.first_stream % kFixed.streams, 0);
                const auto wanted = std::ranges::count(piece.call.wanted, std::uint8_t{1});
                EXPECT_TRUE(wanted == 0 || wanted == piece.call.size()) << wanted;
                for (const int row : piece.rows) {
                    seen[static_cast<std::size_t>(std::max(row, 0))] += row >= 0 ? 1 : 0;
                }
            }
            EXPECT_EQ(seen, std::vector<int>(seen.size(), 1)) << first << " " << rows;
        }
    }
}

TEST(FixedCalls, TheLastStreamOfAWindowIsBallast) {
    for (int stream = 0; stream < kStreams; ++stream) {
        EXPECT_EQ(kFixed.place_of(stream), stream + stream / 3);
    }
    for (const auto& [wanted, made] : {std::pair{1, 4}, std::pair{3, 4}, std::pair{4, 8}}) {
        EXPECT_EQ(kFixed.with_ballast(wanted), made);
    }
    for (const auto& piece : fixed_pieces(call_of(0, 6, 2, 0), kFixed, [](int) { return 9; })) {
        EXPECT_EQ(piece.rows[6], -1);
        EXPECT_EQ(piece.rows[7], -1);
        EXPECT_EQ(piece.call.positions, (std::vector<std::int32_t>{0, 0, 0, 9}));
    }
}

TEST(FixedCalls, LogitsAreThoseOfTheWholeCall) {
    for (const int rows : {1, 2, 3, 15, 16}) {
        StubEvaluator whole = stub(kStreams);
        StubEvaluator cut = stub(kPlaces);
        const auto fill = [&](int stream, const std::vector<Token>& tokens) {
            whole.fill(stream, tokens);
            cut.fill(kFixed.place_of(stream), tokens);
        };
        fill(4, {1, 2, 3});  // in the window, and not in the call
        fill(2, {9, 9});
        fill(3, {8, 7});
        cut.fill(3, Tokens(200, 1));
        const Call call = call_of(2, 2, rows, 2);
        whole.decode(call);
        const auto logits = evaluate(cut, call);
        for (int row = 0; row < call.size(); ++row) {
            if (call.wanted[static_cast<std::size_t>(row)] != 0) {
                const auto expected = whole.logits(row);
                EXPECT_EQ(logits.at(row), std::vector(expected.begin(), expected.end()));
            }
        }
        for (int stream = 0; stream < kStreams; ++stream) {
            EXPECT_EQ(cut.length(kFixed.place_of(stream)), whole.length(stream)) << stream;
        }
        EXPECT_EQ(cut.length(3), 200);
    }
}

// A backend like a GPU: bits follow from the numbers of streams, rows and logits of a call, and
// from the cells of its fullest stream.
TEST(FixedCalls, ShapesNoLongerMatter) {
    const auto by_shape = [](const Call& call, int) {
        const auto wanted = std::ranges::count(call.wanted, std::uint8_t{1});
        return static_cast<float>(call.n_streams) + 0.1F * static_cast<float>(call.n_rows) +
               0.01F * static_cast<float>(wanted) +
               0.001F * static_cast<float>(std::ranges::max(call.positions));
    };
    StubEvaluator one = stub(kPlaces);
    StubEvaluator other = stub(kPlaces);
    for (auto* each : {&one, &other}) {
        each->disturbance = by_shape;
        each->fill(3, Tokens(200, 1));
        each->fill(7, Tokens(200, 1));
    }
    Call together = call_of(0, 1, 6, 0);
    together.wanted.assign(6, 1);
    const auto logits = evaluate(one, together);
    for (int row = 0; row < 6; ++row) {  // one at a time, in another stream and window
        Call single = call_of(5, 1, 1, row);
        single.tokens = {together.tokens[static_cast<std::size_t>(row)]};
        EXPECT_EQ(evaluate(other, single).at(0), logits.at(row)) << row;
    }
}

TEST(FixedCalls, AsText) {
    EXPECT_EQ(to_text({}), "");
    EXPECT_EQ(to_text(kFixed), "4 x 2");
    EXPECT_EQ(parse_fixed_calls(""), FixedCalls{});
    EXPECT_EQ(parse_fixed_calls("4 x 2"), kFixed);
    const FixedCalls plain{.streams = 64, .rows = 1, .flash_attention = false};
    EXPECT_EQ(parse_fixed_calls(to_text(plain)), plain);
    for (const auto* text : {"4", "4 x 0", "1 x 2", "-4 x 2", "4 x 2, 16", "4 y 2", "4 x 2 "}) {
        EXPECT_ERROR(parse_fixed_calls(text), "expected STREAMS x ROWS");
    }
}

}  // namespace
}  // namespace otherwise
