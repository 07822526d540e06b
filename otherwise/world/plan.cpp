#include "otherwise/world/plan.h"

#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"

namespace otherwise {
namespace {

struct Fold {
    WorldPlan& plan;

    void operator()(const UseModel& item) const { plan.model = item.path; }
    void operator()(const UseWeights& item) const { plan.weights = item.type; }
    void operator()(const UseLora& item) const { plan.loras.push_back(item); }
    void operator()(const Steer& item) const { plan.edits.emplace_back(item); }
    void operator()(const Ablate& item) const { plan.edits.emplace_back(item); }
    void operator()(const Affine& item) const { plan.edits.emplace_back(item); }
    void operator()(const Heads& item) const { plan.edits.emplace_back(item); }
    void operator()(const Patch& item) const { plan.edits.emplace_back(item); }
    void operator()(const Nudge& item) const { plan.edits.emplace_back(item); }
    void operator()(const SystemPrompt& item) const {
        if (!plan.prompt.chat) {
            misuse({.where = "with_interventions",
                    .expected = setting("chat") + " with a system message",
                    .came = "world '" + plan.name + "' with " + item_kind("system") + " and no " +
                            setting("chat"),
                    .advice = "add " + setting("chat") + ", or use " + item_kind("prefix") +
                              " for text before the prompt"});
        }
        plan.prompt.system = item.text;
    }
    void operator()(const Prefix& item) const {
        plan.prompt.prefix = item.text + plan.prompt.prefix;
    }
    void operator()(const Suffix& item) const { plan.prompt.suffix += item.text; }
    void operator()(const Force& item) const {
        if (item.position < 0) {
            misuse({.where = "with_interventions",
                    .expected = "a position from 0",
                    .came = item_kind("do", std::to_string(item.position))});
        }
        plan.forces.push_back(item);
    }
    void operator()(const Bias& item) const { plan.biases.push_back(item); }
    void operator()(const SetTemperature& item) const { plan.mechanism.temperature = item.value; }
    void operator()(const SetTopK& item) const { plan.mechanism.top_k = item.value; }
    void operator()(const SetTopP& item) const { plan.mechanism.top_p = item.value; }
    void operator()(const SetMinP& item) const { plan.mechanism.min_p = item.value; }
    void operator()(const CacheKeys& item) const { plan.cache_keys = item.type; }
    void operator()(const CacheValues& item) const { plan.cache_values = item.type; }
    void operator()(const FlashAttention& item) const { plan.flash_attention = item.mode; }
};

}  // namespace

WorldPlan with_interventions(WorldPlan plan, const World& world) {
    plan.name = world.name;
    for (const auto& intervention : world.interventions) {
        std::visit(Fold{plan}, intervention);
    }
    check(plan.mechanism);
    return plan;
}

bool same_network(const WorldPlan& a, const WorldPlan& b) {
    return a.model == b.model && a.weights == b.weights && a.loras == b.loras &&
           a.edits == b.edits && a.cache_keys == b.cache_keys && a.cache_values == b.cache_values &&
           a.flash_attention == b.flash_attention;
}

std::vector<std::string> network_files(const WorldPlan& plan) {
    std::vector<std::string> files;
    for (const auto& lora : plan.loras) {
        files.push_back(lora.path);
    }
    for (const auto& edit : plan.edits) {
        const Intervention item =
            std::visit([](const auto& one) { return Intervention(one); }, edit);
        if (const std::string* file = file_of(item)) {
            files.push_back(*file);
        }
    }
    return files;
}

}  // namespace otherwise
