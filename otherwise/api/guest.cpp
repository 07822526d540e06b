#include "otherwise/api/guest.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/processors.h"
#include "otherwise/base/text.h"
#include "otherwise/generate/run.h"
#include "otherwise/generate/session.h"

namespace otherwise {
namespace {

[[noreturn]] void refuse(const std::string& expected, const std::string& came,
                         const std::string& advice = {}) {
    misuse({.where = "OpenedGuests", .expected = expected, .came = came, .advice = advice});
}

void check_study(const Study& study) {
    if (study.chat || study.system) {
        refuse("prompts as the model reads them", setting("chat"),
               "render chats by the tokenizer's own template, and give their text or tokens");
    }
    if (study.nudge_strings != FloorStrings::none) {
        refuse(setting("nudge", "none"), "a nudge, which needs a model of llama.cpp");
    }
    if (!study.factual.empty()) {
        refuse("a factual world without items in words", items_text(study.factual));
    }
}

void check_subject(const Subject& subject, const Tokens& prompt, int n_vocab) {
    const auto within = [&](const Tokens& tokens, const char* what) {
        const auto bad = std::ranges::find_if(
            tokens, [&](Token token) { return token < 0 || token >= n_vocab; });
        if (bad != tokens.end()) {
            refuse("tokens below " + std::to_string(n_vocab) + ", the model's vocabulary",
                   std::to_string(*bad) + " in " + what + " of string '" + subject.id + "'",
                   "take the tokenizer of this model");
        }
    };
    within(prompt, "the prompt");
    if (prompt.empty()) {
        refuse("a prompt of at least one token", "an empty one of string '" + subject.id + "'");
    }
    if (subject.observed) {
        within(*subject.observed, "the text");
        if (subject.observed->empty()) {
            refuse("an observed text of at least one token",
                   "an empty one of string '" + subject.id + "'");
        }
    }
}

/// So that no world waits for streams that another has not.
int common_streams(const GuestStudy& guest) {
    int streams = guest.factual.evaluator->shape().n_streams;
    for (const auto& world : guest.worlds) {
        if (world.evaluator != nullptr) {
            streams = std::min(streams, world.evaluator->shape().n_streams);
        }
    }
    return streams;
}

}  // namespace

OpenedGuests::OpenedGuests(GuestStudy guest, Work work)
    : guest_(std::move(guest)),
      work_(std::move(work)),
      scene_(std::make_unique<Scene>(
          Scene{.subjects = guest_.subjects, .factual = {}, .worlds = {}, .options = {}})) {
    check();
    make_scene();
}

OpenedGuests::~OpenedGuests() = default;

void OpenedGuests::check() const {
    check_study(guest_.study);
    if (guest_.factual.evaluator == nullptr) {
        refuse("a factual world with an evaluator", "none");
    }
    const int n_vocab = guest_.factual.evaluator->shape().n_vocab;
    const auto size = static_cast<std::size_t>(n_vocab);
    const GuestVocabulary& words = guest_.vocabulary;
    if (words.pieces.size() != size || words.names.size() != size || words.ends.size() != size) {
        refuse("a vocabulary of " + std::to_string(n_vocab) + " tokens, as the model has logits",
               std::to_string(words.pieces.size()));
    }
    for (const auto& world : guest_.worlds) {
        const int other = world.evaluator == nullptr ? n_vocab : world.evaluator->shape().n_vocab;
        if (other != n_vocab) {
            refuse("world '" + world.name + "' with the factual vocabulary of " +
                       std::to_string(n_vocab) + " tokens",
                   std::to_string(other), "compare models of one vocabulary");
        }
    }
    if (guest_.worlds.empty()) {
        refuse("a world to compare with", "none");
    }
    if (guest_.subjects.empty() || guest_.subjects.size() != guest_.prompts.size()) {
        refuse("strings to run on, a prompt each", std::to_string(guest_.subjects.size()) +
                                                       " and " +
                                                       std::to_string(guest_.prompts.size()));
    }
    for (std::size_t i = 0; i < guest_.subjects.size(); ++i) {
        check_subject(guest_.subjects[i], guest_.prompts[i], n_vocab);
    }
}

void OpenedGuests::make_scene() {
    const Study& study = guest_.study;
    std::vector<std::shared_ptr<const Tokens>> prompts;
    for (const auto& prompt : guest_.prompts) {
        prompts.push_back(std::make_shared<const Tokens>(prompt));
    }
    const auto rules = [&](const std::string& name, const Mechanism& mechanism) {
        return Rules{.world = name,
                     .mechanism = mechanism,
                     .forced = {},
                     .forbidden = {},
                     .ends = guest_.vocabulary.ends};
    };
    Evaluator* own = guest_.factual.evaluator;
    scene_->factual = {.name = "factual",
                       .evaluator = own,
                       .rules = rules("factual", study.mechanism),
                       .prompts = prompts};
    const SharingTerms terms{.can_trim = own->shape().can_trim,
                             .writes = true,
                             .several = study.samples > 1,
                             .factual = study.mechanism};
    for (const auto& world : guest_.worlds) {
        const bool null = world.role == WorldRole::null;
        const bool some = null && study.null_strings == FloorStrings::some;
        if (world.evaluator == nullptr && !goes_along(world.mechanism, terms)) {
            refuse("an evaluator of its own for world '" + world.name + "'", "none");
        }
        scene_->worlds.push_back(
            {.name = world.name,
             .evaluator = world.evaluator == nullptr ? own : world.evaluator,
             .rules = rules(world.name, world.mechanism),
             .prompts = prompts,
             .role = world.role,
             .strings = some ? null_selection(guest_.subjects.size()) : std::vector<bool>(),
             .expect_same = null,
             .shares = world.evaluator == nullptr});
    }
    const std::size_t memory = work_.memory > 0 ? work_.memory : free_memory() / 2;
    scene_->options = {
        .seed = study.seed,
        .samples = study.samples,
        .tokens = study.tokens,
        .parallel = std::max(1, common_streams(guest_) - (own->shape().min_rows - 1)),
        .threads = thread_count(work_.threads),
        .memory = memory,
        .stop_at_divergence = study.stop_at_divergence,
        .independent = study.independent,
        .skip_impossible = study.skip_impossible,
        .token_text = [this](Token token) { return to_utf8(text(std::span(&token, 1), true)); }};
}

std::vector<std::string> OpenedGuests::names() const {
    std::vector<std::string> names;
    for (const auto& world : guest_.worlds) {
        names.push_back(world.name);
    }
    return names;
}

std::vector<WorldLabel> OpenedGuests::labels() const {
    std::vector<WorldLabel> labels;
    for (const auto& world : guest_.worlds) {
        labels.push_back({.name = world.name, .role = world.role});
    }
    return labels;
}

std::string OpenedGuests::text(std::span<const Token> tokens, bool special) const {
    const auto& pieces = special ? guest_.vocabulary.names : guest_.vocabulary.pieces;
    std::string text;
    for (const Token token : tokens) {
        text += pieces.at(static_cast<std::size_t>(token));
    }
    return text;
}

PairTexts OpenedGuests::texts(const Pair& pair) const {
    const auto i = static_cast<std::size_t>(pair.string);
    return {.factual = text(pair.factual->tokens),
            .counterfactual = text(pair.counterfactual.tokens),
            .prompt = guest_.subjects[i].prompt,
            .prompt_tokens = static_cast<int>(guest_.prompts[i].size())};
}

PairContext OpenedGuests::context(const Pair& pair) const {
    const Subject& subject = guest_.subjects[static_cast<std::size_t>(pair.string)];
    PairContext context;
    context.id = subject.id;
    context.world = guest_.worlds[static_cast<std::size_t>(pair.world)].name;
    context.prompt = subject.prompt;
    if (subject.from_tokens) {
        context.prompt_tokens = subject.prompt_tokens;
    }
    context.text = [this](std::span<const Token> tokens) { return text(tokens); };
    context.ends = [this](Token token) {
        return static_cast<bool>(guest_.vocabulary.ends[static_cast<std::size_t>(token)]);
    };
    context.prompt_text = [this](std::span<const Token> tokens) { return text(tokens, true); };
    return context;
}

}  // namespace otherwise
