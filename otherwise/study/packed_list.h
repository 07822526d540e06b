// Lists of numbers as bytes: how run files hold tokens and probabilities, a third to a tenth of
// their JSON (lists.h), which older files have and which is read as well.
//
// The first byte is the kind, none of them the '[' of JSON:
//   1  tokens: each a varint (seven bits a byte, the low ones first)
//   2  reals, all digits: eight bytes each, IEEE, the low ones first
//   3  reals: each a byte c, which is 0: null, 1: 0, 2: 1, 3: eight bytes follow; else the four
//      bytes m that follow are its nine digits, and it is m / 10^(c − 4)
//   4  what tokens become: position and count as varints, then a varint and two bytes for each
//      token, n: the probability is (n mod 10⁴) / 10^(3 + n div 10⁴), its four digits
// A decimal reads as the double nearest to it, as its text would. Cost: 5 ns a number to read, of
// kind 3 100 ns to write.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/study/run_rows.h"

namespace otherwise {

[[nodiscard]] std::string pack_tokens(std::span<const Token> tokens);
/// What is not finite is null. `digits` 0: all; 9: as many.
[[nodiscard]] std::string pack_reals(std::span<const double> values, bool nine_digits = false);
/// Probabilities below 0.001 are left out.
[[nodiscard]] std::string pack_becomes(std::span<const Becomes> becomes);

/// Begins with a kind: no text.
[[nodiscard]] bool is_packed(std::string_view bytes);

/// Throw Error: another kind, or bytes that end too early.
[[nodiscard]] Tokens unpack_tokens(std::string_view bytes);
[[nodiscard]] std::vector<double> unpack_reals(std::string_view bytes);  ///< null is NaN
[[nodiscard]] std::vector<Becomes> unpack_becomes(std::string_view bytes);

/// The same list as JSON: [1,2], [0.5,null], [[position,[[token,probability],…]],…]. JSON stays.
[[nodiscard]] std::string list_json(std::string_view bytes);

}  // namespace otherwise
