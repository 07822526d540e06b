// needs: llama
#include "otherwise/model/repack.h"

#include <gtest/gtest.h>

#include <string>

#include "otherwise/model/backends.h"
#include "otherwise/model/log.h"
#include "otherwise/model/model.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

/// Whether llama.cpp says that it put weights into a buffer that is not the plain one.
bool repacked_when_loaded(const std::filesystem::path& path, bool repack) {
    start_backend();
    bool found = false;
    listen_to_backend([&](std::string_view line) {
        const bool buffer = line.find("model buffer size") != std::string_view::npos;
        const auto has = [&](std::string_view word) {
            return line.find(word) != std::string_view::npos;
        };
        found = found || (buffer && (has("_REPACK ") || has("AMX ")));
    });
    const auto model = Model::load(path, {.gpu_layers = 0, .repack = repack});
    listen_to_backend({});
    return found;
}

TEST(Repack, SaysWhatLlamaDoes) {
    for (const std::string type : {"Q4_0", "Q8_0", "Q2_K", "Q4_K_M", "F16"}) {
        const auto path = test::derived_model(type);
        EXPECT_EQ(repacks(GgufFile::open(path)), repacked_when_loaded(path, true)) << type;
        EXPECT_FALSE(repacked_when_loaded(path, false)) << type;
    }
}

TEST(Repack, UnquantizedWeightsStay) {
    EXPECT_FALSE(repacks(GgufFile::open(test::derived_model("F16"))));
}

}  // namespace
}  // namespace otherwise
