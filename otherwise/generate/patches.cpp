#include "otherwise/generate/patches.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/prepare.h"

namespace otherwise {
namespace {

std::string row_name(const RowRange& range) {
    return range.first == range.last
               ? std::to_string(range.first)
               : std::to_string(range.first) + "-" + std::to_string(range.last);
}

/// The subject with the donor in its prompt's place; in a conversation, in that of its last
/// question.
Subject with_donor(Subject subject, const Patch& patch, const std::string& world) {
    const std::string donor = patch.donor.empty() ? subject.donor : patch.donor;
    if (donor.empty()) {
        misuse({.where = "plan_patches",
                .expected = "a \"donor\" with string '" + subject.id + "', for " +
                            item_kind("patch") + " without a text",
                .came = "none in world '" + world + "'",
                .advice = "give each record a \"donor\", or all of them one, as the text of " +
                          item_kind("patch")});
    }
    subject.from_tokens = false;
    subject.prompt_tokens.clear();
    subject.prompt = donor;
    const auto question = std::find_if(subject.messages.rbegin(), subject.messages.rend(),
                                       [](const ChatMessage& m) { return m.role == "user"; });
    if (question != subject.messages.rend()) {
        question->content = donor;
    }
    return subject;
}

/// The rows of a prompt, or a complaint.
std::vector<int> rows_in(const Patch& patch, int length, const std::string& whose,
                         const Subject& subject, const std::string& world) {
    RowRange outside;
    auto rows = rows_of(patch.rows, length, outside);
    if (!rows) {
        misuse({.where = "plan_patches",
                .expected = "rows within " + whose + " of string '" + subject.id + "', of " +
                            std::to_string(length) + " tokens",
                .came = "rows=" + row_name(outside) + " in world '" + world + "'",
                .advice = "rows count from 0 (where the model has a start token, that one), or "
                          "from the end, -1 the last"});
    }
    return *std::move(rows);
}

void check_equal(const Patch& patch, int prompt, int donor, const Subject& subject,
                 const std::string& world) {
    if (prompt != donor && !from_the_end(patch.rows)) {
        misuse({.where = "plan_patches",
                .expected = "a donor of as many tokens as its prompt, for rows that count from the "
                            "start",
                .came = std::to_string(donor) + " and " + std::to_string(prompt) +
                        " tokens for string '" + subject.id + "' in world '" + world + "'",
                .advice = "count rows from the end, as rows=-1"});
    }
}

/// The donors of a world, each once.
class Donors {
public:
    int add(std::shared_ptr<const Tokens> prompt) {
        const auto [known, is_new] =
            numbers_.try_emplace(*prompt, static_cast<int>(prompts_.size()));
        if (is_new) {
            prompts_.push_back(std::move(prompt));
        }
        return known->second;
    }
    [[nodiscard]] DonorPrompts take() { return std::move(prompts_); }

private:
    std::map<Tokens, int> numbers_;
    DonorPrompts prompts_;
};

/// The donor of each string under a patch, by its number.
std::vector<int> donors_of(const Patch& patch, const OpenedWorld& world,
                           const std::vector<Subject>& subjects, Donors& donors) {
    std::vector<Subject> with;
    with.reserve(subjects.size());
    for (const Subject& subject : subjects) {
        with.push_back(with_donor(subject, patch, world.plan.name));
    }
    std::vector<int> numbers;
    for (auto& prompt : prompts_in(with, *world.model, world.plan.prompt)) {
        numbers.push_back(donors.add(std::move(prompt)));
    }
    return numbers;
}

/// What a patch's planning needs of its world.
struct PatchPlan {
    const std::vector<Subject>& subjects;
    const std::vector<std::shared_ptr<const Tokens>>& prompts;
    const DonorPrompts& donors;
    const std::string& world;

    void plan(OpenedPatch& patch, const std::vector<int>& donor_of) const {
        for (std::size_t s = 0; s < subjects.size(); ++s) {
            check_equal(patch.item, length(prompts[s]), length(donors[index(donor_of[s])]),
                        subjects[s], world);
        }
        patch.states->clear();
        for (std::size_t d = 0; d < donors.size(); ++d) {
            const auto user = std::ranges::find(donor_of, static_cast<int>(d));
            std::vector<int> rows;  // none of a donor of another patch
            if (user != donor_of.end()) {
                const auto& subject = subjects[index(static_cast<int>(user - donor_of.begin()))];
                rows = rows_in(patch.item, length(donors[d]), "the donor", subject, world);
            }
            (void)patch.states->add_donor(std::move(rows));
        }
        for (std::size_t s = 0; s < subjects.size(); ++s) {
            patch.states->add_string(donor_of[s], rows_in(patch.item, length(prompts[s]),
                                                          "the prompt", subjects[s], world));
        }
    }

private:
    static int length(const std::shared_ptr<const Tokens>& tokens) {
        return static_cast<int>(tokens->size());
    }
    static std::size_t index(int i) { return static_cast<std::size_t>(i); }
};

}  // namespace

DonorPrompts plan_patches(OpenedWorld& world, const std::vector<Subject>& subjects,
                          const std::vector<std::shared_ptr<const Tokens>>& prompts) {
    Donors donors;
    std::vector<std::vector<int>> donor_of;  // [patch][string]
    for (const auto& patch : world.patches) {
        donor_of.push_back(donors_of(patch.item, world, subjects, donors));
    }
    DonorPrompts all = donors.take();
    const PatchPlan plan{
        .subjects = subjects, .prompts = prompts, .donors = all, .world = world.plan.name};
    auto& own = world.prototype.own_rows;
    own.clear();
    std::ranges::transform(prompts, std::back_inserter(own),
                           [](const auto& prompt) { return OwnRows{.prompt = prompt}; });
    for (std::size_t p = 0; p < world.patches.size(); ++p) {
        plan.plan(world.patches[p], donor_of[p]);
        for (std::size_t s = 0; s < subjects.size(); ++s) {
            const auto first = world.patches[p].states->first_row(static_cast<int>(s));
            own[s].from = std::min(own[s].from, first.value_or(own[s].from));
        }
    }
    return all;
}

std::size_t patch_bytes(const OpenedWorld& world) {
    std::size_t bytes = 0;
    for (const auto& patch : world.patches) {
        bytes += patch.states->bytes();
    }
    return bytes;
}

void capture_states(const OpenedWorld& world, const DonorPrompts& donors, Evaluator& evaluator,
                    int parallel) {
    const auto nothing = std::make_shared<const Tokens>(Tokens{0});  // written after, never read
    std::vector<Passage> passages;
    for (const auto& donor : donors) {
        passages.push_back({.prompts = {donor}, .written = nothing});
    }
    Lockstep lockstep({{.evaluator = &evaluator}}, parallel, 1);
    lockstep.read(passages, [](const LockstepRow&) {});
    for (const auto& patch : world.patches) {
        for (int d = 0; d < static_cast<int>(donors.size()); ++d) {
            if (patch.states->first_donor_row(d) && !patch.states->has_captured(d)) {
                fail({.where = "capture_states",
                      .expected = "world '" + world.plan.name + "' to act at " + patch.item.site +
                                  " in the last layer",
                      .came = "rows of the prompt that are no more there",
                      .advice = "only the last row, rows=-1, goes through all of the last layer"});
            }
        }
    }
}

}  // namespace otherwise
