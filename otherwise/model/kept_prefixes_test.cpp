#include "otherwise/model/kept_prefixes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/expect_error.h"
#include "tests/support/stub_evaluator.h"

namespace otherwise {
namespace {

using test::stub_shape;
using test::StubEvaluator;
using testing::ElementsAreArray;

constexpr int kKept = 2;
constexpr int kLeast = 4;

test::StubModel scoped_model() {
    test::StubModel model;
    model.strength = 1.0F;
    model.sees_scope = true;
    return model;
}

/// The same calls to an evaluator that keeps starts and to one that does not.
class Twins {
public:
    explicit Twins(const Shape& shape)
        : plain_(shape, scoped_model()), kept_(make(shape), kKept, kLeast) {}

    KeptPrefixes& kept() { return kept_; }
    StubEvaluator& inner() { return *inner_; }

    /// Expects the same logits of all wanted rows.
    void decode(const Call& call) {
        plain_.decode(call);
        kept_.decode(call);
        for (int row = 0; row < call.size(); ++row) {
            if (call.wanted[static_cast<std::size_t>(row)] != 0) {
                EXPECT_THAT(kept_.logits(row), ElementsAreArray(plain_.logits(row)));
            }
        }
    }
    void trim(int stream, int length) {
        plain_.trim(stream, length);
        kept_.trim(stream, length);
    }
    void copy(int from, int to) {
        plain_.copy(from, to);
        kept_.copy(from, to);
    }
    [[nodiscard]] int length(int stream) const { return plain_.length(stream); }

    /// Rows of a prompt, from where the stream is on; of a whole prompt the last one is written.
    void read(int stream, const Tokens& prompt, int end, bool wanted) {
        const int from = length(stream);
        Call call{.first_stream = stream, .n_streams = 1, .n_rows = end - from};
        call.tokens.assign(prompt.begin() + from, prompt.begin() + end);
        call.positions = {from};
        call.wanted.assign(call.tokens.size(), 0);
        call.written.assign(call.tokens.size(), 0);
        if (wanted) {
            call.wanted.back() = call.wanted[call.wanted.size() - 2] = 1;
        }
        call.written.back() = end == static_cast<int>(prompt.size()) ? 1 : 0;
        decode(call);
    }
    void read(int stream, const Tokens& prompt) {
        read(stream, prompt, static_cast<int>(prompt.size()), true);
    }

private:
    std::unique_ptr<Evaluator> make(Shape shape) {
        shape.n_streams += kKept;
        auto made = std::make_unique<StubEvaluator>(shape, scoped_model());
        inner_ = made.get();
        return made;
    }

