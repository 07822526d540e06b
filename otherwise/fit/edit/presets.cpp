#include "otherwise/fit/edit/presets.h"

#include <algorithm>
#include <cmath>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr int kMemitLayers = 5;
constexpr int kXlLayers = 48;
constexpr int kXlWidth = 1600;

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
    // The last layer's states of a subject reach no answer.
    const int last = std::max(0, architecture.n_layer - 2);
    if (method == EditMethod::rome) {
        constexpr double kTenth = 0.1;
        settings.layers = {std::min(share(kTenth), last)};
    } else {
        constexpr double kPart = 0.23;
        settings.layers = layers_up_to(std::min(share(kPart), last), kMemitLayers);
    }
    return settings;
}

std::string preset_note(const std::string& name, const Architecture& a) {
    const bool fits = a.form.name == "gpt2" && a.n_layer == kXlLayers && a.width == kXlWidth;
    return fits ? ""
                : "the preset " + name + " is for GPT-2 XL (gpt2, " + std::to_string(kXlLayers) +
                      " layers of width " + std::to_string(kXlWidth) + "), this model is " +
                      std::string(a.form.name) + ", " + std::to_string(a.n_layer) +
                      " layers of width " + std::to_string(a.width) +
                      ": its layers and weights need not suit it";
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
    EditSettings settings{.method = method, .preset = name};
    const bool rome = method == EditMethod::rome;
    settings.layers = rome ? std::vector<int>{kLast} : layers_up_to(kLast, kMemitLayers);
    settings.target.steps = 20;
    settings.target.kl_weight = 0.0625;
    settings.target.decay = 0.5;
    settings.target.state_units = !rome;
    settings.target.clamp = rome ? kRomeClamp : kMemitClamp;
    settings.covariance_weight = kWeight / architecture.inner;
    settings.damping = 0.0;
    return settings;
}

}  // namespace otherwise
