#include "otherwise/fit/tail/target_value.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "otherwise/fit/tail/row_sums.h"

namespace otherwise {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// Adam's moments of one fact.
struct Moments {
    std::vector<double> first;
    std::vector<double> second;
};

/// One fact's delta while it is sought.
class Search {
public:
    Search(std::span<float> delta, const TargetStart& start, const TargetSettings& settings)
        : delta_(delta),
          settings_(settings),
          size_(norm(settings.state_units ? start.state : start.output)),
          rate_(settings.rate * norm(start.state) /
                std::sqrt(static_cast<double>(start.state.size()))),
          moments_{.first = std::vector<double>(delta.size(), 0.0),
                   .second = std::vector<double>(delta.size(), 0.0)} {}

    [[nodiscard]] TargetState state(const TailLoss& parts) const {
        TargetState state{.parts = parts, .length = norm(delta_) / size_, .steps = steps_};
        state.loss = parts.nll + settings_.kl_weight * parts.kl +
                     settings_.decay * norm(delta_) / (size_ * size_);
        state.done = parts.nll < settings_.enough;
        return state;
    }

    void step(std::span<const float> gradient) {
        ++steps_;
        const double length = norm(delta_);
        const double decay = length > 0.0 ? settings_.decay / (length * size_ * size_) : 0.0;
        for (std::size_t i = 0; i < delta_.size(); ++i) {
            const double slope = gradient[i] + decay * delta_[i];
            moments_.first[i] = kBeta1 * moments_.first[i] + (1.0 - kBeta1) * slope;
            moments_.second[i] = kBeta2 * moments_.second[i] + (1.0 - kBeta2) * slope * slope;
            const double first = moments_.first[i] / (1.0 - std::pow(kBeta1, steps_));
            const double second = moments_.second[i] / (1.0 - std::pow(kBeta2, steps_));
            delta_[i] -= static_cast<float>(rate_ * first / (std::sqrt(second) + kEpsilon));
        }
        const double most = settings_.clamp * size_;
        if (const double now = norm(delta_); now > most) {
            for (float& value : delta_) {
                value = static_cast<float>(value * most / now);
            }
        }
    }

private:
    std::span<float> delta_;
    const TargetSettings& settings_;
    double size_;
    double rate_;
    Moments moments_;
    int steps_ = 0;
};

}  // namespace

std::vector<TargetValue> target_values(TailGraph& graph, const std::vector<TargetStart>& starts,
                                       const TargetSettings& settings,
                                       const TargetProgress& on_step,
                                       const std::function<bool()>& cancelled) {
    const std::size_t width = starts.front().state.size();
    std::vector<float> deltas(starts.size() * width, 0.0F);
    std::vector<Search> searches;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        searches.emplace_back(std::span(deltas).subspan(i * width, width), starts[i], settings);
    }
    std::vector<TargetState> now(starts.size());
    for (int step = 0; step <= settings.steps; ++step) {
        graph.run(deltas);
        for (std::size_t i = 0; i < searches.size(); ++i) {
            now[i] = searches[i].state(graph.loss(static_cast<int>(i)));
        }
        if (on_step) {
            on_step(step, now);
        }
        const bool all = std::all_of(now.begin(), now.end(), [](const auto& s) { return s.done; });
        if (all || step == settings.steps || (cancelled && cancelled())) {
            break;
        }
        const auto gradient = graph.gradient();
        for (std::size_t i = 0; i < searches.size(); ++i) {
            if (!now[i].done) {
                searches[i].step(std::span(gradient).subspan(i * width, width));
            }
        }
    }
    std::vector<TargetValue> values;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        const auto begin = deltas.begin() + static_cast<std::ptrdiff_t>(i * width);
        values.push_back(
            {.delta = {begin, begin + static_cast<std::ptrdiff_t>(width)}, .state = now[i]});
    }
    return values;
}

}  // namespace otherwise