    StubEvaluator plain_;
    StubEvaluator* inner_ = nullptr;
    KeptPrefixes kept_;
};

Tokens tokens(int n, int salt = 0) {
    Tokens all;
    for (int i = 0; i < n; ++i) {
        all.push_back((7 * i + 11 * salt + 13) % test::kStubVocabulary);
    }
    return all;
}

Tokens operator+(Tokens start, const Tokens& end) {
    start.insert(start.end(), end.begin(), end.end());
    return start;
}

TEST(KeptPrefixes, AnotherEndReadsTheEndAlone) {
    Twins twins(stub_shape(3));
    EXPECT_EQ(twins.kept().shape().n_streams, 3);
    twins.read(0, tokens(20) + tokens(5, 1));
    twins.trim(0, 0);
    EXPECT_EQ(twins.inner().rows(), 25);
    twins.read(0, tokens(20) + tokens(6, 2));
    EXPECT_EQ(twins.inner().rows(), 25 + 6);
    EXPECT_EQ(twins.kept().spared(), 20);
    twins.trim(0, 0);
    twins.read(1, tokens(20) + tokens(6, 2));  // the same again, but for the rows that are wanted
    EXPECT_EQ(twins.inner().rows(), 25 + 6 + 2);
    twins.read(2, tokens(9, 5));
    EXPECT_EQ(twins.inner().rows(), 25 + 6 + 2 + 9);
}

TEST(KeptPrefixes, TheLongestUnusedStartGoes) {
    Twins twins(stub_shape(2));
    for (const int salt : {1, 2, 1, 3}) {  // the third is there, the fourth takes the place of 2
        twins.read(0, tokens(12, salt));
        twins.trim(0, 0);
    }
    const auto before = twins.inner().rows();
    twins.read(0, tokens(12, 1));
    EXPECT_EQ(twins.inner().rows(), before + 2);
    twins.trim(0, 0);
    twins.read(0, tokens(12, 2));
    EXPECT_EQ(twins.inner().rows(), before + 2 + 12);
}

TEST(KeptPrefixes, AGrowingPromptTakesOneStart) {
    Twins twins(stub_shape(2));
    twins.read(0, tokens(12, 9));
    twins.trim(0, 0);
    for (int n = 10; n < 16; ++n) {
        twins.read(0, tokens(n));
        twins.trim(0, 0);
    }
    const auto before = twins.inner().rows();
    twins.read(0, tokens(12, 9));
    EXPECT_EQ(twins.inner().rows(), before + 2) << "the other one is still there";
}

TEST(KeptPrefixes, CallsThatWantNothingAreNotReadAtAll) {
    Twins twins(stub_shape(2));
    const Tokens prompt = tokens(40);
    twins.read(0, prompt, 16, false);
    twins.read(0, prompt, 32, false);
    twins.read(0, prompt);
    twins.trim(0, 0);
    const auto calls = twins.inner().calls();
    twins.read(0, prompt, 16, false);
    twins.read(0, prompt, 32, false);
    EXPECT_EQ(twins.inner().calls(), calls);
    EXPECT_ERROR(twins.kept().logits(0), "a row whose logits were wanted");
    twins.copy(0, 1);  // a stream that holds something by name alone
    twins.trim(0, 20);
    twins.read(0, tokens(20) + tokens(4, 1));
    twins.read(1, prompt);
    EXPECT_EQ(twins.inner().calls(), calls + 2);
}

TEST(KeptPrefixes, RowsOfAnotherKernelAreOthers) {
    Shape shape = stub_shape(2);
    shape.tile_rows = 16;
    shape.max_stream_rows = 15;
    Twins twins(shape);
    twins.read(0, tokens(40));
    twins.trim(0, 0);
    const auto before = twins.inner().rows();
    twins.read(0, tokens(15));
    EXPECT_EQ(twins.inner().rows(), before + 15) << "its rows go through the plain kernel";
    twins.trim(0, 0);
    twins.read(0, tokens(30) + tokens(10, 1));
    EXPECT_EQ(twins.inner().rows(), before + 15 + 16) << "what is left is enough for the tiled one";
}

/// Prompts that begin alike, read, cut, copied and cleared in any order.
TEST(KeptPrefixes, NothingThatIsReadDependsOnWhatIsKept) {
    std::mt19937 random(5);
    const auto chance = [&](int n) {
        return static_cast<int>(random() % static_cast<unsigned>(n));
    };
    for (const int tile : {0, 16}) {
        Shape shape = stub_shape(4);
        shape.tile_rows = tile;
        shape.max_stream_rows = tile > 0 ? tile - 1 : shape.max_stream_rows;
        Twins twins(shape);
        for (int step = 0; step < 3000; ++step) {
            const int stream = chance(4);
            const int held = twins.length(stream);
            switch (chance(held > 120 ? 2 : 5)) {
                case 0:
                    twins.trim(stream, 0);
                    break;
                case 1:
                    twins.trim(stream, held / 2);
                    break;
                case 2:
                    twins.copy(stream, (stream + 1) % 4);
                    break;
                default: {
                    Call call{.first_stream = stream, .n_streams = 1 + chance(4 - stream)};
                    call.n_rows = 2 + chance(tile > 0 && chance(2) == 0 ? 40 : 12);
                    bool fits = true;
                    for (int s = 0; s < call.n_streams; ++s) {
                        const int at = twins.length(stream + s);
                        call.positions.push_back(at);
                        fits = fits && at + call.n_rows <= shape.stream_length;
                        const Tokens prompt = tokens(200, chance(8) == 0 ? 1 : 0);
                        const bool written = chance(6) == 0;
                        for (int r = 0; r < call.n_rows; ++r) {
                            call.tokens.push_back(prompt[static_cast<std::size_t>(at + r) % 200]);
                            call.written.push_back(written && r + 2 >= call.n_rows ? 1 : 0);
                            call.wanted.push_back(r + 2 >= call.n_rows && step % 2 == 0 ? 1 : 0);
                        }
                    }
                    if (fits) {
                        twins.decode(call);
                    }
                }
            }
        }
        EXPECT_GT(twins.kept().spared(), 500);
        EXPECT_GT(twins.inner().rows(), 1000);
    }
}

TEST(KeptPrefixes, ForTheNextOneAndAfterAFailure) {
    Twins twins(stub_shape(2));
    twins.read(0, tokens(12));
    twins.kept().kept() = {1, 2, 3};
    twins.kept().clear();
    EXPECT_THAT(twins.kept().kept(), testing::IsEmpty());
    EXPECT_TRUE(twins.kept().sound());
    EXPECT_EQ(twins.inner().length(0), 0);
    twins.inner().fail_at_call = twins.inner().calls();
    EXPECT_ERROR(twins.kept().decode({.first_stream = 0,
                                      .n_streams = 1,
                                      .n_rows = 2,
                                      .tokens = {1, 2},
                                      .positions = {0},
                                      .wanted = {0, 0},
                                      .written = {0, 0}}),
                 "a working backend");
    EXPECT_FALSE(twins.kept().sound());
}

TEST(KeptPrefixes, NeedsStreamsToCutAndToSpare) {
    EXPECT_ERROR(KeptPrefixes(std::make_unique<StubEvaluator>(stub_shape(2)), 2), "to spare");
    Shape shape = stub_shape(4);
    shape.can_trim = false;
    EXPECT_ERROR(KeptPrefixes(std::make_unique<StubEvaluator>(shape), 1), "can be cut back");
}

}  // namespace
}  // namespace otherwise
