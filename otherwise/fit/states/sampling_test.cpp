// needs: llama
#include "otherwise/fit/states/sampling.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

class SampleTexts : public testing::Test {
protected:
    test::TinyFiles files_{"tiny.write_model('a.gguf', end=30.0)"};  // its end is all but certain
    std::shared_ptr<const Model> model_ = Model::load(files_.path("a.gguf"));
};

TEST_F(SampleTexts, BeginWithAWordHaveTheirLengthAndNoEnd) {
    const auto texts = sample_texts(model_, {.texts = 3, .length = 7, .seed = 1});
    ASSERT_EQ(texts.size(), 3U);
    const std::string starts[] = {"The", "In", "A"};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(texts[i].size(), 7U);
        EXPECT_EQ(model_->text(texts[i]).substr(0, starts[i].size()), starts[i]);
        for (const Token token : texts[i]) {
            EXPECT_FALSE(model_->ends(token));
        }
    }
}

TEST_F(SampleTexts, DependOnTheSeedAndTheirNumberAlone) {
    const auto three = sample_texts(model_, {.texts = 3, .length = 7, .seed = 1});
    EXPECT_EQ(sample_texts(model_, {.texts = 3, .length = 7, .seed = 1, .threads = 2}), three);
    const auto one = sample_texts(model_, {.texts = 1, .length = 7, .seed = 1});
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0], three[0]);
    EXPECT_NE(sample_texts(model_, {.texts = 3, .length = 7, .seed = 2}), three);
    const auto more = sample_texts(model_, {.texts = 65, .length = 7, .seed = 1});
    ASSERT_EQ(more.size(), 65U);  // a second group
    EXPECT_EQ(Tokens(more[2]), three[2]);
    EXPECT_NE(more[64], more[0]);  // "The" again, another draw
}

TEST_F(SampleTexts, HooksSeeEveryRowButTheLast) {
    std::map<int, int> rows;
    const auto watch = [&](SiteRows states) {
        for (const auto& name : states.names) {
            ++rows[name.position];
        }
    };
    (void)sample_texts(model_, {.texts = 3,
                                .length = 5,
                                .hooks = {{.node = "l_out-0", .edit = watch, .reads_only = true}}});
    EXPECT_EQ(rows, (std::map<int, int>{{0, 3}, {1, 3}, {2, 3}, {3, 3}}));
}

TEST_F(SampleTexts, SayHowFarTheyAreAndStop) {
    for (const int n : {1, 3, 65}) {
        long last = 0;
        const auto progress = [&](long done, long total) {
            EXPECT_GE(done, last);
            EXPECT_LE(done, total);
            EXPECT_EQ(total, 5L * n);
            last = done;
        };
        (void)sample_texts(model_, {.texts = n, .length = 5, .on_progress = progress});
        EXPECT_EQ(last, 5L * n) << n;
    }
    int asked = 0;
    EXPECT_TRUE(
        sample_texts(model_, {.texts = 3, .length = 5, .cancelled = [&] { return ++asked > 2; }})
            .empty());
}

TEST_F(SampleTexts, TakeTheMemoryOfTheirStreams) {
    ContextOptions options{.n_streams = 64, .stream_length = 64, .max_rows = 64};
    EXPECT_EQ(sampling_bytes(*model_, 64), context_bytes(*model_, options));
}

}  // namespace
}  // namespace otherwise
