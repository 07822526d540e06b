#include "otherwise/world/dose.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/world/kinds.h"

namespace otherwise {
namespace {

constexpr std::size_t kMostDoses = 1000;
constexpr const char* kForm = "TARGET=FROM:TO:STEP or TARGET=A,B,C, as steer.scale=0:2:0.25";

/// The number of an intervention that has one, to read or to write.
struct Scaled {
    std::string_view kind;
    float* scale;
    bool mechanism = false;

    /// "steer.scale", "temp".
    [[nodiscard]] std::string name() const {
        return std::string(kind) + (mechanism ? "" : ".scale");
    }
    /// "NAME.scale", "NAME.temp".
    [[nodiscard]] std::string name_in(const World& world) const {
        return world.name + "." + std::string(mechanism ? kind : "scale");
    }
};

std::optional<Scaled> scaled(Intervention& intervention) {
    const Kind& kind = kind_of(intervention);
    if (kind.dose == Dose::none) {
        return std::nullopt;
    }
    return Scaled{.kind = kind.words.word,
                  .scale = kind.number(intervention),
                  .mechanism = kind.dose == Dose::setting};
}

/// What could have been named, for the complaint.
std::string choices(std::vector<World> worlds) {
    std::string text;
    for (auto& world : worlds) {
        for (auto& item : world.interventions) {
            if (const auto found = scaled(item)) {
                text += (text.empty() ? "" : ", ") + found->name() + " or " + found->name_in(world);
            }
        }
    }
    return text.empty() ? "no intervention here has one" : text;
}

float number(std::string_view text, std::string_view whole) {
    float value = 0.0F;
    const char* begin = text.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
    const char* end = begin + text.size();
    const auto parsed = std::from_chars(begin, end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(value)) {
        misuse({.where = "parse_sweep",
                .expected = kForm,
                .came = "'" + std::string(text) + "' in '" + std::string(whole) + "'"});
    }
    return value;
}

std::vector<float> split(std::string_view text, char separator, std::string_view whole) {
    std::vector<float> values;
    while (true) {
        const auto end = text.find(separator);
        values.push_back(number(text.substr(0, end), whole));
        if (end == std::string_view::npos) {
            return values;
        }
        text.remove_prefix(end + 1);
    }
}

/// FROM, FROM + STEP, … up to TO, which is met where rounding allows.
std::vector<float> range(const std::vector<float>& parts, std::string_view whole) {
    constexpr double kSlack = 1e-6;
    const bool three = parts.size() == 3;
    const double steps = three ? (double{parts[1]} - parts[0]) / parts[2] : -1.0;
    if (!three || !(steps >= 0.0) || steps >= static_cast<double>(kMostDoses)) {
        misuse({.where = "parse_sweep",
                .expected =
                    std::string(kForm) + ", of at most " + std::to_string(kMostDoses) + " doses",
                .came = "'" + std::string(whole) + "'"});
    }
    std::vector<float> doses;
    for (int i = 0; i <= static_cast<int>(steps + kSlack); ++i) {
        doses.push_back(static_cast<float>(double{parts[0]} + i * double{parts[2]}));
    }
    return doses;
}

}  // namespace

ScaleSite find_scale(const std::vector<World>& worlds, std::string_view target) {
    std::vector<ScaleSite> found;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        for (std::size_t i = 0; i < worlds[w].interventions.size(); ++i) {
            Intervention item = worlds[w].interventions[i];
            const auto its = scaled(item);
            if (its && (target == its->name() || target == its->name_in(worlds[w]))) {
                found.push_back(
                    {.world = w, .item = i, .scale = *its->scale, .mechanism = its->mechanism});
            }
        }
    }
    if (found.size() != 1) {
        misuse({.where = "find_scale",
                .expected = "one number to vary, of " + choices(worlds),
                .came = "'" + std::string(target) + "', which names " +
                        (found.empty() ? std::string("none") : std::to_string(found.size()))});
    }
    return found.front();
}

World with_scale(World world, std::size_t item, float scale) {
    const auto its = scaled(world.interventions.at(item));
    if (!its) {
        misuse({.where = "with_scale",
                .expected = "an intervention with a number",
                .came = describe(world.interventions.at(item))});
    }
    *its->scale = scale;
    return world;
}

Sweep parse_sweep(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        misuse({.where = "parse_sweep", .expected = kForm, .came = "'" + std::string(text) + "'"});
    }
    const auto values = text.substr(equals + 1);
    Sweep sweep{.target = text.substr(0, equals), .doses = {}};
    sweep.doses = values.find(':') != std::string_view::npos ? range(split(values, ':', text), text)
                                                             : split(values, ',', text);
    if (sweep.doses.size() > kMostDoses) {
        misuse({.where = "parse_sweep",
                .expected = "at most " + std::to_string(kMostDoses) + " doses",
                .came = std::to_string(sweep.doses.size())});
    }
    return sweep;
}

}  // namespace otherwise
