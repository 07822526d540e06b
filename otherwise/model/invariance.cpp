#include "otherwise/model/invariance.h"

#include <utility>

#include "otherwise/model/context.h"

namespace otherwise {
namespace {

constexpr int kManyRows = 8;
constexpr int kProbeLength = 512;
constexpr int kProbeRows = 128;

Probe probe_once(const std::shared_ptr<const Model>& model, const Remedy& remedy, int threads) {
    Context context(model, {.n_streams = probe_streams(remedy.least_rows),
                            .stream_length = kProbeLength,
                            .max_rows = kProbeRows,
                            .threads = threads,
                            .loras = {},
                            .sites = {},
                            .least_rows = remedy.least_rows});
    return probe_invariance(context);
}

}  // namespace

std::vector<Remedy> remedies(bool may_repack) {
    std::vector<Remedy> list;
    for (const bool repack : {true, false}) {
        for (const int least_rows : {2, kManyRows}) {
            if (may_repack || !repack) {
                list.push_back({.repack = repack, .least_rows = least_rows});
            }
        }
    }
    return list;
}

Remedy find_remedy(bool may_repack, const std::function<bool(const Remedy&)>& holds) {
    Remedy last;
    for (const auto& remedy : remedies(may_repack)) {
        last = remedy;
        if (holds(remedy)) {
            break;
        }
    }
    return last;
}

InvariantModel load_invariant(const std::filesystem::path& path, ModelOptions options, int threads,
                              const KnownInvariance& known) {
    InvariantModel loaded;
    auto& model = loaded.model;
    Invariance& found = loaded.invariance;
    found.remedy = find_remedy(options.repack, [&](const Remedy& remedy) {
        if (!model || options.repack != remedy.repack) {
            model.reset();  // before the next one takes its memory
            options.repack = remedy.repack;
            model = Model::load(path, options);
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
