#include "otherwise/generate/probe_store.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <variant>

#include "otherwise/base/hash.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr std::uintmax_t kPiece = std::uintmax_t{1} << 16U;
constexpr std::uintmax_t kPieces = 32;

/// The probe in a file; nothing where anything in it makes no sense.
std::optional<Probe> probe_of(const nlohmann::json& json) {
    if (!json.is_object() || !json.contains("invariant") || !json["invariant"].is_boolean() ||
        !json.contains("worst") || !json["worst"].is_number() || !json.contains("shape") ||
        !json["shape"].is_string()) {
        return std::nullopt;
    }
    const Probe probe{.invariant = json["invariant"].get<bool>(),
                      .worst = json["worst"].get<double>(),
                      .shape = json["shape"].get<std::string>()};
    const bool sound =
        std::isfinite(probe.worst) && probe.worst >= 0.0 && probe.shape.empty() == probe.invariant;
    return sound ? std::optional(probe) : std::nullopt;
}

}  // namespace

std::string mark_of_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    const auto time =
        error ? std::filesystem::file_time_type() : std::filesystem::last_write_time(path, error);
    std::ifstream file(path, std::ios::binary);
    if (error || !file) {
        return "";
    }
    std::string pieces;
    const bool spread = bytes > kPieces * kPiece;
    const auto count = spread ? kPieces : (bytes + kPiece - 1) / kPiece;
    for (std::uintmax_t i = 0; i < count; ++i) {
        const auto at = spread ? (bytes - kPiece) * i / (kPieces - 1) : i * kPiece;
        std::string piece(static_cast<std::size_t>(std::min(kPiece, bytes - at)), '\0');
        file.seekg(static_cast<std::streamoff>(at));
        if (!file.read(piece.data(), static_cast<std::streamsize>(piece.size()))) {
            return "";
        }
        pieces += piece;
    }
    return std::to_string(bytes) + " bytes, time " +
           std::to_string(time.time_since_epoch().count()) + ", pieces sha256 " +
           sha256_text(pieces);
}

std::string network_settings(const WorldPlan& plan,
                             const std::vector<std::filesystem::path>& model_files) {
    std::string settings;
    bool marked = true;
    const auto add_file = [&](const std::string& name, const std::filesystem::path& path) {
        const auto mark = mark_of_file(path);
        marked = marked && !mark.empty();
        add_setting(settings, name, mark);
    };
    for (const auto& file : model_files) {
        add_file("model", file);
    }
    World items{.name = "network", .interventions = {}};
    items.interventions.assign(plan.loras.begin(), plan.loras.end());
    for (const auto& edit : plan.edits) {
        std::visit([&](const auto& item) { items.interventions.emplace_back(item); }, edit);
    }
    add_setting(settings, "items", items.interventions.empty() ? "none" : to_spec(items));
    for (const auto& file : network_files(plan)) {
        add_file("file", file);
    }
    add_setting(settings, "weights", plan.weights);
    add_setting(settings, "cache", plan.cache_keys + ", " + plan.cache_values);
    add_setting(settings, "flash attention", plan.flash_attention);
    return marked ? settings : "";
}

ProbeStore::ProbeStore(std::filesystem::path folder, std::string settings, std::string build)
    : folder_(std::move(folder)), settings_(std::move(settings)), build_(std::move(build)) {}

KeptFile ProbeStore::file_of(const std::string& settings) const {
    return {folder_, {.settings = settings_ + settings, .build = build_}};
}

std::optional<Probe> ProbeStore::find(const std::string& settings) {
    if (folder_.empty() || settings.empty()) {
        return std::nullopt;
    }
    std::string other_build;
    const auto probe = probe_of(file_of(settings).read(other_build));
    found_ += probe ? 1 : 0;
    other_build_ = other_build.empty() ? other_build_ : other_build;
    return probe;
}

void ProbeStore::keep(const std::string& settings, const Probe& probe) {
    ++made_;
    if (folder_.empty() || settings.empty()) {
        return;
    }
    const nlohmann::ordered_json json{
        {"invariant", probe.invariant}, {"worst", probe.worst}, {"shape", probe.shape}};
    refused_ = !file_of(settings).write(json) || refused_;
}

std::string ProbeStore::note() const {
    std::string note;
    if (found_ > 0) {
        note = made_ == 0 ? " before"
                          : " (" + std::to_string(found_) + " of " +
                                std::to_string(found_ + made_) + " probes before)";
    }
    if (refused_) {
        note += " (could not be kept in '" + folder_.string() + "')";
    }
    return note;
}

}  // namespace otherwise
