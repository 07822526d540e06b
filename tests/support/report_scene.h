// Runs that were never run, for tests of the report: strings of common words, worlds that keep a
// token with a known probability, and the null world. Pure functions of their options.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "otherwise/coupling/prefix.h"
#include "otherwise/page/report_builder.h"

namespace otherwise::test {

struct ReportSceneOptions {
    int strings = 40;
    int tokens = 25;
    int shown = 5000;
    bool hostile = false;  ///< every text tries to leave its place in the page
    bool doses = false;    ///< a curve, and cosines
    bool forced = false;   ///< the world "strong" changes the fourth token by force; two samples,
                           ///< strings whose names are numbers
};

/// Texts that must show as themselves.
inline const std::vector<std::string>& hostile_texts() {
    static const std::vector<std::string> texts = {
        "</script><script>window.broken = 1</script>",
        "<img src=x onerror=\"window.broken = 2\">",
        "<!-- <script>",
        "&lt;b&gt; & \"quotes\" 'and' \\ `${1}` {{data}}",
        "line\xE2\x80\xA8separator, \xFF no UTF-8, \xF0\x9F\xA6\x8A fox",
    };
    return texts;
}

class ReportScene {
public:
    explicit ReportScene(ReportSceneOptions options) : options_(options) {
        pieces_ = {"", " the", " a", " sky", " blue", " is", " of", " light", " and", " koala",
                   " bear", " in", " water", " wind", " old", " house", " tree", " runs",
                   " quietly", ".\n",
                   // one fox in two tokens
                   " \xF0\x9F", "\xA6\x8A"};
        for (int i = 0; i < 400; ++i) {
            pieces_.push_back(" word" + std::to_string(i));
        }
        if (options_.hostile) {
            pieces_.insert(pieces_.end(), hostile_texts().begin(), hostile_texts().end());
        }
    }

    [[nodiscard]] ReportOptions report_options() const {
        ReportOptions options;
        options.strings = options_.shown;
        options.targets.push_back({.kind = "target", .pattern = Pattern("--target", "(?i)koala")});
        options.targets.push_back(
            {.kind = "off-target", .pattern = Pattern("--off-target", "bear")});
        return options;
    }

    [[nodiscard]] ReportBuilder builder() const {
        const std::string bad = options_.hostile ? hostile_texts()[0] : "";
        return ReportBuilder(
            {.title = "A scene" + bad,
             .model = "Tiny" + bad,
             .facts = {{.label = "seed", .value = "0"}, {.label = "strings" + bad, .value = bad}},
             .warnings = options_.hostile ? hostile_texts() : std::vector<std::string>{}},
            {{.name = "mild" + bad, .changes = {"temp:1.1" + bad}},
             {.name = "strong", .changes = {"steer:v.gguf:2", "temp:0.5"}},
             {.name = "null", .changes = {}, .role = WorldRole::null}},
            report_options(), [this](Token token) { return piece(token); });
    }

    [[nodiscard]] std::string piece(Token token) const {
        return pieces_[static_cast<std::size_t>(token)];
    }

    /// All pairs and laws, in order.
    void fill(ReportBuilder& builder) const {
        for (int string = 0; string < options_.strings; ++string) {
            std::mt19937 random(static_cast<unsigned>(string));
            auto factual = std::make_shared<Written>(write(random, options_.tokens));
            factual->ended = string % 3 == 0;
            for (int world = 0; world < 3; ++world) {
                add(builder, string, world, factual, random);
            }
        }
    }

    [[nodiscard]] ReportData data() const {
        ReportBuilder made = builder();
        fill(made);
        ReportData data = made.finish();
        if (options_.doses) {
            data.doses.push_back(dose());
        }
        return data;
    }

    /// A pair under the scene's names.
    [[nodiscard]] Pair pair(int string, int world, const std::shared_ptr<const Written>& factual,
                            int lcp, Written counterfactual) const {
        return {.string = string,
                .sample = options_.forced ? string % 2 : 0,
                .world = world,
                .role = world == 2 ? WorldRole::null : WorldRole::change,
                .factual = factual,
                .counterfactual = std::move(counterfactual),
                .lcp = lcp,
                .margin = string % 10 == 0 ? 0.001 * (string + 1) : 0.5};
    }

    [[nodiscard]] std::string text(const Written& written) const {
        std::string text;
        for (const Token token : written.tokens) {
            text += piece(token);
        }
        return text;
    }

private:
    [[nodiscard]] Written write(std::mt19937& random, int tokens) const {
        Written written;
        while (static_cast<int>(written.tokens.size()) < tokens) {
            const auto token = static_cast<Token>(1 + random() % (pieces_.size() - 1));
            if (token == 20) {  // the fox needs both
                written.tokens.push_back(token);
            }
            written.tokens.push_back(token == 20 ? 21 : token);
        }
        written.tokens.resize(static_cast<std::size_t>(tokens));
        return written;
    }

