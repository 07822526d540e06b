#include "otherwise/fit/states/gather.h"

#include <algorithm>
#include <cmath>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

/// Neighbours stay together: sets are often written in twos that swap their words ("Paris is in
/// France" and "Rome is in Italy" beside their false forms), and a probe that has seen one of them
/// would be judged on its mirror image.
constexpr std::size_t kTogether = 2;

/// Where a text is in the classes, and its column there.
struct Origin {
    std::size_t of_class = 0;
    std::size_t index = 0;
    bool held_out = false;
    Eigen::Index column = 0;
};

struct Layout {
    std::vector<Tokens> texts;  // all classes one after the other
    std::vector<Origin> origins;
    std::vector<Eigen::Index> n_fitted;
    std::vector<Eigen::Index> n_held_out;
};

Layout lay_out(std::span<const std::vector<Tokens>> classes, double held_out) {
    Layout layout;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        Eigen::Index fitted = 0;
        Eigen::Index held = 0;
        for (std::size_t i = 0; i < classes[k].size(); ++i) {
            const bool out = is_held_out(i, held_out);
            layout.origins.push_back(
                {.of_class = k, .index = i, .held_out = out, .column = out ? held++ : fitted++});
            layout.texts.push_back(classes[k][i]);
        }
        layout.n_fitted.push_back(fitted);
        layout.n_held_out.push_back(held);
    }
    return layout;
}

std::vector<NodeStates> empty_states(const GatherOptions& options, const Layout& layout) {
    NodeStates node;
    for (std::size_t k = 0; k < layout.n_fitted.size(); ++k) {
        node.moments.emplace_back(options.width, options.covariance);
        node.fitted.emplace_back(Eigen::MatrixXf::Zero(options.width, layout.n_fitted[k]));
        node.held_out.emplace_back(Eigen::MatrixXf::Zero(options.width, layout.n_held_out[k]));
    }
    return std::vector<NodeStates>(options.nodes.size(), node);
}

/// Rows of `states` that the pooling takes: [begin, end).
struct Taken {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Taken taken_rows(Pooling pooling, const TextStates& states, std::size_t length) {
    const auto n = states.values.size() / static_cast<std::size_t>(states.width);
    const auto first = static_cast<std::size_t>(states.first);
    if (pooling == Pooling::last) {
        return first + n == length ? Taken{.begin = n - 1, .end = n} : Taken{};
    }
    return {.begin = first == 0 && length > 1 ? std::size_t{1} : 0, .end = n};
}

class Gatherer {
public:
    Gatherer(const GatherOptions& options, const Layout& layout)
        : options_(options), layout_(layout), nodes_(empty_states(options, layout)) {}

    void take(const TextStates& states) {
        const auto& origin = layout_.origins[states.text];
        auto& node = nodes_[states.node];
        const auto length = layout_.texts[states.text].size();
        const auto taken = taken_rows(options_.pooling, states, length);
        const auto width = static_cast<std::size_t>(states.width);
        auto column =
            (origin.held_out ? node.held_out : node.fitted)[origin.of_class].col(origin.column);
        // Divided row by row: the mean of one row is that row, bit for bit.
        const bool many = options_.pooling != Pooling::last && length > 1;
        const auto rows = static_cast<float>(many ? length - 1 : 1);
        for (std::size_t row = taken.begin; row < taken.end; ++row) {
            column += Eigen::Map<const Eigen::VectorXf>(states.values.data() + row * width,
                                                        column.size()) /
                      rows;
        }
        if (origin.held_out) {
            return;
        }
        auto& moments = node.moments[origin.of_class];
        share_shift(node, states);
        if (options_.pooling == Pooling::every) {
            moments.add(
                states.values.subspan(taken.begin * width, (taken.end - taken.begin) * width));
        } else if (static_cast<std::size_t>(states.first) + states.values.size() / width ==
                   length) {
            moments.add({column.data(), width});  // the pooled state is complete
        }
    }

    std::vector<NodeStates> finish() { return std::move(nodes_); }

private:
    /// All classes of a node take the first row seen there as their shift, so that they merge.
    static void share_shift(NodeStates& node, const TextStates& states) {
        const bool fresh = std::ranges::all_of(
            node.moments, [](const Moments& moments) { return moments.n() == 0; });
        if (!fresh) {
            return;
        }
        const auto last = states.values.last(static_cast<std::size_t>(states.width));
        const Eigen::VectorXd shift =
            Eigen::Map<const Eigen::VectorXf>(last.data(), states.width).cast<double>();
        for (auto& moments : node.moments) {
            moments.set_shift(shift);
        }
    }

    const GatherOptions& options_;
    const Layout& layout_;
    std::vector<NodeStates> nodes_;
};

}  // namespace

bool is_held_out(std::size_t i, double share) {
    // Where the number of twos that are due, share · (twos so far), reaches the next whole one.
    constexpr double kRounding = 1e-9;
    const auto due = [share](std::size_t twos) {
        return std::floor(share * static_cast<double>(twos) + kRounding);
    };
    const std::size_t two = i / kTogether;
    return due(two + 1) > due(two);
}

std::size_t n_held_out(std::size_t n, double share) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
        count += is_held_out(i, share) ? 1U : 0U;
    }
    return count;
}

std::vector<NodeStates> gather(const std::shared_ptr<const Model>& model,
                               std::span<const std::vector<Tokens>> classes,
                               const GatherOptions& options) {
    const auto layout = lay_out(classes, options.held_out);
    Gatherer gatherer(options, layout);
    ReadStatesOptions reading;
    reading.nodes = options.nodes;
    reading.threads = options.threads;
    reading.least_rows = options.least_rows;
    reading.last_block = options.last_block;
    reading.on_states = [&](const TextStates& states) { gatherer.take(states); };
    reading.on_progress = options.on_progress;
    reading.cancelled = options.cancelled;
    if (options.name_of) {
        reading.name_of = [&](std::size_t text) {
            const auto& origin = layout.origins[text];
            return options.name_of(origin.of_class, origin.index);
        };
    }
    if (!read_states(model, layout.texts, reading)) {
        return {};
    }
    return gatherer.finish();
}

std::vector<NodeStates> gather_given(std::span<const std::vector<std::vector<float>>> classes,
                                     const GatherOptions& options) {
    const auto width = static_cast<std::size_t>(options.width);
    std::vector<std::vector<Tokens>> texts;  // of one token each, whose states are given
    for (const auto& of_class : classes) {
        texts.emplace_back(of_class.front().size() / width, Tokens{0});
    }
    const auto layout = lay_out(texts, options.held_out);
    Gatherer gatherer(options, layout);
    for (std::size_t text = 0; text < layout.origins.size(); ++text) {
        const auto& origin = layout.origins[text];
        for (std::size_t node = 0; node < options.nodes.size(); ++node) {
            const auto values = std::span<const float>(classes[origin.of_class][node])
                                    .subspan(origin.index * width, width);
            if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
                misuse({.where = "gather_given",
                        .expected = "finite states",
                        .came = "NaN or Inf at " + options.nodes[node] + " in text " +
                                std::to_string(origin.index + 1) + " of set " +
                                std::to_string(origin.of_class + 1)});
            }
            gatherer.take(
                {.text = text, .node = node, .first = 0, .width = options.width, .values = values});
        }
    }
    return gatherer.finish();
}

std::size_t gather_bytes(const GatherOptions& options, std::size_t classes, std::size_t texts) {
    const auto state = sizeof(float) * static_cast<std::size_t>(options.width);
    return options.nodes.size() *
           (texts * state + classes * Moments::bytes(options.width, options.covariance));
}

}  // namespace otherwise
