// What the measurements of bench.h share: strings, a world, medians.
#include "otherwise/api/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "otherwise/api/compose.h"
#include "otherwise/model/model.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr std::array<const char*, 20> kOpenings{"The old lighthouse keeper said",
                                                "In the spring of 1911",
                                                "Most people who visit Norway",
                                                "The first rule of gardening",
                                                "Scientists at the university have",
                                                "My grandmother always kept a",
                                                "The committee voted to close",
                                                "A good loaf of bread",
                                                "Between the two mountain villages",
                                                "The engine made a strange",
                                                "Her second novel was published",
                                                "Every morning before the market",
                                                "The capital of the province",
                                                "During the long winter months",
                                                "The bridge was built to",
                                                "What surprised the doctors most",
                                                "The museum's oldest painting shows",
                                                "After the storm had passed",
                                                "Children who learn to read",
                                                "The recipe calls for two"};

constexpr const char* kSize = "0.2";  // of the nudge that stands for an edit: most strings change

std::vector<InputString> openings(int count) {
    std::vector<InputString> strings(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < strings.size(); ++i) {
        strings[i].id = std::to_string(i + 1);
        strings[i].prompt = kOpenings[i % kOpenings.size()];
    }
    return strings;
}

}  // namespace

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::string bench_world(const std::filesystem::path& model) {
    const auto file =
        Model::load(model, {.vocabulary_only = true});  // which has no layers to count
    const auto layers = file->metadata(file->architecture() + ".block_count");
    return fmt::format("moved=nudge:{}@layers={}", kSize, layers ? std::stoi(*layers) / 2 : 0);
}

Study bench_study(Study study, const Work& work, int count, std::istream* input) {
    const bool given = !study.file.empty() || !study.prompts.empty() || !study.strings.empty();
    study = with_strings(
        study, given ? strings_of(study, input) : openings(study.limit > 0 ? study.limit : count));
    if (study.worlds.empty()) {
        study.worlds.push_back(parse_world(bench_world(plans_of(study, work).factual.model)));
    }
    return study;
}

std::string bench_text(int first, int words) {
    std::string text;
    for (int at = first; words > 0; ++at) {
        const std::string opening = kOpenings[static_cast<std::size_t>(at) % kOpenings.size()];
        text += (text.empty() ? "" : ". ") + opening;
        words -= static_cast<int>(std::ranges::count(opening, ' ')) + 1;
    }
    return text;
}

}  // namespace otherwise
