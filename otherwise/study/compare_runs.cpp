#include "otherwise/study/compare_runs.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "otherwise/base/error.h"
#include "otherwise/measure/cluster_rates.h"
#include "otherwise/measure/pattern.h"
#include "otherwise/study/same_study.h"
#include "otherwise/study/stored_run.h"

namespace otherwise {
namespace {

constexpr std::size_t kExamples = 10;

/// What is kept of a pair.
struct Side {
    Tokens tokens;
    double unchanged = 0.0;
    double lcp = 0.0;
    std::vector<double> hits;  ///< of each target: 1 where it matches
    std::optional<double> law_unchanged{};
    std::optional<double> expected_lcp{};
};

using DrawKey = std::pair<std::string, int>;  // id, sample

struct Results {
    std::map<DrawKey, Tokens> factual;
    std::map<std::string, std::map<DrawKey, Side>> worlds;
};

Results read_results(const StoredRun& run, const std::vector<Pattern>& patterns) {
    Results results;
    const auto& head = run.head();
    const auto id = [&](int string) {
        return head.strings[static_cast<std::size_t>(string)].subject.id;
    };
    run.each_pair([&](const Pair& pair) {
        if (pair.independent) {
            return;
        }
        const DrawKey key{id(pair.string), pair.sample};
        results.factual.emplace(key, pair.factual->tokens);
        Side side{.tokens = pair.counterfactual.tokens,
                  .unchanged = pair.unchanged() ? 1.0 : 0.0,
                  .lcp = static_cast<double>(pair.lcp),
                  .hits = {}};
        const std::string text = run.text(pair.counterfactual);
        for (const auto& pattern : patterns) {
            side.hits.push_back(pattern.matches(text) ? 1.0 : 0.0);
        }
        results.worlds[head.worlds[static_cast<std::size_t>(pair.world)].name].emplace(
            key, std::move(side));
    });
    run.each_law([&](const StringLaw& law) {
        auto& world = results.worlds[head.worlds[static_cast<std::size_t>(law.world)].name];
        const auto found = world.find({id(law.string), law.sample});
        if (found != world.end()) {
            found->second.law_unchanged = law.prefix.unchanged;
            found->second.expected_lcp = law.prefix.expected_lcp;
        }
    });
    return results;
}

/// Each once: a run's settings hold its seed by itself and, as a study writes it (in quotes beyond
/// TOML's numbers), where it is not the usual one.
std::vector<std::string> lines_of(const RunHead& head) {
    std::vector<std::string> lines;
    std::set<std::string> seen;
    for (const auto* text : {&head.settings, &head.machine}) {
        for (auto& line : setting_lines(*text)) {
            std::string plain = line;
            std::erase(plain, '"');
            if (seen.insert(std::move(plain)).second) {
                lines.push_back(std::move(line));
            }
        }
    }
    return lines;
}

/// Lines of one text that the other lacks, those with the same key side by side.
std::vector<std::pair<std::string, std::string>> differing_lines(const RunHead& a,
                                                                 const RunHead& b) {
    const auto left = lines_of(a);
    const auto right = lines_of(b);
    const auto key = [](const std::string& line) { return line.substr(0, line.find(" = ")); };
    const auto missing = [](const auto& lines, const std::string& line) {
        return std::ranges::find(lines, line) == lines.end();
    };
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& line : left) {
        if (missing(right, line)) {
            pairs.emplace_back(line, "");
        }
    }
    for (const auto& line : right) {
        if (!missing(left, line)) {
            continue;
        }
        const auto same = std::ranges::find_if(pairs, [&](const auto& pair) {
            return pair.second.empty() && key(pair.first) == key(line);
        });
        if (same != pairs.end()) {
            same->second = line;
        } else {
            pairs.emplace_back("", line);
        }
    }
    return pairs;
}

/// How a measure's values are printed and averaged.
enum class Scale {
    rate,             ///< 0 or 1 each: none of them is no proof of a rate of 0
    rate_difference,  ///< of two such
    probability,      ///< between 0 and 1, known exactly: where none differs, none does
    tokens
};

/// Gathers one measure of the pairs in both runs.
class Gathered {
public:
    Gathered(std::string key, std::string title, Scale scale)
        : key_(std::move(key)), title_(std::move(title)), scale_(scale) {}

    void add(double a, double b, int cluster) {
        a_.push_back(a);
        b_.push_back(b);
        difference_.push_back(b - a);
        clusters_.push_back(cluster);
    }
    [[nodiscard]] bool empty() const { return a_.empty(); }
    [[nodiscard]] MeasureChange change() const {
        const auto mean = [&](const std::vector<double>& values) {
            if (scale_ == Scale::tokens) {
                return cluster_mean(values, clusters_);
            }
            return scale_ == Scale::rate_difference ? cluster_rate_difference(values, clusters_)
                                                    : cluster_rate(values, clusters_);
        };
        const bool none = std::ranges::count(difference_, 0.0) == std::ssize(difference_);
        const bool is_mean = scale_ == Scale::tokens || (scale_ == Scale::probability && none);
        const double most = scale_ == Scale::rate_difference ? 2.0 : 1.0;
        return {.key = key_,
                .title = title_,
                .share = scale_ != Scale::tokens,
                .a = mean(a_),
                .b = mean(b_),
                .difference = is_mean ? cluster_mean(difference_, clusters_)
                                      : cluster_rate_difference(difference_, clusters_, most)};
    }

private:
    std::string key_;
    std::string title_;
    Scale scale_;
    std::vector<double> a_;
    std::vector<double> b_;
    std::vector<double> difference_;
    std::vector<int> clusters_;
};

using Sides = std::map<DrawKey, Side>;

/// The pairs of a world, and those of its nudge, which may be none.
struct PairsOf {
    const Sides& pairs;
    const Sides* nudge = nullptr;

