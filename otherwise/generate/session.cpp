#include "otherwise/generate/session.h"

#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/world/prompt.h"

namespace otherwise {

Session::Session(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
                 const std::vector<InputString>& strings, SessionOptions options,
                 std::function<void(const std::string&)> note)
    : factual_plan_(factual),
      plans_(worlds),
      options_(std::move(options)),
      may_repack_(options_.open.model.repack),
      note_(std::move(note)) {
    if (options_.known && options_.known->repack && !may_repack_) {
        options_.known.reset();
    }
    if (options_.known) {
        options_.open.model.repack = options_.known->repack;
        least_rows_ = options_.known->least_rows;
        fixed_ = options_.known->fixed;
    }
    open(factual, worlds);
    const Token end = factual_.plan.prompt.chat
                          ? turn_end(*factual_.model, chat_options(factual_.plan.prompt))
                          : factual_.model->eos();
    subjects_ = prepare(strings, *factual_.model, options_.split, end);
    check_masked();
    plan();
    check_forces();
    probe();
    choose_shapes();
}

void Session::open(const WorldPlan& factual, const std::vector<WorldPlan>& worlds) {
    shelf_ = std::make_unique<ModelShelf>(options_.open.model, options_.models);
    factual_ = {};
    worlds_.clear();
    floors_.clear();  // they hold models, too
    names_.clear();
    const auto model = shelf_->get(factual);
    factual_ = open_world(factual, *shelf_, *model, options_.open);
    for (const auto& plan : worlds) {
        worlds_.push_back(open_world(plan, *shelf_, *model, options_.open));
        names_.push_back(plan.name);
    }
    if (options_.null_strings != FloorStrings::none) {
        floors_.push_back({.role = WorldRole::null, .world = factual_});
        names_.emplace_back("null");
    }
    open_nudges();
    find_masked();
    prepare_contexts();
}

/// A remedy may do without flash attention where the world leaves that open.
std::string Session::attention_of(const WorldPlan& plan) const {
    return plan.flash_attention == "auto" && !fixed_.flash_attention ? "off" : plan.flash_attention;
}

/// What a session's contexts have in common.
void Session::prepare_contexts() {
    const auto prepare = [this](OpenedWorld& world) {
        world.prototype.tiled = tiled_;
        world.prototype.fixed = fixed_;
        world.prototype.flash_attention = attention_of(world.plan);
    };
    prepare(factual_);
    std::ranges::for_each(worlds_, prepare);
    for (auto& floor : floors_) {
        prepare(floor.world);
    }
}

const OpenedWorld& Session::world_at(std::size_t index) const {
    return index < worlds_.size() ? worlds_[index] : floors_[index - worlds_.size()].world;
}

void Session::check_forces() const {
    int longest_limit = 0;
    for (const auto& subject : subjects_) {
        longest_limit =
            std::max(longest_limit, subject.observed ? static_cast<int>(subject.observed->size())
                                                     : options_.tokens);
    }
    for (const auto& world : worlds_) {
        if (!world.forced.empty() && world.forced.begin()->first >= longest_limit) {
            misuse({.where = "Session",
                    .expected = item_kind("do") + " within the strings' " +
                                std::to_string(longest_limit) + " tokens",
                    .came = "position " + std::to_string(world.forced.begin()->first) +
                            " in world '" + world.plan.name + "'",
                    .advice = "choose an earlier position or raise " + setting("tokens")});
        }
    }
}

}  // namespace otherwise
