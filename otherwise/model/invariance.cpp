#include "otherwise/model/invariance.h"

#include <algorithm>
#include <array>
#include <utility>

#include "otherwise/model/context.h"
#include "otherwise/model/model.h"
#include "otherwise/model/system.h"

namespace otherwise {
namespace {

constexpr int kManyRows = 8;
// Measured on an H100 and an H200 (docs/engine.md): a call of 128 rows of a small model takes
// little longer than one of 16. Fewer streams where so many do not fit the memory.
constexpr std::array<FixedCalls, 4> kGpuShapes{{{.streams = 64, .rows = 2},
                                                {.streams = 32, .rows = 4},
                                                {.streams = 16, .rows = 8},
                                                {.streams = 8, .rows = 16}}};
// A processor takes as long as there are rows.
constexpr FixedCalls kCpuShape{.streams = 16, .rows = 1};
constexpr int kProbeLength = 512;
constexpr int kProbeRows = 128;

Probe probe_once(const std::shared_ptr<const Model>& model, const Remedy& remedy, int threads) {
    Context context(model, {.n_streams = probe_streams(remedy.least_rows, remedy.fixed),
                            .stream_length = kProbeLength,
                            .max_rows = kProbeRows,
                            .threads = threads,
                            .loras = {},
                            .sites = {},
                            .least_rows = remedy.least_rows,
                            .fixed = remedy.fixed});
    return probe_invariance(context);
}

}  // namespace

std::vector<Remedy> remedies(const RemedyTerms& terms) {
    std::vector<Remedy> list;
    const bool only_shapes = !terms.flash_attention && terms.can_trim;
    if (terms.on_gpu && !only_shapes) {
        list.push_back({.repack = terms.may_repack});
    } else if (!only_shapes) {
        for (const bool repack : {true, false}) {
            for (const int least_rows : {kUsualLeastRows, kManyRows}) {
                if (terms.may_repack || !repack) {
                    list.push_back({.repack = repack, .least_rows = least_rows});
                }
            }
        }
    }
    const auto add = [&](FixedCalls fixed, bool flash_attention) {
        fixed.flash_attention = flash_attention;
        list.push_back({.repack = terms.may_repack, .least_rows = 1, .fixed = fixed});
    };
    for (const bool flash : {true, false}) {
        if (terms.can_trim && terms.on_gpu && (flash || terms.flash_attention)) {
            std::ranges::for_each(kGpuShapes, [&](const auto& shape) { add(shape, flash); });
        }
    }
    if (terms.can_trim && !terms.on_gpu) {
        add(kCpuShape, true);
    }
    return list;
}

Remedy find_remedy(const RemedyTerms& terms, const std::function<bool(const Remedy&)>& holds) {
    const auto list = remedies(terms);
    for (const auto& remedy : list) {
        if (holds(remedy)) {
            return remedy;
        }
    }
    (void)holds(list.front());  // what is used then is what was probed last
    return list.front();
}

std::string invariance_warning(const std::string& network, const Probe& probe,
                               const std::string& advice) {
    return probe.invariant ? ""
                           : "WARNING: " + network + " is not batch invariant (" + probe.shape +
                                 ": logits differ by up to " + std::to_string(probe.worst) +
                                 " nats); " + advice;
}

InvariantModel load_invariant(const std::filesystem::path& path, ModelOptions options, int threads,
                              const KnownInvariance& known, OneShape one_shape) {
    InvariantModel loaded;
    auto& model = loaded.model;
    Invariance& found = loaded.invariance;
    const auto load = [&] {
        model.reset();  // before the next one takes its memory
        model = Model::load(path, options);
    };
    load();
    const RemedyTerms terms{.may_repack = options.repack,
                            .on_gpu = on_gpu(options.gpu_layers),
                            .can_trim = one_shape == OneShape::possible && !model->recurrent()};
    found.remedy = find_remedy(terms, [&](const Remedy& remedy) {
        if (options.repack != remedy.repack) {
            options.repack = remedy.repack;
            load();
        }
        const auto before = known.find ? known.find(*model, remedy) : std::nullopt;
        found.probe = before ? *before : probe_once(model, remedy, threads);
        if (!before && known.keep) {
            known.keep(*model, remedy, found.probe);
        }
        return found.probe.invariant;
    });
    return loaded;
}

Invariance probe_model(const std::filesystem::path& path, ModelOptions options, int threads) {
    return load_invariant(path, std::move(options), threads).invariance;
}

}  // namespace otherwise