    /// 1, 0 or −1: whether the string changed, less whether it did in the nudge.
    [[nodiscard]] std::optional<double> over_nudge(const DrawKey& key, const Side& side) const {
        if (nudge == nullptr || !nudge->contains(key)) {
            return std::nullopt;
        }
        return nudge->at(key).unchanged - side.unchanged;
    }
};

PairsOf pairs_of(const RunHead& head, const Results& results, const std::string& name) {
    const auto stored = std::ranges::find(head.worlds, name, &StoredWorld::name);
    const auto nudge = results.worlds.find(stored->nudge);
    return {.pairs = results.worlds.at(name),
            .nudge = nudge == results.worlds.end() ? nullptr : &nudge->second};
}

WorldChange compare_world(const std::string& name, const PairsOf& a, const PairsOf& b,
                          const std::vector<std::string>& targets) {
    WorldChange change{.world = name};
    std::vector<Gathered> gathered{{"unchanged", "unchanged", Scale::rate},
                                   {"lcp", "LCP, tokens", Scale::tokens},
                                   {"law_unchanged", "P(unchanged), exact", Scale::probability},
                                   {"expected_lcp", "expected LCP, exact", Scale::tokens}};
    for (const auto& target : targets) {
        gathered.emplace_back("target:" + target, "hits of " + target, Scale::rate);
    }
    Gathered over("over_nudge", "changed over nudge", Scale::rate_difference);
    std::map<std::string, int> clusters;
    for (const auto& [key, left] : a.pairs) {
        const auto found = b.pairs.find(key);
        if (found == b.pairs.end()) {
            continue;
        }
        const Side& right = found->second;
        const int cluster =
            clusters.emplace(key.first, static_cast<int>(clusters.size())).first->second;
        ++change.pairs;
        if (left.tokens != right.tokens) {
            ++change.flipped;
            if (change.examples.size() < kExamples &&
                (change.examples.empty() || change.examples.back() != key.first)) {
                change.examples.push_back(key.first);
            }
        }
        gathered[0].add(left.unchanged, right.unchanged, cluster);
        const auto over_a = a.over_nudge(key, left);
        const auto over_b = b.over_nudge(key, right);
        if (over_a && over_b) {
            over.add(*over_a, *over_b, cluster);
        }
        gathered[1].add(left.lcp, right.lcp, cluster);
        if (left.expected_lcp && right.expected_lcp) {
            gathered[2].add(*left.law_unchanged, *right.law_unchanged, cluster);
            gathered[3].add(*left.expected_lcp, *right.expected_lcp, cluster);
        }
        for (std::size_t i = 0; i < targets.size(); ++i) {
            gathered[i + 4].add(left.hits[i], right.hits[i], cluster);
        }
    }
    gathered.insert(gathered.begin() + 1, std::move(over));
    for (const auto& each : gathered) {
        if (!each.empty()) {
            change.measures.push_back(each.change());
        }
    }
    return change;
}

std::vector<std::string> all_targets(const RunHead& a, const RunHead& b) {
    std::vector<std::string> all;
    for (const auto* list : {&a.targets, &a.off_targets, &b.targets, &b.off_targets}) {
        for (const auto& target : *list) {
            if (std::ranges::find(all, target) == all.end()) {
                all.push_back(target);
            }
        }
    }
    return all;
}

void compare_factual(const Results& a, const Results& b, RunChange& change) {
    for (const auto& [key, tokens] : a.factual) {
        const auto found = b.factual.find(key);
        if (found == b.factual.end()) {
            ++change.strings_only_a;
        } else {
            ++change.strings;
            change.factual_flipped += found->second == tokens ? 0 : 1;
        }
    }
    change.strings_only_b = std::ssize(b.factual) - change.strings;
}

}  // namespace

RunChange compare_runs(const StoredRun& a, const StoredRun& b) {
    a.require_results();
    b.require_results();
    const auto targets = all_targets(a.head(), b.head());
    std::vector<Pattern> patterns;
    for (const auto& target : targets) {
        patterns.emplace_back(setting("target"), target);
    }
    const Results left = read_results(a, patterns);
    const Results right = read_results(b, patterns);
    RunChange change{.settings = differing_lines(a.head(), b.head())};
    compare_factual(left, right, change);
    if (change.strings == 0) {
        fail({.where = "compare_runs",
              .expected = "runs with strings in common (the same ids)",
              .came = "'" + a.path().string() + "' and '" + b.path().string() + "' with none"});
    }
    for (const auto& world : a.head().worlds) {
        const auto in_b = right.worlds.find(world.name);
        const auto in_a = left.worlds.find(world.name);
        if (in_b == right.worlds.end()) {
            change.only_a.push_back(world.name);
        } else if (in_a != left.worlds.end()) {
            change.worlds.push_back(compare_world(world.name, pairs_of(a.head(), left, world.name),
                                                  pairs_of(b.head(), right, world.name), targets));
        }
    }
    for (const auto& world : b.head().worlds) {
        if (!left.worlds.contains(world.name)) {
            change.only_b.push_back(world.name);
        }
    }
    return change;
}

}  // namespace otherwise
