// needs: llama
//
// How many threads evaluate a call changes no bit of its logits, although the number changes from
// call to call beside other work (otherwise/base/thread_governor.h).
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "otherwise/base/shared_governor.h"
#include "otherwise/model/context.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kThreads = 2;

class Threads : public testing::Test {
protected:
    [[nodiscard]] std::unique_ptr<Context> context(int least_rows) const {
        return std::make_unique<Context>(model_, ContextOptions{.n_streams = 3,
                                                                .stream_length = 320,
                                                                .max_rows = 189,
                                                                .threads = kThreads,
                                                                .least_rows = least_rows});
    }

    /// The next `rows` tokens of the first `streams` streams, whose lengths they have.
    [[nodiscard]] Call call(int streams, int rows, int from) const {
        Call call{.n_streams = streams, .n_rows = rows};
        for (int s = 0; s < streams; ++s) {
            const auto first = tokens_.begin() + from + s;
            call.tokens.insert(call.tokens.end(), first, first + rows);
        }
        call.positions.assign(static_cast<std::size_t>(streams), from);
        call.wanted.assign(call.tokens.size(), 1);
        call.written.assign(call.tokens.size(), 0);
        return call;
    }

    /// Logits of prompts in calls of 63 rows up to 302 tokens, then of tokens one by one, for so
    /// many streams. Call i takes threads[i mod size] threads.
    [[nodiscard]] std::vector<float> logits(int streams, int least_rows,
                                            const std::vector<int>& threads) const {
        const auto evaluator = context(least_rows);
        std::vector<float> all;
        int from = 0;
        for (std::size_t i = 0; from < 308; ++i) {
            const int rows = from < 252 ? 63 : (from == 252 ? 50 : 1);
            evaluator->limit_threads(threads[i % threads.size()]);
            evaluator->decode(call(streams, rows, from));
            for (int row = 0; row < streams * rows; ++row) {
                const auto values = evaluator->logits(row);
                all.insert(all.end(), values.begin(), values.end());
            }
            from += rows;
        }
        return all;
    }

    std::shared_ptr<const Model> model_ = Model::load(test::derived_model("Q4_0"));
    Tokens tokens_ = *test::long_prompt(*model_, 1, 320).prompt_tokens;
};

TEST_F(Threads, ChangeNoBits) {
    const auto one = logits(3, 2, {1});
    EXPECT_EQ(one, logits(3, 2, {kThreads}));
    EXPECT_EQ(one, logits(3, 2, {2, 1}));
    EXPECT_EQ(one, logits(3, 2, {1, 1, 2}));
}

// Control: outside the shapes that the engine keeps, a single row past 256 cells, they do. Beside
// other work two threads may not have been taken: then a later try shows it.
TEST_F(Threads, ChangeBitsOfASingleRow) {
    constexpr int kTries = 5;
    const auto one = logits(1, 1, {1});
    for (int i = 0; i < kTries; ++i) {
        if (one != logits(1, 1, {1, 2})) {
            return;
        }
    }
    if (SharedGovernor::of_process().threads(2) < 2) {
        GTEST_SKIP() << "this machine is too busy for two threads";
    }
    ADD_FAILURE() << "one thread and two give the same bits";
}

}  // namespace
}  // namespace otherwise
