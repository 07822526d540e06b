// Logarithm and exponential by fixed steps: additions, subtractions, multiplications and divisions
// of IEEE doubles, rounded to nearest, never fused. So they have the same bits on every machine,
// which the C library's do not (its log1p differs with and without FMA).
//
//   log       x = 2^e (1 + f), |f| < 0.415;   s = f / (2 + f), as a sum of two doubles
//             log x = e log 2 + 2 s + s (2 s²/3 + 2 s⁴/5 + … + 2 s²²/23)
//   log1m     −log(1 − v) by the same series, with f = −v, 1 − 2 v or from 1 − v, each exact
//   exp       x = k log 2 + r, |r| < 0.347;   exp x = 2^k (1 + r + … + r¹⁴/14!)
//
// Before their one last rounding log and −log(1 − v) are right to 2^-57.5 of their value and to
// 2^-58: errors stay below 0.55 ulp. Neighbouring arguments have logarithms at least 2^-53 apart
// (of −log(1 − v): an ulp of v), so both never decrease as their argument grows. For the same
// reason −log(1 − v), which is above v by v²/2, is never computed to be below v. exp is within 1
// ulp.
//
// Source: the reduction of FreeBSD's e_log.c; the series of 2 artanh(s). No state, thread safe.
#pragma once

namespace otherwise::elementary {

/// log x, nats; x positive, finite and at least 2^-1022.
[[nodiscard]] double log(double x) noexcept;

/// −log(1 − v), nats: at least v; 0 ≤ v < 1.
[[nodiscard]] double minus_log1m(double v) noexcept;

/// exp x; 0 below −708 and +inf above 709, and not NaN.
[[nodiscard]] double exp(double x) noexcept;

}  // namespace otherwise::elementary
