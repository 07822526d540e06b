#include "otherwise/world/edits.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

bool in_scope(Scope scope, std::uint8_t written) {
    return scope == Scope::all || (scope == Scope::written) == (written != 0);
}

/// Calls body(row: float*) for the rows in scope.
template <typename Body>
void for_rows(const SiteRows& states, Scope scope, const Body& body) {
    const auto width = static_cast<std::size_t>(states.width);
    for (std::size_t row = 0; row < states.written.size(); ++row) {
        if (in_scope(scope, states.written[row])) {
            body(states.values.data() + row * width);
        }
    }
}

std::string range_name(const LayerRange& range, int n_layer) {
    const int first = range.first < 0 ? 0 : range.first;
    const int last = range.last < 0 ? n_layer - 1 : range.last;
    return std::to_string(first) + "-" + std::to_string(last);
}

std::string layers_in(const ControlVector& vector) {
    return std::to_string(vector.directions.begin()->first) + "-" +
           std::to_string(vector.directions.rbegin()->first);
}

void check_fit(const ControlVector& vector, const LayerRange& range, int n_layer, int width) {
    if (vector.width != width) {
        fail({.where = "residual_sites",
              .expected = "directions of width " + std::to_string(width) + " (the model's)",
              .came = std::to_string(vector.width) + " in " + vector.path,
              .advice = "use a control vector made for this model"});
    }
    if (range.first >= n_layer || range.last >= n_layer) {
        misuse({.where = "residual_sites",
                .expected = "layers within 0-" + std::to_string(n_layer - 1),
                .came = range_name(range, n_layer)});
    }
}

}  // namespace

std::string residual_node(int layer) { return "l_out-" + std::to_string(layer); }

SiteEdit steer_edit(std::vector<float> direction, float scale, Scope scope) {
    for (auto& value : direction) {
        value *= scale;
    }
    return [shift = std::move(direction), scope](SiteRows states) {
        for_rows(states, scope, [&](float* x) {
            for (std::size_t i = 0; i < shift.size(); ++i) {
                x[i] += shift[i];
            }
        });
    };
}

SiteEdit ablate_edit(std::vector<float> direction, float scale, Scope scope) {
    double norm = 0.0;
    for (const float value : direction) {
        norm += static_cast<double>(value) * value;
    }
    for (auto& value : direction) {
        value = norm > 0.0 ? static_cast<float>(value / std::sqrt(norm)) : 0.0F;
    }
    return [unit = std::move(direction), scale, scope](SiteRows states) {
        for_rows(states, scope, [&](float* x) {
            float along = 0.0F;
            for (std::size_t i = 0; i < unit.size(); ++i) {
                along += x[i] * unit[i];
            }
            along *= scale;
            for (std::size_t i = 0; i < unit.size(); ++i) {
                x[i] -= along * unit[i];
            }
        });
    };
}

std::vector<Hook> residual_sites(const StateEdit& edit, const ControlVector& vector, int n_layer,
                                 int width) {
    const auto& range =
        std::visit([](const auto& item) -> const LayerRange& { return item.layers; }, edit);
    check_fit(vector, range, n_layer, width);
    std::vector<Hook> sites;
    for (const auto& [layer, direction] : vector.directions) {
        const bool inside = (range.first < 0 || layer >= range.first) &&
                            (range.last < 0 || layer <= range.last) && layer < n_layer;
        if (!inside) {
            continue;
        }
        const auto* steer = std::get_if<Steer>(&edit);
        const auto* ablate = std::get_if<Ablate>(&edit);
        sites.push_back({.node = residual_node(layer),
                         .edit = steer != nullptr
                                     ? steer_edit(direction, steer->scale, steer->scope)
                                     : ablate_edit(direction, ablate->scale, ablate->scope)});
    }
    if (sites.empty()) {
        fail({.where = "residual_sites",
              .expected = "a direction for one of the layers " + range_name(range, n_layer),
              .came = "directions for layers " + layers_in(vector) + " in " + vector.path,
              .advice = "choose other layers"});
    }
    return sites;
}

}  // namespace otherwise
