#include "otherwise/measure/law_columns.h"

#include <array>
#include <cmath>
#include <limits>

#include "otherwise/measure/statistics.h"

namespace otherwise {
namespace {

constexpr std::array<LawColumn, 5> kColumns{{
    {.name = "p",
     .of = [](const Comparison& at) { return std::exp(at.log_p); },
     .put = [](Comparison& at, double value) { at.log_p = std::log(value); }},
    {.name = "q",
     .of = [](const Comparison& at) { return std::exp(at.log_q); },
     .put = [](Comparison& at, double value) { at.log_q = std::log(value); }},
    {.name = "kl",
     .of = [](const Comparison& at) { return at.kl; },
     .put = [](Comparison& at, double value) { at.kl = std::isnan(value) ? kInfinity : value; }},
    {.name = "same_draw",
     .of = [](const Comparison& at) { return at.same_draw; },
     .put = [](Comparison& at, double value) { at.same_draw = value; }},
    {.name = "same_top",
     .of = [](const Comparison& at) { return at.top_p == at.top_q ? 1.0 : 0.0; },
     .put =
         [](Comparison& at, double value) {
             at.top_p = 0;  // which token it was is not kept
             at.top_q = value > 0.0 ? 0 : 1;
         }},
}};

}  // namespace

std::span<const LawColumn> law_columns() { return kColumns; }

std::vector<double> spread(const StringLaw& law, std::span<const double> scored) {
    std::vector<double> all(law.stay.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < law.scored.size(); ++i) {
        all[static_cast<std::size_t>(law.scored[i])] = scored[i];
    }
    return all;
}

std::vector<double> values_of(const StringLaw& law, const LawColumn& column) {
    std::vector<double> scored;
    scored.reserve(law.at.size());
    for (const Comparison& at : law.at) {
        scored.push_back(column.of(at));
    }
    return spread(law, scored);
}

}  // namespace otherwise
