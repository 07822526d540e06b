// Where the results of probes are kept between runs (kept_file.h): one small file for each network
// and way of probing it.
//
// A probe's result is a property of kernels, of the network and of the shapes of calls, so the key
// names all of these: the files of the model, the adapters and the vectors by what is in them, the
// world's items, cache types, attention, threads, layers on a GPU, devices, features of the
// processor, the rows that calls must have and the length of streams.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "otherwise/generate/kept_file.h"
#include "otherwise/model/probe.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// A file by its size, its time and the SHA-256 of 32 pieces of 64 KiB, evenly spread from first to
/// last, since all of a large one takes seconds; of what is smaller all is read. "" where it cannot
/// be read: nothing is to be kept then.
[[nodiscard]] std::string mark_of_file(const std::filesystem::path& path);

/// Everything in a plan that its network is made of, `model_files` in place of the model's path.
/// "" where some file has no mark.
[[nodiscard]] std::string network_settings(const WorldPlan& plan,
                                           const std::vector<std::filesystem::path>& model_files);

/// This build, by its versions and what the files of its code are; "" where one has no mark.
[[nodiscard]] std::string build_of_probes();

/// What the probes of all networks depend on, on this machine.
[[nodiscard]] std::string machine_of_probes(int threads, int gpu_layers);

/// Probes of one session: what is kept of them and what is new.
class ProbeStore {
public:
    /// An empty folder keeps nothing. `settings` are the same for all, `build` as in KeptKey.
    ProbeStore(std::filesystem::path folder, std::string settings, std::string build);

    /// The result of a probe with these further settings; nothing where it has to be made.
    [[nodiscard]] std::optional<Probe> find(const std::string& settings);
    void keep(const std::string& settings, const Probe& probe);

    [[nodiscard]] int found() const { return found_; }
    [[nodiscard]] int made() const { return made_; }
    /// For people, after "probed": where results are from and that they could not be kept.
    [[nodiscard]] std::string note() const;
    /// The build whose results were there and not taken; "" without.
    [[nodiscard]] const std::string& other_build() const { return other_build_; }

private:
    [[nodiscard]] KeptFile file_of(const std::string& settings) const;

    std::filesystem::path folder_;
    std::string settings_;
    std::string build_;
    std::string other_build_;
    int found_ = 0;
    int made_ = 0;
    bool refused_ = false;  // by the folder
};

}  // namespace otherwise
