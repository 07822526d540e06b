// needs: llama
//
// A fit to states that were read before is the fit to the texts.
#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "otherwise/fit/methods/learn.h"
#include "otherwise/fit/states/site.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/fit/states/text_tokens.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

constexpr std::size_t kTexts = 40;

/// Texts of these words, of which one is in every text of the set.
TextSet set_of(const std::string& word, unsigned seed) {
    const std::vector<std::string> words{" river", " city", " house", " garden", " winter"};
    std::mt19937 random(seed);
    TextSet set{.path = word, .sha256 = word, .texts = {}};
    for (std::size_t i = 0; i < kTexts; ++i) {
        std::string text = "the";
        for (int n = 0; n < 4; ++n) {
            text += words[random() % words.size()];
        }
        set.texts.push_back(text + " " + word + words[random() % words.size()]);
    }
    return set;
}

class FitGiven : public testing::TestWithParam<FitMethod> {
protected:
    [[nodiscard]] FitRequest request() const {
        return {.method = GetParam(), .heads = 2, .held_out = 0.4};
    }
    /// The last states of each text, as a fit of this request would read them.
    [[nodiscard]] GivenStates states(const FitRequest& request) const {
        const bool heads = request.method == FitMethod::iti;
        const auto site = find_fit_site(*model_, heads ? "heads" : "residual", {});
        GivenStates given{.layers = site.layers,
                          .width = site.width,
                          .n_head = model_->n_head(),
                          .sets = {},
                          .architecture = model_->architecture(),
                          .model_name = model_->name(),
                          .model_sha256 = model_->hash()};
        ReadStatesOptions options{.last_block = !heads};
        for (const int layer : site.layers) {
            options.nodes.push_back(site.node + "-" + std::to_string(layer));
        }
        for (const auto& set : sets_) {
            const auto texts = tokenize_texts(*model_, {}, set);
            const auto width = static_cast<std::size_t>(site.width);
            SetStates own{.name = set.path, .layers = {}};
            own.layers.assign(site.layers.size(), std::vector<float>(texts.size() * width));
            options.on_states = [&](const TextStates& s) {
                const auto last = s.values.last(width);
                std::ranges::copy(
                    last, own.layers[s.node].begin() + static_cast<std::ptrdiff_t>(s.text * width));
            };
            EXPECT_TRUE(read_states(model_, texts, options));
            given.sets.push_back(std::move(own));
        }
        return given;
    }

    test::TemporaryFolder folder_;
    std::shared_ptr<const Model> model_ = Model::load(test::tiny_model(folder_, "llama"));
    std::vector<TextSet> sets_{set_of("king", 1), set_of("queen", 2)};
};

/// A file's notes but for the hashes of the texts, which states do not have.
FileNotes without_texts(const LearnedFile& file) {
    auto notes = notes_of(file);
    std::erase_if(notes, [](const auto& note) {
        return note.first.ends_with("first_sha256") || note.first.ends_with("second_sha256");
    });
    return notes;
}

/// up · down, of which the factors' signs are nobody's choice.
std::vector<float> product(const AffineMap& map) {
    if (map.rank == 0) {
        return {};
    }
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto width = static_cast<Eigen::Index>(map.bias.size());
    const Rows whole = Eigen::Map<const Rows>(map.up.data(), width, map.rank) *
                       Eigen::Map<const Rows>(map.down.data(), map.rank, width);
    return {whole.data(), whole.data() + whole.size()};
}

/// All numbers of a file.
std::vector<float> numbers_of(const LearnedFile& file) {
    std::vector<float> all;
    const auto add = [&](const std::vector<float>& some) {
        all.insert(all.end(), some.begin(), some.end());
    };
    if (const auto* vector = std::get_if<ControlVector>(&file)) {
        for (const auto& [layer, values] : vector->directions) {
            add(values);
        }
    } else if (const auto* affine = std::get_if<AffineFile>(&file)) {
        for (const auto& [layer, map] : affine->maps) {
            add(map.bias);
            add(map.dense);
            add(product(map));
        }
    } else {
        for (const auto& [layer, values] : std::get<HeadsFile>(file).shifts) {
            add(values);
        }
    }
    return all;
}

/// The largest difference over 1 + |b|; the order of sums is another.
double apart(const LearnedFile& a, const LearnedFile& b) {
    const auto left = numbers_of(a);
    const auto right = numbers_of(b);
    EXPECT_FALSE(left.empty());
    EXPECT_EQ(left.size(), right.size());
    double most = 0.0;
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        most = std::max(most, std::abs(static_cast<double>(left[i]) - right[i]) /
                                  (1.0 + std::abs(static_cast<double>(right[i]))));
    }
    return most;
}

TEST_P(FitGiven, IsTheFitToTheTexts) {
    const auto from_texts = Fit(model_, sets_, request()).run({});
    const auto from_states = fit_states(states(request()), request());
    EXPECT_LT(apart(from_states.file, from_texts.file), 1e-5);
    EXPECT_EQ(without_texts(from_states.file), without_texts(from_texts.file));
    ASSERT_EQ(from_states.findings.size(), from_texts.findings.size());
    EXPECT_EQ(from_states.findings.front().text, from_texts.findings.front().text);
    // the control: other states give another file
    auto moved = states(request());
    for (auto& values : moved.sets.front().layers) {
        values.front() += 0.5F;
    }
    EXPECT_GT(apart(fit_states(moved, request()).file, from_texts.file), 1e-4);
}

TEST_P(FitGiven, RefusesStatesThatDoNotFitTogether) {
    const auto sound = states(request());
    auto states = sound;
    states.sets[1].layers.pop_back();
    EXPECT_ERROR((void)fit_states(states, request()), "one width, got others in 'queen'");
    states = sound;
    states.layers[0] = 3;
    EXPECT_ERROR((void)fit_states(states, request()), "layers from 0, ascending");
    states = sound;
    states.sets[0].layers[1][0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_ERROR((void)fit_states(states, request()), "NaN or Inf at");
    states = sound;
    states.sets.pop_back();
    EXPECT_ERROR((void)fit_states(states, request()), "two sets of texts");
    auto beyond = request();
    beyond.layers.range = {.first = 9, .last = 9};
    EXPECT_ERROR((void)fit_states(sound, beyond), "`layers` that are given, got none of 0-3");
}

TEST_P(FitGiven, StopsWhenItIsCancelled) {
    EXPECT_TRUE(
        fit_states(states(request()), request(), {.cancelled = [] { return true; }}).cancelled);
}

INSTANTIATE_TEST_SUITE_P(Methods, FitGiven,
                         testing::Values(FitMethod::direction, FitMethod::mimic, FitMethod::leace,
                                         FitMethod::iti),
                         [](const auto& method) { return std::string(method_name(method.param)); });

}  // namespace
}  // namespace otherwise
