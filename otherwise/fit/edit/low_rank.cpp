#include "otherwise/fit/edit/low_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <span>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

/// The keys of the call under way, from the hook that reads them to the one that uses them.
using Keys = std::vector<float>;

void add_product(const LowRankEdit& edit, const Keys& keys, const SiteRows& rows) {
    const auto width = static_cast<std::size_t>(rows.width);
    const std::size_t n = rows.values.size() / width;
    const std::size_t inner = keys.size() / n;
    for (std::size_t row = 0; row < n; ++row) {
        const auto key = std::span(keys).subspan(row * inner, inner);
        for (std::size_t r = 0; r < static_cast<std::size_t>(edit.rank); ++r) {
            const float* read = edit.read.data() + r * inner;
            const float* write = edit.write.data() + r * width;
            const auto amount =
                static_cast<float>(std::inner_product(key.begin(), key.end(), read, 0.0));
            for (std::size_t i = 0; i < width; ++i) {
                rows.values[row * width + i] += amount * write[i];
            }
        }
    }
}

bool finite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

std::vector<Hook> edit_hooks(const Architecture& architecture,
                             const std::vector<LowRankEdit>& edits) {
    std::vector<Hook> hooks;
    for (const auto& edit : edits) {
        const auto keys = std::make_shared<Keys>();
        hooks.push_back(
            {.node = architecture.key_node(edit.layer), .edit = [keys](const SiteRows& rows) {
                 keys->assign(rows.values.begin(), rows.values.end());
             }});
        hooks.push_back(
            {.node = value_node(edit.layer),
             .edit = [keys, edit](const SiteRows& rows) { add_product(edit, *keys, rows); }});
    }
    return hooks;
}

LoraFile lora_of(const Architecture& architecture, const std::vector<LowRankEdit>& edits,
                 const std::vector<std::pair<std::string, GgufValue>>& metadata) {
    LoraFile file;
    for (const auto& edit : edits) {
        const auto rank = static_cast<std::size_t>(edit.rank);
        const auto width = static_cast<std::size_t>(architecture.width);
        if (!finite(edit.read) || !finite(edit.write) || edit.write.size() != rank * width) {
            fail({.where = "lora_of",
                  .expected = "an edit with finite values",
                  .came = "NaN or infinity in layer " + std::to_string(edit.layer),
                  .advice = "try other layers or a smaller " + setting("rate")});
        }
        std::vector<float> b(edit.write.size());  // row by row of the output
        for (std::size_t r = 0; r < rank; ++r) {
            for (std::size_t i = 0; i < width; ++i) {
                b[i * rank + r] = edit.write[r * width + i];
            }
        }
        const auto name = down_name(edit.layer) + ".weight";
        file.tensors.push_back({.name = name + ".lora_a",
                                .shape = {architecture.inner, edit.rank},
                                .values = edit.read});
        file.tensors.push_back({.name = name + ".lora_b",
                                .shape = {edit.rank, architecture.width},
                                .values = std::move(b)});
    }
    file.metadata = {{"general.type", std::string("adapter")},
                     {"general.architecture", std::string(architecture.form.name)},
                     {"adapter.type", std::string("lora")},
                     {"adapter.lora.alpha", static_cast<float>(edits.front().rank)}};
    file.metadata.insert(file.metadata.end(), metadata.begin(), metadata.end());
    return file;
}

void save_lora(const LoraFile& file, const std::filesystem::path& path) {
    write_gguf(path, file.metadata, file.tensors);
}

}  // namespace otherwise
