// needs: llama
//
// A context on a tiny model of two blocks. Covers also: tap.cpp (which rows hooks see, and what
// they throw), workers.cpp (tests/threads_test.cpp: their number changes no bit) and
// cache_types.cpp.
#include "otherwise/model/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;

constexpr std::size_t kWidth = 64;

class ContextTest : public testing::Test {
protected:
    [[nodiscard]] std::unique_ptr<Context> open(ContextOptions options = {}) const {
        options.n_streams = std::max(options.n_streams, 3);
        options.max_rows = 64;
        return std::make_unique<Context>(model_, std::move(options));
    }
    /// `rows` tokens of a fixed text for each of `streams` streams, from a position on; the logits
    /// of all are wanted.
    [[nodiscard]] static Call call(int first, int streams, int rows, int from) {
        Call call{.first_stream = first, .n_streams = streams, .n_rows = rows};
        for (int s = 0; s < streams; ++s) {
            for (int r = 0; r < rows; ++r) {
                call.tokens.push_back(258 + (7 * (from + r)) % 40);
            }
        }
        call.positions.assign(static_cast<std::size_t>(streams), from);
        call.wanted.assign(call.tokens.size(), 1);
        call.written.assign(call.tokens.size(), 0);
        return call;
    }
    [[nodiscard]] static std::vector<float> row(const Context& context, int row) {
        const auto logits = context.logits(row);
        return {logits.begin(), logits.end()};
    }

    test::TinyFiles files_{"tiny.write_model('a.gguf'); tiny.write_lora('l.gguf')"};
    std::shared_ptr<const Model> model_ = Model::load(files_.path("a.gguf"));
};

TEST_F(ContextTest, IsOfTheShapeThatItWasAskedFor) {
    const auto shape = [&](ContextOptions options) { return open(std::move(options))->shape(); };
    const Shape plain = shape({.n_streams = 4, .stream_length = 257});
    EXPECT_EQ(plain.n_vocab, model_->n_vocab());
    EXPECT_EQ(plain.n_streams, 4);
    EXPECT_EQ(plain.stream_length, 512);
    EXPECT_EQ(plain.max_rows, 64);
    EXPECT_EQ(plain.max_stream_rows, kPlainRows);
    EXPECT_EQ(plain.min_rows, 2);
    EXPECT_EQ(plain.min_wanted, 2);
    EXPECT_EQ(plain.tile_rows, 0);
    EXPECT_TRUE(plain.can_trim);
    EXPECT_FALSE(plain.scoped_calls);
    EXPECT_EQ(shape({.tiled = true}).tile_rows, kTileRows);
    const Shape any = shape({.least_rows = 1, .tiled = true});  // of any shape: one kernel for all
    EXPECT_EQ(any.max_stream_rows, 64);
    EXPECT_EQ(any.tile_rows, 0);
}

TEST_F(ContextTest, RowsAreTheSameInPiecesAloneAndInCompany) {
    const auto whole = open();
    whole->decode(call(0, 1, 6, 0));
    const auto expected = row(*whole, 5);
    const auto pieces = open();
    pieces->decode(call(1, 2, 4, 0));
    pieces->decode(call(1, 2, 2, 4));
    EXPECT_EQ(row(*pieces, 1), expected);
    EXPECT_EQ(row(*pieces, 3), expected);
    EXPECT_GT(pieces->seconds(), 0.0);
    EXPECT_EQ(pieces->hook_seconds(), 0.0);
}

TEST_F(ContextTest, StreamsAreCopiedAndCut) {
    const auto context = open();
    context->decode(call(0, 1, 6, 0));
    const auto expected = row(*context, 5);
    context->copy(0, 2);
    context->trim(2, 4);
    context->decode(call(2, 1, 2, 4));
    EXPECT_EQ(row(*context, 1), expected);
    context->trim(0, 0);
    context->decode(call(0, 1, 6, 0));
    EXPECT_EQ(row(*context, 5), expected);
}

