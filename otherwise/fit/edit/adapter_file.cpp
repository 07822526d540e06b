#include "otherwise/fit/edit/adapter_file.h"

#include <fmt/core.h>

#include <sstream>

#include "otherwise/base/hash.h"
#include "otherwise/base/number_list.h"
#include "otherwise/base/version.h"
#include "otherwise/base/word_table.h"

namespace otherwise {
namespace {

constexpr const char* kFactsKey = "otherwise.edit.facts";
constexpr const char* kModelKey = "otherwise.edit.model.sha256";
constexpr WordTable<EditMethod, 2> kMethods{
    {{{"rome", EditMethod::rome}, {"memit", EditMethod::memit}}}};

std::string settings_text(const EditScene& scene, const EditSettings& s) {
    const auto corpus = s.text.corpus.empty() ? "samples"
                                              : s.text.corpus.filename().string() + " (sha256 " +
                                                    sha256_file(s.text.corpus) + ")";
    const long tokens = s.text.tokens > 0 ? s.text.tokens : covariance_tokens(scene.architecture);
    return fmt::format(
        "{}{}; steps {}, rate {}, kl {}, decay {}, clamp {}, enough {}, prefixes {}, damping {}, "
        "covariance weight {}, covariance of {} tokens of {}, seed {}",
        layers_text(s.layers), s.preset.empty() ? "" : "; preset " + s.preset, s.target.steps,
        s.target.rate, s.target.kl_weight, s.target.decay, s.target.clamp, s.target.enough,
        s.prefixes, s.damping, s.covariance_weight, tokens, corpus, s.seed);
}

}  // namespace

std::vector<std::pair<std::string, GgufValue>> adapter_metadata(const EditScene& scene,
                                                                const std::vector<Fact>& facts,
                                                                const EditSettings& settings) {
    return {{"general.name", facts.front().subject + (facts.size() > 1 ? " and others" : "")},
            {"otherwise.version", std::string(OTHERWISE_VERSION)},
            {"otherwise.edit.method", std::string(method_name(settings.method))},
            {"otherwise.edit.settings", settings_text(scene, settings)},
            {kModelKey, scene.model->hash()},
            {kFactsKey, facts_text(facts)}};
}

AdapterOrigin adapter_origin(const std::filesystem::path& adapter) {
    const auto file = GgufFile::open(adapter);
    AdapterOrigin origin{.facts = {}, .model_sha256 = file.text(kModelKey).value_or("")};
    if (const auto text = file.text(kFactsKey)) {
        std::istringstream lines(*text);
        origin.facts = read_facts(lines, adapter.string());
    }
    return origin;
}

std::string_view method_name(EditMethod method) { return kMethods.word(method); }
std::vector<std::string> edit_method_names() { return kMethods.all(); }
EditMethod edit_method_of(std::string_view name) {
    return kMethods.value(name, "a method of editing");
}

std::string layers_text(std::span<const int> layers) {
    return (layers.size() == 1 ? "layer " : "layers ") + number_list(layers);
}

}  // namespace otherwise
