#include "otherwise/fit/edit_presets.h"

#include <algorithm>
#include <cmath>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr int kMemitLayers = 5;

std::vector<int> layers_up_to(int last, int n) {
    std::vector<int> layers;
    for (int layer = std::max(0, last - n + 1); layer <= last; ++layer) {
        layers.push_back(layer);
    }
    return layers;
}

}  // namespace

EditSettings default_settings(EditMethod method, const Architecture& architecture) {
    EditSettings settings{.method = method};
    const auto share = [&](double part) {
        return static_cast<int>(std::lround(part * architecture.n_layer));
    };
    if (method == EditMethod::rome) {
        constexpr double kTenth = 0.1;
        settings.layers = {std::min(share(kTenth), architecture.n_layer - 1)};
    } else {
        constexpr double kPart = 0.23;
        settings.layers =
            layers_up_to(std::min(share(kPart), architecture.n_layer - 1), kMemitLayers);
    }
    return settings;
}

std::vector<std::string> preset_names() { return {"gpt2-xl"}; }

EditSettings preset_settings(const std::string& name, EditMethod method,
                             const Architecture& architecture) {
    if (name != preset_names().front()) {
        misuse({.where = "preset_settings", .expected = "a preset (gpt2-xl)", .came = name});
    }
    constexpr int kLast = 17;
    constexpr double kRomeClamp = 4.0;
    constexpr double kMemitClamp = 0.75;
    constexpr double kWeight = 20000.0;
    EditSettings settings{.method = method};
    const bool rome = method == EditMethod::rome;
    settings.layers = rome ? std::vector<int>{kLast} : layers_up_to(kLast, kMemitLayers);
    settings.target.steps = 20;
    settings.target.kl_weight = 0.0625;
    settings.target.decay = 0.5;
    settings.target.clamp = rome ? kRomeClamp : kMemitClamp;
    settings.covariance_weight = kWeight / architecture.inner;
    settings.damping = 0.0;
    return settings;
}

}  // namespace otherwise