TEST_F(ContextTest, RefusesWhatLlamaWouldAbortOver) {
    const auto context = open();
    EXPECT_ERROR(context->decode(call(0, 1, 2, 3)), "rows from position 0 on in stream 0");
    context->decode(call(0, 1, 2, 0));
    EXPECT_ERROR(context->decode(call(0, 1, 2, 0)), "rows from position 2 on in stream 0");
    EXPECT_ERROR(context->decode(call(1, 1, 65, 0)), "1 to 64 rows");
    EXPECT_ERROR(context->decode(Call{}), "1 to 64 rows");
    auto one = call(1, 1, 2, 0);
    one.wanted = {0, 1};
    context->decode(one);
    EXPECT_NO_THROW((void)context->logits(1));
    EXPECT_ERROR(context->logits(0), "a row whose logits were wanted");
}

TEST_F(ContextTest, RefusesSettingsThatDoNotExist) {
    EXPECT_ERROR(open({.cache_keys = "q3_0"}), "a cache type (f32, f16, bf16,");
    EXPECT_ERROR(open({.cache_values = ""}), "''");
    EXPECT_ERROR(open({.flash_attention = "maybe"}), "flash attention");
    for (const std::string mode : {"on", "1", "off", "0", "auto"}) {
        EXPECT_NO_THROW((void)open({.flash_attention = mode})) << mode;
    }
}

TEST_F(ContextTest, EveryNameOfACacheTypeIsOne) {
    for (const auto& name : cache_type_names()) {
        ContextOptions options;
        options.cache_keys = name;
        EXPECT_GT(context_bytes(*model_, options), 0U) << name;
    }
}

TEST_F(ContextTest, TakesTheBytesOfItsCachesAndLogits) {
    ContextOptions options{.n_streams = 3, .stream_length = 300, .max_rows = 40};
    // A cell of each of two blocks holds one head of 32 keys and values.
    const std::size_t cells = std::size_t{3} * 512 * 2;
    const std::size_t logits =
        std::size_t{2} * 4 * 40 * static_cast<std::size_t>(model_->n_vocab());
    EXPECT_EQ(context_bytes(*model_, options), cells * (64 + 64) + logits);
    options.cache_keys = "f32";
    options.cache_values = "q8_0";  // 34 bytes for 32 values
    EXPECT_EQ(context_bytes(*model_, options), cells * (128 + 34) + logits);
}

TEST(StreamLength, IsAMultipleOf256) {
    EXPECT_EQ(stream_length_for(0), 256);
    EXPECT_EQ(stream_length_for(256), 256);
    EXPECT_EQ(stream_length_for(257), 512);
}

TEST_F(ContextTest, ALoraActsOnItsRows) {
    const auto lora = Lora::load(model_, files_.path("l.gguf"));
    const auto logits = [&](std::vector<LoraUse> loras, bool written) {
        ContextOptions options;
        options.loras = std::move(loras);
        const auto context = open(std::move(options));
        auto rows = call(0, 1, 2, 0);
        rows.written.assign(2, written ? 1 : 0);
        context->decode(rows);
        return row(*context, 1);
    };
    const auto plain = logits({}, true);
    const auto acting = logits({{.lora = lora}}, true);
    EXPECT_NE(acting, plain);
    const LoraUse on_written{.lora = lora, .on_prompt = false};
    EXPECT_TRUE(on_written.scoped());
    EXPECT_EQ(logits({on_written}, true), acting);
    EXPECT_EQ(logits({on_written}, false), plain);
    EXPECT_EQ(logits({{.lora = lora, .scale = 0.0F}}, true), plain);
    ContextOptions scoped;
    scoped.loras = {on_written};
    EXPECT_TRUE(open(std::move(scoped))->shape().scoped_calls);
}

/// What a hook saw of a call.
struct Seen {
    std::vector<int> strings;
    std::vector<int> positions;
    std::vector<int> written;
};

class ContextHooks : public ContextTest {
protected:
    [[nodiscard]] Hook watch(const std::string& node) {
        return {.node = node,
                .edit =
                    [this](SiteRows rows) {
                        EXPECT_EQ(rows.width, static_cast<int>(kWidth));
                        EXPECT_EQ(rows.values.size(), rows.names.size() * kWidth);
                        for (std::size_t i = 0; i < rows.names.size(); ++i) {
                            seen_.strings.push_back(rows.names[i].string);
                            seen_.positions.push_back(rows.names[i].position);
                            seen_.written.push_back(rows.written[i]);
                        }
                    },
                .reads_only = true};
    }
    [[nodiscard]] std::unique_ptr<Context> open_with(std::vector<Hook> hooks,
                                                     std::vector<OwnRows> own = {}) const {
        ContextOptions options;
        options.sites = std::move(hooks);
        options.own_rows = std::move(own);
        return open(std::move(options));
    }
    Seen seen_;
};

