#include "otherwise/page/report_json.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>

#include "otherwise/base/text.h"
#include "otherwise/page/sentences.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kThousand = 1000.0;

/// With six digits; null where it is not finite.
Json number(double value) {
    if (!std::isfinite(value)) {
        return nullptr;
    }
    if (value == std::trunc(value) && std::abs(value) < 1e15) {
        return static_cast<std::int64_t>(value);
    }
    char digits[32];
    (void)std::snprintf(digits, sizeof digits, "%.6g", value);
    return std::strtod(digits, nullptr);
}

Json texts(const std::vector<std::string>& list) {
    auto array = Json::array();
    for (const auto& text : list) {
        array.push_back(to_utf8(text));
    }
    return array;
}

Json measured(const Measured& m) {
    return {{"value", number(m.value)},
            {"low", number(m.interval.low)},
            {"high", number(m.interval.high)},
            {"n", m.n},
            {"strings", m.clusters}};
}

const char* unit_name(Unit unit) {
    switch (unit) {
        case Unit::share:
            return "share";
        case Unit::tokens:
            return "tokens";
        case Unit::characters:
            return "characters";
        case Unit::number:
            break;
    }
    return "number";
}

Json measures_json(const PairSummary& pairs) {
    auto list = Json::array();
    for (const auto& m : pairs.measures) {
        Json entry{{"key", m.key}, {"title", m.title}, {"unit", unit_name(m.unit)}};
        entry["mean"] = measured(m.mean);
        if (m.median) {
            entry["median"] = measured(*m.median);
        }
        list.push_back(std::move(entry));
    }
    return list;
}

Json shifts_json(const PairSummary& pairs) {
    auto list = Json::array();
    for (const auto& s : pairs.shifts) {
        Json entry{{"key", s.key}, {"title", to_utf8(s.title)}, {"unit", unit_name(s.unit)}};
        entry["factual"] = measured(s.factual);
        entry["counterfactual"] = measured(s.counterfactual);
        entry["difference"] = measured(s.difference);
        entry["independent"] = number(s.independent_samples());
        if (s.flips) {
            entry["flips"] = {
                {"gained", s.flips->gained}, {"lost", s.flips->lost}, {"p", number(s.flips->p)}};
        }
        list.push_back(std::move(entry));
    }
    return list;
}

Json words_json(const WordSummary& words) {
    const auto list = [](const std::vector<WordShift>& shifts) {
        auto array = Json::array();
        for (const auto& w : shifts) {
            array.push_back({{"word", to_utf8(w.word)},
                             {"factual", w.factual},
                             {"counterfactual", w.counterfactual},
                             {"z", number(w.z)}});
        }
        return array;
    };
    return {{"tested", words.tested},
            {"threshold", number(words.threshold)},
            {"gained", list(words.gained)},
            {"lost", list(words.lost)}};
}

Json bounds_json(const Bounds& bounds) { return {number(bounds.low), number(bounds.high)}; }

Json law_json(const LawSummary& law) {
    return {{"strings", law.strings},
            {"positions", law.positions},
            {"lost", law.lost},
            {"length", number(law.length)},
            {"unchanged", measured(law.unchanged)},
            {"expected_lcp", measured(law.expected_lcp)},
            {"agreement", number(law.agreement)},
            {"same_draw", number(law.same_draw)},
            {"kl",
             {{"mean", number(law.kl.mean)},
              {"median", number(law.kl.median)},
              {"p90", number(law.kl.p90)},
              {"p99", number(law.kl.p99)},
              {"maximum", number(law.kl.maximum)}}},
            {"same_top", number(law.same_top)},
            {"rms_dp", number(law.rms_dp)},
            {"perplexity", number(law.perplexity)},
            {"other_perplexity", number(law.other_perplexity)},
            {"bounds", bounds_json(law.bounds)},
            {"token_bounds", bounds_json(law.token_bounds)}};
}

