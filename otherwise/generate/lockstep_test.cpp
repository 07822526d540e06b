// Whatever the shapes of its calls, lockstep shows each world's own logits at each position, once.
#include "otherwise/generate/lockstep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::PlainString;
using test::StubEvaluator;
using test::StubModel;

struct StubReader {
    StubModel model;
    int prefix = 0;  // tokens put before every prompt
    bool apart = false;
};

Tokens some_tokens(int n, int seed) {
    Tokens tokens;
    for (int i = 0; i < n; ++i) {
        tokens.push_back(static_cast<Token>((i * 31 + seed * 17 + 11) % test::kStubVocabulary));
    }
    return tokens;
}

std::vector<Passage> some_passages(const std::vector<StubReader>& readers) {
    const std::pair<int, int> sizes[] = {{3, 25}, {70, 1},  {1, 12}, {110, 70}, {5, 25}, {5, 25},
                                         {64, 3}, {63, 64}, {2, 2},  {1, 1},    {9, 25}, {3, 90}};
    std::vector<Passage> passages;
    int number = 0;
    for (const auto& [prompt, written] : sizes) {
        Passage passage;
        for (const auto& reader : readers) {
            Tokens tokens = some_tokens(reader.prefix, 99);
            const Tokens own = some_tokens(prompt, number);
            tokens.insert(tokens.end(), own.begin(), own.end());
            passage.prompts.push_back(std::make_shared<const Tokens>(std::move(tokens)));
        }
        passage.written = std::make_shared<const Tokens>(some_tokens(written, number + 50));
        for (const auto& reader : readers) {
            passage.skipped.push_back(reader.apart && number % 3 == 1);
        }
        passages.push_back(std::move(passage));
        ++number;
    }
    return passages;
}

using Seen = std::map<std::tuple<int, int, std::size_t>, int>;  // passage, position, world → times

bool reads_tiled(const Passage& passage, const Machine& machine) {
    return passage.tiled_text && machine.tile_rows > 0 &&
           std::ssize(*passage.written) >= machine.tile_rows;
}

void expect_each_once(std::vector<StubReader> readers, const std::vector<Passage>& passages,
                      const Machine& machine) {
    for (auto& reader : readers) {
        reader.model.tile_rows = machine.tile_rows;
    }
    std::vector<std::unique_ptr<StubEvaluator>> evaluators;
    std::vector<LockstepWorld> worlds;
    for (const auto& reader : readers) {
        evaluators.push_back(std::make_unique<StubEvaluator>(machine.shape(), reader.model));
        worlds.push_back({.evaluator = evaluators.back().get(), .apart = reader.apart});
    }
    Lockstep lockstep(worlds, machine.parallel, machine.threads);
    Seen seen;
    std::mutex mutex;
    lockstep.read(passages, [&](const LockstepRow& row) {
        const Passage& passage = passages[static_cast<std::size_t>(row.passage)];
        const std::scoped_lock lock(mutex);
        for (std::size_t w = 0; w < readers.size(); ++w) {
            if (row.logits[w].empty()) {
                continue;
            }
            PlainString string(readers[w].model, *passage.prompts[w],
                               reads_tiled(passage, machine));
            for (int t = 0; t < row.position; ++t) {
                string.write((*passage.written)[static_cast<std::size_t>(t)]);
            }
            const auto plain = string.logits();
            EXPECT_TRUE(std::ranges::equal(plain, row.logits[w]))
                << machine.name() << ": passage " << row.passage << ", position " << row.position
                << ", world " << w;
            // The first world is there for company in visits of worlds apart.
            const bool company =
                w == 0 && std::ranges::any_of(readers, &StubReader::apart) && row.logits[1].empty();
            seen[{row.passage, row.position, w}] += company ? 0 : 1;
        }
    });
    for (int p = 0; p < std::ssize(passages); ++p) {
        const Passage& passage = passages[static_cast<std::size_t>(p)];
        for (int t = 0; t < std::ssize(*passage.written); ++t) {
            for (std::size_t w = 0; w < readers.size(); ++w) {
                const int expected = passage.skipped[w] ? 0 : 1;
                EXPECT_EQ((seen[{p, t, w}]), expected)
                    << machine.name() << ": passage " << p << ", position " << t << ", world " << w;
            }
        }
    }
    for (const auto& evaluator : evaluators) {
        const int kept = machine.tile_rows > 0 ? 1 : 0;  // what prompts share
        for (int stream = 0; stream < machine.shape().n_streams - kept; ++stream) {
            EXPECT_EQ(evaluator->length(stream), 0);
        }
    }
}