TEST_F(ContextHooks, SeeEachRowWithItsNameAndScope) {
    const auto first = std::make_shared<const Tokens>(Tokens{258});
    const auto second = std::make_shared<const Tokens>(Tokens{258});  // equal, another string
    const auto context =
        open_with({watch("l_out-0")}, {{.prompt = first, .from = 1}, {.prompt = second}});
    context->begin(0, *second);
    context->begin(1, *first);
    auto rows = call(0, 2, 2, 0);
    rows.written = {0, 1, 0, 0};
    context->decode(rows);
    EXPECT_THAT(seen_.strings, ElementsAre(1, 1, 0, 0));
    EXPECT_THAT(seen_.positions, ElementsAre(0, 1, 0, 1));
    EXPECT_THAT(seen_.written, ElementsAre(0, 1, 0, 0));
    EXPECT_EQ(context->own_from(*first), 1);
    EXPECT_EQ(context->own_from(*second), kNoOwnRows);
    EXPECT_EQ(context->own_from(Tokens{258}), kNoOwnRows);
    EXPECT_ERROR(context->begin(2, Tokens{258}), "a prompt of the strings that the states are for");
    seen_ = {};
    context->copy(1, 2);  // goes along, and is gone with the stream
    context->trim(1, 0);
    context->decode(call(1, 1, 2, 0));
    context->decode(call(2, 1, 2, 2));
    EXPECT_THAT(seen_.strings, ElementsAre(-1, -1, 0, 0));
    EXPECT_THAT(seen_.positions, ElementsAre(0, 1, 2, 3));
}

TEST_F(ContextHooks, SeeTheWantedRowsAloneInTheLastBlock) {
    const auto context = open_with({watch("l_out-1")});
    auto rows = call(0, 2, 3, 0);
    rows.wanted = {0, 1, 0, 0, 0, 1};
    context->decode(rows);
    EXPECT_THAT(seen_.positions, ElementsAre(1, 2));
    seen_ = {};
    auto none = call(0, 1, 2, 3);
    none.wanted = {0, 0};
    EXPECT_NO_THROW(context->decode(none));
    EXPECT_TRUE(seen_.positions.empty());
}

TEST_F(ContextHooks, EditInTheirOrder) {
    const auto set = [](float factor, float shift) {
        return Hook{.node = "l_out-1", .edit = [=](SiteRows rows) {
                        for (float& value : rows.values) {
                            value = value * factor + shift;
                        }
                    }};
    };
    const auto logits = [&](std::vector<Hook> hooks) {
        const auto context = open_with(std::move(hooks));
        context->decode(call(0, 1, 2, 0));
        return row(*context, 1);
    };
    EXPECT_EQ(logits({set(0.0F, 0.0F), set(1.0F, 1.0F)}), logits({set(0.0F, 1.0F)}));
    EXPECT_NE(logits({set(1.0F, 1.0F), set(0.0F, 0.0F)}), logits({set(0.0F, 1.0F)}));
    EXPECT_EQ(logits({set(1.0F, 0.0F)}), logits({}));
}

TEST_F(ContextHooks, AnExceptionComesOutOfTheCallAndTheNextGoesOn) {
    bool fails = true;
    const auto context = open_with({{.node = "l_out-0", .edit = [&](SiteRows) {
                                         if (fails) {
                                             throw std::runtime_error("from the hook");
                                         }
                                     }}});
    EXPECT_THROW(context->decode(call(0, 1, 2, 0)), std::runtime_error);
    fails = false;
    EXPECT_NO_THROW(context->decode(call(0, 1, 2, 2)));
    EXPECT_GT(context->hook_seconds(), 0.0);
}

TEST_F(ContextHooks, OfNoNodeAreSilent) {
    const auto context = open_with({watch("l_out-0"), watch("l_out-7"), watch("nowhere-0")});
    EXPECT_EQ(context->silent_sites().size(), 3U);
    context->decode(call(0, 1, 2, 0));
    EXPECT_THAT(context->silent_sites(), testing::UnorderedElementsAre("l_out-7", "nowhere-0"));
}

}  // namespace
}  // namespace otherwise