/// A sentence whose numbers keep their per cent sign on their line.
std::string sentence_json(const std::string& sentence) {
    constexpr std::string_view kBreak = " %";
    std::string text = to_utf8(sentence);
    for (auto at = text.find(kBreak); at != std::string::npos; at = text.find(kBreak, at)) {
        text.replace(at, kBreak.size(), "\u00A0%");
    }
    return text;
}

Json sentences_json(const Sentences& s) {
    Json json{{"answer", s.answer},     {"rounding", s.rounding},   {"certainty", s.certainty},
              {"survival", s.survival}, {"histogram", s.histogram}, {"edits", s.edits},
              {"cosines", s.cosines},   {"likeness", s.likeness},   {"shifts", s.shifts},
              {"targets", s.targets},   {"words", s.words},         {"law", s.law},
              {"bounds", s.bounds},     {"fragile", s.fragile}};
    for (auto& sentence : json) {
        sentence = sentence_json(sentence.get<std::string>());
    }
    return json;
}

Json summary_json(const Summary& s) {
    return {{"pairs", s.strings},
            {"unchanged", s.unchanged},
            {"unchanged_share", number(s.unchanged_share)},
            {"lcp_mean", number(s.lcp_mean)},
            {"lcp_median", number(s.lcp_median)},
            {"lcp_mean_share", number(s.lcp_mean_share)},
            {"changed_tokens", s.changed_tokens},
            {"changed_share", number(s.changed_share)},
            {"fragile", s.fragile}};
}

Json histogram_json(const Histogram& histogram) {
    return {{"low", number(histogram.low)},
            {"width", number(histogram.width)},
            {"counts", histogram.counts},
            {"apart", histogram.apart}};
}

Json fragile_json(const std::vector<FragilePair>& list) {
    auto array = Json::array();
    for (const auto& f : list) {
        array.push_back({{"id", to_utf8(f.id)},
                         {"sample", f.sample},
                         {"lcp", f.lcp},
                         {"same", f.unchanged},
                         {"piece", to_utf8(f.piece)},
                         {"margin", number(f.margin)}});
    }
    return array;
}

Json exact_json(const LawSummary& law) {
    auto array = Json::array();
    for (std::size_t t = 0; t < law.survival.size(); ++t) {
        array.push_back({t + 1, number(law.survival[t].value), law.survival[t].n});
    }
    return array;
}

Json sampled_json(const std::vector<CurvePoint>& points) {
    auto array = Json::array();
    for (const auto& point : points) {
        const Measured& share = point.share;
        array.push_back({point.tokens, number(share.value), number(share.interval.low),
                         number(share.interval.high), share.n});
    }
    return array;
}

Json world_json(const ReportData& data, const ReportWorld& world) {
    Json json{{"name", to_utf8(world.name)},
              {"changes", texts(world.changes)},
              {"null", world.role == WorldRole::null},
              {"nudge", world.role == WorldRole::nudge},
              {"sentences", sentences_json(sentences_of(data, world))},
              {"summary", summary_json(world.summary)},
              {"pairs", world.pairs.pairs},
              {"strings", world.pairs.strings},
              {"empty", world.pairs.empty}};
    json["measures"] = measures_json(world.pairs);
    json["shifts"] = shifts_json(world.pairs);
    json["words"] = words_json(world.pairs.words);
    json["law"] = world.law ? law_json(*world.law) : Json(nullptr);
    json["exact"] = world.law ? exact_json(*world.law) : Json::array();
    json["sampled"] = sampled_json(world.sampled);
    json["histogram"] = {{"width", world.histogram.width},
                         {"counts", world.histogram.counts},
                         {"unchanged", world.histogram.unchanged}};
    json["edits"] = histogram_json(world.edits);
    json["cosines"] = histogram_json(world.cosines);
    json["fragile"] = fragile_json(world.fragile);
    return json;
}

Json doses_json(const std::vector<DoseCurve>& curves) {
    auto array = Json::array();
    for (const auto& curve : curves) {
        auto points = Json::array();
        for (const auto& point : curve.points) {
            points.push_back({{"dose", number(point.dose)},
                              {"unchanged", measured(point.unchanged)},
                              {"expected_lcp", measured(point.expected_lcp)},
                              {"kl", number(point.kl)},
                              {"factual", point.factual}});
        }
        array.push_back({{"name", to_utf8(curve.name)},
                         {"exact", curve.exact},
                         {"sentence", sentence_json(sentence_of(curve))},
                         {"points", std::move(points)}});
    }
    return array;
}