const std::vector<StubReader>& full_readers() {
    static const std::vector<StubReader> readers{
        {.model = {}},
        {.model = {.salt = 1, .strength = 0.5F}},
        {.model = {.salt = 2, .strength = 0.5F, .sees_scope = true}, .prefix = 66},
        {.model = {}, .apart = true}};
    return readers;
}

TEST(Lockstep, ShowsEachWorldsOwnLogitsOnce) {
    const auto passages = some_passages(full_readers());
    for (const int parallel : {1, 2, 5, 16}) {
        for (const int min_rows : {1, 2, 8}) {
            for (const bool scoped : {false, true}) {
                for (const bool can_trim : {true, false}) {
                    expect_each_once(full_readers(), passages,
                                     {.parallel = parallel,
                                      .threads = parallel == 5 ? 2 : 1,
                                      .max_rows = parallel == 2 ? 70 : 512,
                                      .min_rows = min_rows,
                                      .can_trim = can_trim,
                                      .scoped_calls = scoped});
                }
            }
        }
    }
}

TEST(Lockstep, LongBlocksGoThroughTheOtherKernelWhateverTheirCompany) {
    auto passages = some_passages(full_readers());
    for (std::size_t i = 0; i < passages.size(); ++i) {
        passages[i].tiled_text = i != 7;  // one as long as others that may
    }
    for (const int parallel : {1, 2, 5, 16}) {
        for (const int min_rows : {2, 8}) {
            for (const bool scoped : {false, true}) {
                expect_each_once(full_readers(), passages,
                                 {.parallel = parallel,
                                  .threads = parallel == 5 ? 2 : 1,
                                  .max_rows = parallel == 2 ? 128 : 512,
                                  .min_rows = min_rows,
                                  .scoped_calls = scoped,
                                  .tile_rows = 64});
            }
        }
    }
}

TEST(Lockstep, EvaluatesWhatIsNeeded) {
    const std::vector<StubReader> readers{{.model = {}}, {.model = {.salt = 1, .strength = 1.0F}}};
    std::vector<Passage> passages;
    for (int i = 0; i < 40; ++i) {
        const auto prompt = std::make_shared<const Tokens>(some_tokens(6, i));
        passages.push_back({.prompts = {prompt, prompt},
                            .written = std::make_shared<const Tokens>(some_tokens(25, i))});
    }
    const Machine machine{.parallel = 16};
    StubEvaluator one(machine.shape(), readers[0].model);
    StubEvaluator two(machine.shape(), readers[1].model);
    Lockstep lockstep({{.evaluator = &one}, {.evaluator = &two}}, 16, 1);
    lockstep.read(passages, [](const LockstepRow&) {});
    EXPECT_EQ(lockstep.counts().needed, 2 * 40 * (6 + 25 - 1));
    EXPECT_EQ(lockstep.counts().rows, lockstep.counts().needed);  // equal lengths: no padding
    EXPECT_EQ(one.rows() + two.rows(), lockstep.counts().rows);
    EXPECT_EQ(one.calls() + two.calls(), lockstep.counts().calls);
    EXPECT_LE(one.calls(), 3);
}

/// A head of many prompts is read once, and again by each world, however few are read at a time.
TEST(Lockstep, ReadsASharedHeadOnceWithAnyNumberAtATime) {
    constexpr int kHead = 80;
    const Tokens head = some_tokens(kHead, 3);
    std::vector<Passage> passages;
    for (int i = 0; i < 12; ++i) {
        Tokens prompt = head;
        prompt.push_back(static_cast<Token>(i + 1));
        const auto shared = std::make_shared<const Tokens>(std::move(prompt));
        passages.push_back({.prompts = {shared, shared},
                            .written = std::make_shared<const Tokens>(some_tokens(5, i))});
    }
    for (const int parallel : {1, 2, 5, 12}) {
        const Machine machine{.parallel = parallel, .min_rows = 1, .tile_rows = 64};
        StubEvaluator one(machine.shape(), {});
        StubEvaluator two(machine.shape(), {.salt = 1, .strength = 1.0F});
        Lockstep lockstep({{.evaluator = &one}, {.evaluator = &two}}, parallel, 1);
        lockstep.read(passages, [](const LockstepRow&) {});
        EXPECT_EQ(lockstep.counts().needed, 2 * (kHead + 12 * 5)) << parallel;
    }
}

}  // namespace
}  // namespace otherwise