    void add(ReportBuilder& builder, int string, int world,
             const std::shared_ptr<const Written>& factual, std::mt19937& random) const {
        const double rates[] = {0.97, 0.75, 1.0};
        StringLaw law{.string = string,
                      .sample = options_.forced ? string % 2 : 0,
                      .world = world,
                      .role = world == 2 ? WorldRole::null : WorldRole::change,
                      .written = factual};
        std::vector<Becoming> become;
        const int n = static_cast<int>(factual->tokens.size());
        int lcp = n;
        for (int t = 0; t < n; ++t) {
            const double stay =
                world == 2
                    ? 1.0
                    : std::min(1.0, rates[world] + 0.03 * static_cast<double>(random() % 8) - 0.1);
            const bool forced = options_.forced && world == 1 && t >= 3;
            law.stay.push_back(forced ? 0.0 : stay);
            if (forced) {
                ++law.lost;
                lcp = std::min(lcp, t);
                continue;
            }
            law.scored.push_back(t);
            law.at.push_back({.stay = stay,
                              .kl = 1.0 - stay,
                              .same_draw = 0.3,
                              .log_p = -1.0,
                              .log_q = -1.0 - (1.0 - stay),
                              .top_p = 1,
                              .top_q = stay > 0.7 ? 1 : 2});
            Becoming at{.position = t, .alternatives = {}};
            for (int k = 0; k < 8; ++k) {
                at.alternatives.push_back(
                    {.piece = piece(static_cast<Token>(1 + random() % (pieces_.size() - 1))),
                     .probability = (1.0 - stay) * std::pow(0.5, k + 1)});
            }
            become.push_back(std::move(at));
            const bool kept = random() % 1000 < static_cast<unsigned>(1000 * stay);
            lcp = lcp == n && !kept ? t : lcp;
        }
        law.prefix = prefix_law(law.stay);
        law.bounds = {.low = 0.0, .high = std::min(1.0, 3 * law.prefix.unchanged)};
        law.token_bounds = {.low = 0.0, .high = std::min(1.0, 2 * law.prefix.unchanged)};
        Written other = *factual;
        if (lcp < n) {
            const Written tail = write(random, n - lcp);
            std::copy(tail.tokens.begin(), tail.tokens.end(), other.tokens.begin() + lcp);
            auto& first = other.tokens[static_cast<std::size_t>(lcp)];
            first =
                first == factual->tokens[static_cast<std::size_t>(lcp)] ? 1 + first % 10 : first;
        }
        const Pair pair = this->pair(string, world, factual, lcp, std::move(other));
        const std::vector<std::string>& texts = hostile_texts();
        const std::string bad =
            options_.hostile ? texts[static_cast<std::size_t>(string) % texts.size()] : "";
        const std::string id =
            (options_.forced ? std::to_string(string / 2) : "string-" + std::to_string(string)) +
            bad;
        const std::string prompt = "Tell me about number " + std::to_string(string) + bad;
        builder.add({.pair = pair,
                     .id = id,
                     .prompt = prompt,
                     .prompt_tokens = 6,
                     .factual_text = text(*factual),
                     .counterfactual_text = text(pair.counterfactual),
                     .cosine = options_.doses ? std::optional(1.0 - 0.01 * (lcp < n ? n - lcp : 0))
                                              : std::nullopt});
        builder.add(law, std::move(become));
    }

    [[nodiscard]] static DoseCurve dose() {
        DoseCurve curve{.name = "steer.scale", .points = {}};
        for (const double dose : {0.0, 0.5, 1.0, 1.5, 2.0}) {
            const double kept = 25.0 * std::exp(-dose);
            curve.points.push_back(
                {.dose = dose,
                 .unchanged = {.value = std::exp(-3 * dose),
                               .interval = {.low = 0.0, .high = 1.0},
                               .n = 40,
                               .clusters = 40},
                 .expected_lcp = {.value = kept,
                                  .interval = {.low = 0.9 * kept,
                                               .high = std::min(25.0, 1.1 * kept)},
                                  .n = 40,
                                  .clusters = 40},
                 .kl = dose * dose,
                 .factual = dose == 0.0});
        }
        return curve;
    }

    ReportSceneOptions options_;
    std::vector<std::string> pieces_;
};

}  // namespace otherwise::test
