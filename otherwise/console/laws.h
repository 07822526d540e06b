// What `law` shows people: tables of all worlds, one token under the microscope, a dose curve, and
// strings coloured by how likely each token was to stay. Pure functions of their inputs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/api/law.h"
#include "otherwise/console/strings.h"

namespace otherwise::console {

/// All tables, `rounding` (rounding.h) after the first: what stays, survival, what laws differ
/// by, bounds. The floors come last; the null world raises an alarm where its P(unchanged) is not
/// exactly 1.
[[nodiscard]] std::string render_law(std::span<const WorldLaw> rows, std::string_view rounding,
                                     const Style& style);

/// A table of the doses, with the expected LCP as bars.
[[nodiscard]] std::string render_sweep(std::string_view name, std::span<const DoseRow> rows,
                                       const Style& style);

/// A token's law in one world; `piece` gives the text of a token.
[[nodiscard]] std::string render_token_law(std::string_view title, const TokenLaw& law,
                                           const std::function<std::string(Token)>& piece,
                                           const Style& style);

/// A string's tokens as texts, with their stay probabilities.
struct TokenView {
    std::string text;
    double stay = 1.0;
};

/// A string in one world: with colour by stay, without with [per cent] behind tokens below 90 %.
[[nodiscard]] std::string render_tokens(std::string_view label, std::span<const TokenView> tokens,
                                        const Style& style);

/// "0.42 [0.38, 0.47]", without the interval where it is unknown.
[[nodiscard]] std::string measured_text(const Measured& measured, int digits);

}  // namespace otherwise::console
