// What a session says to people before a long run.
#include <algorithm>

#include "otherwise/base/megabytes.h"
#include "otherwise/base/setting.h"
#include "otherwise/generate/session.h"
#include "otherwise/world/prompt.h"

namespace otherwise {

/// Prompts that are written with the start token which the model adds.
std::size_t Session::written_starts() const {
    const Token bos = factual_.model->bos();
    if (bos < 0 || factual_.plan.prompt.chat) {  // in a message they are text
        return 0;
    }
    const std::string start = factual_.model->token_name(bos);
    return static_cast<std::size_t>(std::ranges::count_if(subjects_, [&](const Subject& subject) {
        return !subject.from_tokens && subject.prompt.starts_with(start);
    }));
}

void Session::note_days(const std::function<void(const std::string&)>& note) const {
    std::vector<const Model*> models;
    const auto say = [&](const OpenedWorld& world) {
        if (!world.plan.prompt.chat || std::ranges::count(models, world.model.get()) > 0) {
            return;
        }
        models.push_back(world.model.get());
        const ChatReader chat(*world.model, chat_options(world.plan.prompt));
        if (const auto line = chat.date_note(); !line.empty()) {
            note(line);
        }
    };
    say(factual_);
    std::ranges::for_each(worlds_, say);
}

void Session::note_probes(const std::function<void(const std::string&)>& note) const {
    if (options_.fast) {
        note("batch invariance not probed (" + setting("fast") + ")");
        return;
    }
    if (!std::ranges::all_of(probes_, [](const WorldProbe& p) { return p.probe.invariant; })) {
        return;
    }
    std::string before;
    if (options_.known) {
        before = " by an earlier run";
    } else if (kept_probes_) {
        before = kept_probes_->note();
    }
    const std::string calls = fixed_.any()
                                  ? "all calls of " + std::to_string(fixed_.streams) + " × " +
                                        std::to_string(fixed_.rows) + " rows" +
                                        (fixed_.flash_attention ? "" : " without flash attention")
                                  : "at least " + std::to_string(least_rows_) + " rows a call";
    note("batch invariant: " + std::to_string(probes_.size()) +
         (probes_.size() == 1 ? " network" : " networks") + " probed" + before + ", " + calls +
         (repacked() ? "" : ", weights not repacked"));
}

void Session::notes(const std::function<void(const std::string&)>& note) const {
    const auto say = [&](const OpenedWorld& world) {
        for (const auto& line : world.notes) {
            note("world '" + world.plan.name + "': " + line);
        }
    };
    say(factual_);
    std::ranges::for_each(worlds_, say);
    for (const auto& world : worlds_) {
        if (!world.differing.empty()) {
            note(std::to_string(masked_.size()) + (masked_.size() == 1 ? " token" : " tokens") +
                 " that not every model has " + (masked_.size() == 1 ? "is" : "are") +
                 " impossible in all worlds, as " + world.first_differing + " ('" +
                 world.plan.name + "')");
            break;
        }
    }
    note_days(note);
    if (const auto n = written_starts(); n > 0) {
        note(std::to_string(n) + (n == 1 ? " prompt begins" : " prompts begin") + " with " +
             factual_.model->token_name(factual_.model->bos()) +
             ", which the model starts every text with; it is read once");
    }
    note_probes(note);
    std::string line = std::to_string(estimate_.pairs) + " pairs, " +
                       std::to_string(estimate_.memory.parallel) + " strings at once" +
                       (costs_.points().empty() ? "" : " (" + estimate_.shape_reason + ")") + ", " +
                       needed_megabytes(estimate_.memory.contexts) + " of contexts";
    if (estimate_.stored_laws > 0) {
        line += " and at most " + needed_megabytes(estimate_.stored_laws) + " of stored laws";
    }
    if (estimate_.donor_states > 0) {
        line += ", " + needed_megabytes(estimate_.donor_states) + " of donors' states";
    }
    note(line);
}

}  // namespace otherwise