/// Each text once, named by its index.
class Pieces {
public:
    std::size_t index(const std::string& piece) {
        const auto [place, fresh] = places_.try_emplace(piece, list_.size());
        if (fresh) {
            list_.push_back(to_utf8(piece));
        }
        return place->second;
    }
    Json indices(const std::vector<std::string>& pieces) {
        auto array = Json::array();
        for (const auto& piece : pieces) {
            array.push_back(index(piece));
        }
        return array;
    }
    [[nodiscard]] const Json& list() const { return list_; }

private:
    Json list_ = Json::array();
    std::unordered_map<std::string, std::size_t> places_;
};

std::int64_t thousandths(double probability) { return std::llround(kThousand * probability); }

Json string_json(const ReportString& string, Pieces& pieces) {
    return {{"id", to_utf8(string.id)},
            {"sample", string.sample},
            {"prompt", to_utf8(string.prompt)},
            {"observed", string.observed},
            {"pieces", pieces.indices(string.pieces)},
            {"ended", string.ended}};
}

Json pair_json(const ReportPair& pair, Pieces& pieces) {
    Json json{{"s", pair.string},
              {"w", pair.world},
              {"lcp", pair.lcp},
              {"same", pair.unchanged},
              {"margin", number(pair.margin)},
              {"tail", pieces.indices(pair.tail)},
              {"ended", pair.ended}};
    if (!pair.hits.empty()) {
        json["hits"] = pair.hits;
    }
    if (pair.stay.empty()) {
        return json;
    }
    auto stay = Json::array();
    for (const double s : pair.stay) {
        stay.push_back(std::isnan(s) ? Json(nullptr) : Json(thousandths(s)));
    }
    json["stay"] = std::move(stay);
    auto become = Json::object();
    for (std::size_t t = 0; t < pair.become.size(); ++t) {
        if (pair.become[t].empty()) {
            continue;
        }
        auto list = Json::array();
        for (const auto& b : pair.become[t]) {
            list.push_back(pieces.index(b.piece));
            list.push_back(thousandths(b.probability));
        }
        become[std::to_string(t)] = std::move(list);
    }
    json["become"] = std::move(become);
    return json;
}

}  // namespace

std::string safe_in_script(std::string_view json) {
    std::string safe;
    safe.reserve(json.size() + json.size() / 32);
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        const std::string_view three = json.substr(i, 3);
        if (c == '<') {
            safe += "\\u003c";
        } else if (c == '>') {
            safe += "\\u003e";
        } else if (c == '&') {
            safe += "\\u0026";
        } else if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9") {
            safe += three.back() == '\xA8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            safe += c;
        }
    }
    return safe;
}

std::string report_json(const ReportData& data) {
    Json head{{"title", to_utf8(data.head.title)}, {"model", to_utf8(data.head.model)}};
    head["facts"] = Json::array();
    for (const auto& fact : data.head.facts) {
        head["facts"].push_back({to_utf8(fact.label), to_utf8(fact.value)});
    }
    head["warnings"] = texts(data.head.warnings);
    Json json{{"head", std::move(head)}, {"targets", texts(data.targets)}};
    json["worlds"] = Json::array();
    for (const auto& world : data.worlds) {
        json["worlds"].push_back(world_json(data, world));
    }
    json["doses"] = doses_json(data.doses);
    json["all_strings"] = data.all_strings;
    Pieces pieces;
    auto strings = Json::array();
    for (const auto& string : data.strings) {
        strings.push_back(string_json(string, pieces));
    }
    auto pairs = Json::array();
    for (const auto& pair : data.pairs) {
        pairs.push_back(pair_json(pair, pieces));
    }
    json["pieces"] = pieces.list();
    json["strings"] = std::move(strings);
    json["pairs"] = std::move(pairs);
    return safe_in_script(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace otherwise
