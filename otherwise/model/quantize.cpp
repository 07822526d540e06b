#include "otherwise/model/quantize.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "llama.h"
#include "otherwise/base/cancelled.h"
#include "otherwise/base/error.h"
#include "otherwise/base/joined.h"
#include "otherwise/base/text.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/log.h"
#include "otherwise/model/model_files.h"

namespace otherwise {
namespace {

struct Type {
    std::string_view name;
    llama_ftype ftype;
    double bits;  ///< a weight's least bits, to see beforehand that a disk is too small
};

constexpr std::array kTypes = {
    Type{"F32", LLAMA_FTYPE_ALL_F32, 32.0},
    Type{"F16", LLAMA_FTYPE_MOSTLY_F16, 16.0},
    Type{"BF16", LLAMA_FTYPE_MOSTLY_BF16, 16.0},
    Type{"Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0, 8.5},
    Type{"Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K, 6.5},
    Type{"Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0, 5.5},
    Type{"Q5_1", LLAMA_FTYPE_MOSTLY_Q5_1, 6.0},
    Type{"Q5_K_S", LLAMA_FTYPE_MOSTLY_Q5_K_S, 5.5},
    Type{"Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M, 5.5},
    Type{"Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0, 4.5},
    Type{"Q4_1", LLAMA_FTYPE_MOSTLY_Q4_1, 5.0},
    Type{"Q4_K_S", LLAMA_FTYPE_MOSTLY_Q4_K_S, 4.5},
    Type{"Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M, 4.5},
    Type{"IQ4_NL", LLAMA_FTYPE_MOSTLY_IQ4_NL, 4.25},
    Type{"IQ4_XS", LLAMA_FTYPE_MOSTLY_IQ4_XS, 4.25},
    Type{"Q3_K_S", LLAMA_FTYPE_MOSTLY_Q3_K_S, 3.4},
    Type{"Q3_K_M", LLAMA_FTYPE_MOSTLY_Q3_K_M, 3.4},
    Type{"Q3_K_L", LLAMA_FTYPE_MOSTLY_Q3_K_L, 3.4},
    Type{"Q2_K", LLAMA_FTYPE_MOSTLY_Q2_K, 2.6},
};

const Type& find_type(std::string_view name) {
    std::string upper(name);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (upper == "Q3_K" || upper == "Q4_K" || upper == "Q5_K") {
        upper += "_M";  // as llama.cpp's own program reads them
    }
    const auto at = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const Type& type) { return type.name == upper; });
    if (at == kTypes.end()) {
        const auto names = quantization_names();
        const std::string nearest = nearest_name(upper, names);
        misuse({.where = "quantize_model",
                .expected = "a quantization (" + joined(names) + ")",
                .came = "'" + std::string(name) + "'",
                .advice = nearest.empty() ? "" : "did you mean " + nearest + "?"});
    }
    return *at;
}

double weights_in(const GgufFile& file) {
    double weights = 0.0;
    for (const auto& tensor : file.tensors()) {
        double size = 1.0;
        for (const auto dimension : tensor.shape) {
            size *= static_cast<double>(dimension);
        }
        weights += size;
    }
    return weights;
}

void require_room(const std::vector<std::filesystem::path>& from, const std::filesystem::path& to,
                  const Type& type) {
    double weights = 0.0;
    for (const auto& path : from) {
        weights += weights_in(GgufFile::open(path));
    }
    constexpr double kBitsPerByte = 8.0;
    require_space(to, static_cast<std::uint64_t>(weights * type.bits / kBitsPerByte));
}

using OnProgress = std::function<void(long done, long total)>;

/// The numbers of "[   3/ 272] blk.0.attn_k.weight - …".
std::optional<std::pair<long, long>> counted_in(std::string_view text) {
    const auto slash = text.find('/');
    const auto end = text.find(']');
    if (!text.starts_with('[') || slash == std::string_view::npos ||
        end == std::string_view::npos || end < slash) {
        return std::nullopt;
    }
    const auto number = [](std::string_view padded) {
        padded.remove_prefix(std::min(padded.find_first_not_of(' '), padded.size()));
        long read = -1;
        const auto [stop, fault] =
            std::from_chars(padded.data(), padded.data() + padded.size(), read);
        return fault == std::errc() && stop == padded.data() + padded.size() ? read : -1;
    };
    const long tensor = number(text.substr(1, slash - 1));
    const long total = number(text.substr(slash + 1, end - slash - 1));
    return tensor < 0 || total < 0 ? std::nullopt : std::optional(std::pair(tensor, total));
}

/// llama.cpp has no call for it: its log names each tensor before it is packed.
class Steps {
public:
    explicit Steps(const OnProgress& on_progress) : on_progress_(on_progress) {}

    void read(std::string_view text) {
        const auto counted = stopped_ ? std::nullopt : counted_in(text);
        if (!counted) {
            return;
        }
        const auto [tensor, total] = *counted;
        total_ = total;
        tell(tensor - 1);
        stopped_ = is_cancelled();
        if (stopped_) {
            throw Cancelled();  // llama.cpp catches it, and fails
        }
    }
    void finish() const { tell(total_); }
    [[nodiscard]] bool stopped() const { return stopped_; }

private:
    void tell(long done) const {
        if (on_progress_) {
            on_progress_(done, total_);
        }
    }

    const OnProgress& on_progress_;
    long total_ = 0;
    bool stopped_ = false;
};

/// llama.cpp writes the head last, and does not ask whether the disk took the end of it.
void require_whole(const std::filesystem::path& written, const std::filesystem::path& target) {
    try {
        (void)GgufFile::open(written);
    } catch (const Error&) {
        fail({.where = "quantize_model",
              .expected = "to write '" + target.string() + "'",
              .came = "a disk that does not take all of it"});
    }
}

}  // namespace

std::vector<std::string> quantization_names() {
    std::vector<std::string> names;
    names.reserve(kTypes.size());
    for (const auto& type : kTypes) {
        names.emplace_back(type.name);
    }
    return names;
}

std::string quantization_name(int file_type) {
    const int plain = file_type & ~static_cast<int>(LLAMA_FTYPE_GUESSED);
    for (const auto& type : kTypes) {
        if (static_cast<int>(type.ftype) == plain) {
            return std::string(type.name);
        }
    }
    const std::string long_name = llama_ftype_name(static_cast<llama_ftype>(plain));
    if (long_name.starts_with("Q2_K - Small")) {
        return "Q2_K_S";
    }
    const auto end = long_name.find_first_of(" ,");
    return long_name.substr(0, end);
}

void quantize_model(const std::filesystem::path& from, const std::filesystem::path& to,
                    std::string_view type, int threads, const OnProgress& on_progress) {
    start_backend();
    const Type& wanted = find_type(type);
    const auto files = model_files(from);
    std::error_code different;
    const bool own = std::ranges::any_of(
        files, [&](const auto& file) { return std::filesystem::equivalent(file, to, different); });
    if (own) {
        misuse({.where = "quantize_model",
                .expected = "another file to write to",
                .came = "the model itself, '" + from.string() + "'"});
    }
    require_room(files, to, wanted);
    AtomicFile target(to);
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = wanted.ftype;
    params.nthread = threads;
    params.allow_requantize = true;
    clear_backend_errors();
    Steps steps(on_progress);
    const LogReader reader([&steps](std::string_view text) { steps.read(text); });
    if (llama_model_quantize(from.c_str(), target.path().c_str(), &params) != 0) {
        if (steps.stopped()) {
            throw Cancelled();
        }
        const std::string reason = last_backend_error();
        fail({.where = "quantize_model",
              .expected = "to write '" + to.string() + "' as " + std::string(wanted.name),
              .came = reason.empty() ? "no reason given" : to_utf8(reason)});
    }
    steps.finish();
    stop_if_cancelled();
    require_whole(target.path(), to);
    target.commit();
}

}  // namespace otherwise
