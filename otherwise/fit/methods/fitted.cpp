#include "otherwise/fit/methods/fitted.h"

#include "otherwise/base/error.h"
#include "otherwise/base/number_list.h"
#include "otherwise/base/word_table.h"

namespace otherwise {
namespace {

constexpr WordTable<FitMethod, 4> kMethods{{{{"direction", FitMethod::direction},
                                             {"mimic", FitMethod::mimic},
                                             {"leace", FitMethod::leace},
                                             {"iti", FitMethod::iti}}}};
constexpr WordTable<DirectionBy, 3> kBy{{{{"mean", DirectionBy::mean},
                                          {"pca", DirectionBy::pca},
                                          {"pca-centred", DirectionBy::pca_centred}}}};

}  // namespace

bool FitRequest::best_layer() const {
    const bool map = method == FitMethod::mimic || method == FitMethod::leace;
    return layers.choice == LayerChoice::best ||
           (layers.choice == LayerChoice::usual && map && layers.range == LayerRange{});
}

void check_request(const FitRequest& request) {
    if (request.method != FitMethod::iti) {
        return;
    }
    if (request.site != "residual" && request.site != "heads") {
        misuse({.where = "check_request",
                .expected = "no " + setting("site") + " with iti, which acts on attention heads",
                .came = setting("site", request.site)});
    }
    if (request.layers.choice == LayerChoice::best) {
        misuse({.where = "check_request",
                .expected =
                    setting("layers", "all") + ", N or A-B with iti, which chooses heads by itself",
                .came = setting("layers", "auto")});
    }
}

void save_learned(const LearnedFile& file, const std::filesystem::path& path) {
    if (const auto* vector = std::get_if<ControlVector>(&file)) {
        save_control_vector(*vector, path);
    } else if (const auto* affine = std::get_if<AffineFile>(&file)) {
        save_affine(*affine, path);
    } else {
        save_heads(std::get<HeadsFile>(file), path);
    }
}

const FileNotes& notes_of(const LearnedFile& file) {
    return std::visit([](const auto& one) -> const FileNotes& { return one.notes; }, file);
}

FitLayers parse_fit_layers(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    if (text == "auto" || text == "all") {
        return {.choice = text == "auto" ? LayerChoice::best : LayerChoice::all};
    }
    const auto range = read_number_range(text);
    if (!range || !range->closed()) {
        misuse({.where = "parse_fit_layers",
                .expected = setting("layers") + " auto, all, N or A-B",
                .came = "'" + std::string(text) + "'"});
    }
    return {.range = {.first = range->first, .last = range->last}};
}

std::string_view method_name(FitMethod method) { return kMethods.word(method); }
std::vector<std::string> fit_method_names() { return kMethods.all(); }
FitMethod fit_method_of(std::string_view name) { return kMethods.value(name, "a method"); }

std::string_view by_name(DirectionBy by) { return kBy.word(by); }
std::vector<std::string> by_names() { return kBy.all(); }
DirectionBy by_of(std::string_view name) {
    return kBy.value(name, "how a direction is found, " + setting("by"));
}

}  // namespace otherwise
