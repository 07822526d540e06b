#include "otherwise/page/sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "otherwise/page/answer_sentences.h"
#include "otherwise/page/shown_numbers.h"

namespace otherwise {
namespace {

const Shift* shift_of(const ReportWorld& world, std::string_view key) {
    const auto& list = world.pairs.shifts;
    const auto found = std::ranges::find(list, key, &Shift::key);
    return found == list.end() ? nullptr : &*found;
}

/// The curve at whole numbers of tokens: exact where there is a law.
std::vector<std::pair<int, double>> curve_of(const ReportWorld& world) {
    std::vector<std::pair<int, double>> curve;
    if (world.law && !world.law->survival.empty()) {
        for (std::size_t t = 0; t < world.law->survival.size(); ++t) {
            curve.emplace_back(static_cast<int>(t) + 1, world.law->survival[t].value);
        }
        return curve;
    }
    for (const CurvePoint& point : world.sampled) {
        curve.emplace_back(point.tokens, point.share.value);
    }
    return curve;
}

std::string survival_of(const ReportWorld& world) {
    const auto curve = curve_of(world);
    if (curve.empty()) {
        return "";
    }
    const auto half = std::ranges::find_if(curve, [](const auto& at) { return at.second < 0.5; });
    const auto [last, kept] = curve.back();
    std::string text = world.law ? "By the exact law, " : "Of the sampled strings, ";
    const std::string whole = kept == 0.0 ? "none is" : percent(kept) + " are";
    if (half != curve.end() && half->first < last) {
        text += fmt::format("more than half have diverged within {}; {} still whole after {}.",
                            counted(half->first, "token"), whole, last);
    } else {
        text += fmt::format("{} still whole after {}.", whole, counted(last, "token"));
    }
    return text;
}

std::string histogram_of(const ReportWorld& world) {
    const Summary& s = world.summary;
    if (s.strings == 0) {
        return "";
    }
    const std::string rest = s.unchanged == 0 ? "all of them diverge somewhere"
                                              : fmt::format("{} of {} never diverge",
                                                            whole(s.unchanged), whole(s.strings));
    return fmt::format("Half of the pairs have {} or fewer in common; {}.",
                       brief(s.lcp_median) + (s.lcp_median == 1 ? " token" : " tokens"), rest);
}

/// "; 3 of 40 texts are equal."
std::string equal_of(const ReportWorld& world, const Histogram& histogram) {
    return fmt::format("; {} of {} are equal texts.", whole(histogram.apart),
                       counted(world.pairs.pairs, "pair"));
}

std::string edits_of(const ReportWorld& world) {
    const Histogram& edits = world.edits;
    if (edits.counts.empty()) {
        return "";
    }
    return std::isnan(edits.median)
               ? "No text has to be edited: all pairs are equal."
               : fmt::format(
                     "Half of the pairs that differ need {} of the longer text edited, or "
                     "more{}",
                     percent(edits.median), equal_of(world, edits));
}

std::string cosines_of(const ReportWorld& world) {
    const Histogram& cosines = world.cosines;
    if (cosines.counts.empty()) {
        return "";
    }
    return std::isnan(cosines.median)
               ? "All pairs are equal texts, whose cosine is 1."
               : fmt::format(
                     "Half of the pairs that differ have a cosine above {}, the lowest is "
                     "{}{}",
                     plain(cosines.median, 3), plain(cosines.smallest, 3),
                     equal_of(world, cosines));
}

std::string likeness_of(const ReportWorld& world) {
    const Measure* edits = measure_of(world, "edit_share_longer");
    if (edits == nullptr || edits->mean.n == 0) {
        return "";
    }
    std::string text =
        fmt::format("On average {} of the longer text has to be edited to get the other{}",
                    percent(edits->mean.value), between(edits->mean.interval));
    const Measure* cosine = measure_of(world, "cosine");
    if (cosine != nullptr && cosine->mean.n > 0) {
        text += fmt::format("; the cosine of their embeddings is {} on average",
                            plain(cosine->mean.value, 3));
    }
    return text + ".";
}

std::string change_of(const Shift& shift) {
    const double by = shift.difference.value;
    const std::string size =
        shift.unit == Unit::share ? percent(std::abs(by)) : brief(std::abs(by));
    if (shift.key == "length_tokens") {
        return fmt::format("texts are {} tokens {}", size, by > 0 ? "longer" : "shorter");
    }
    if (shift.key == "ended") {
        return fmt::format("{} {} of them end by themselves", size, by > 0 ? "more" : "fewer");
    }
    return fmt::format("{} {} of their 4-grams repeat", size, by > 0 ? "more" : "fewer");
}

std::string shifts_of(const ReportWorld& world) {
    std::string text;
    bool any = false;
    for (const char* key : {"length_tokens", "ended", "repetition"}) {
        const Shift* shift = shift_of(world, key);
        if (shift == nullptr || shift->difference.n == 0) {
            continue;
        }
        any = true;
        const Interval& interval = shift->difference.interval;
        if (interval.known() && (interval.low > 0 || interval.high < 0)) {
            text += (text.empty() ? "On average " : ", ") + change_of(*shift);
        }
    }
    if (!any) {
        return "";
    }
    return text.empty() ? "Neither length nor ends nor repetition shifts beyond chance."
                        : text + ".";
}

std::string targets_of(const ReportWorld& world) {
    std::string text;
    for (const Shift& shift : world.pairs.shifts) {
        if (shift.key != "target" && shift.key != "off-target") {
            continue;
        }
        const Interval& interval = shift.difference.interval;
        const bool sure = interval.known() && (interval.low > 0 || interval.high < 0);
        text += fmt::format(
            "{}{} “{}” matches {} of the counterfactual texts and {} of the factual ones{}.",
            text.empty() ? "" : " ", shift.key == "target" ? "Target" : "Off-target",
            shift.title.substr(shift.key.size() + 1), fine(shift.counterfactual.value),
            fine(shift.factual.value), sure ? "" : ", no shift beyond chance");
    }
    return text;
}

/// "3 words more often (“no” above all, 0 → 62 times)"
std::string moved(const std::vector<WordShift>& list, long sure, std::string_view how) {
    if (sure == 0) {
        return "";
    }
    return fmt::format("{} {} (“{}” above all, {} → {} times)", counted(sure, "word"), how,
                       list.front().word, whole(list.front().factual),
                       whole(list.front().counterfactual));
}

std::string words_of(const ReportWorld& world) {
    const WordSummary& words = world.pairs.words;
    if (words.gained.empty() && words.lost.empty()) {
        return words.tested > 0 ? "No word comes more or less often." : "";
    }
    const std::string gained = moved(words.gained, words.sure_gained, "come more often");
    const std::string lost = moved(words.lost, words.sure_lost, "come less often");
    if (gained.empty() && lost.empty()) {
        return fmt::format("None of {} moved beyond chance.",
                           counted(words.tested, "distinct word"));
    }
    return fmt::format("Beyond chance, {}{}{}.", gained,
                       gained.empty() || lost.empty() ? "" : " and ", lost);
}

std::string law_of(const ReportWorld& world) {
    if (!world.law || world.law->positions == 0) {
        return "";
    }
    const LawSummary& law = *world.law;
    return fmt::format(
        "The law of the next token moved by {} nats on average (KL divergence), and its most "
        "probable "
        "token is the same at {} of {}; a token stays with probability {}, while two fresh samples "
        "would agree on {}.",
        brief(law.kl.mean), percent(law.same_top), counted(law.positions, "position"),
        percent(law.agreement), percent(law.same_draw));
}

std::string bounds_of(const ReportWorld& world) {
    if (!world.law || world.law->strings == 0) {
        return "";
    }
    const LawSummary& law = *world.law;
    return fmt::format(
        "A whole string stays with probability {}{} under the Gumbel coupling; no coupling of the "
        "two "
        "worlds could make it less than {} or more than {}.",
        percent(law.unchanged.value), between(law.unchanged.interval), fine(law.bounds.low),
        fine(law.bounds.high));
}

std::string fragile_of(const ReportWorld& world) {
    const Summary& s = world.summary;
    if (s.strings == 0) {
        return "";
    }
    if (s.fragile == 0) {
        return "No pair turned on a margin below 0.01 nats.";
    }
    return fmt::format(
        "{} of {} turned on a margin below 0.01 nats: another build or processor could have "
        "decided "
        "{} otherwise.",
        whole(s.fragile), counted(static_cast<long>(s.strings), "pair"),
        s.fragile == 1 ? "it" : "them");
}

}  // namespace

Sentences sentences_of(const ReportData& data, const ReportWorld& world) {
    return {.answer = answer_of(data, world),
            .rounding = rounding_of(data, world),
            .certainty = certainty_of(data, world),
            .survival = survival_of(world),
            .histogram = histogram_of(world),
            .edits = edits_of(world),
            .cosines = cosines_of(world),
            .likeness = likeness_of(world),
            .shifts = shifts_of(world),
            .targets = targets_of(world),
            .words = words_of(world),
            .law = law_of(world),
            .bounds = bounds_of(world),
            .fragile = fragile_of(world)};
}

std::string sentence_of(const DoseCurve& curve) {
    if (curve.points.size() < 2) {
        return "";
    }
    const auto [low, high] = std::ranges::minmax(curve.points, {}, &DosePoint::dose);
    const auto factual = std::ranges::find_if(curve.points, &DosePoint::factual);
    const std::string known =
        factual == curve.points.end()
            ? ""
            : fmt::format(" (the factual world: {})", plain(factual->dose, 4));
    return fmt::format(
        "As {} goes from {} to {}{}, the {} common prefix goes from {} to {} tokens and {} from {} "
        "to {}.",
        curve.name, plain(low.dose, 4), plain(high.dose, 4), known,
        curve.exact ? "expected" : "mean", brief(low.expected_lcp.value),
        brief(high.expected_lcp.value),
        curve.exact ? "P(unchanged)" : "the share of unchanged strings", fine(low.unchanged.value),
        fine(high.unchanged.value));
}

}  // namespace otherwise
