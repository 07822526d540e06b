#include "otherwise/api/live_opening.h"

#include <algorithm>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/live_states.h"
#include "otherwise/base/file_stamp.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr std::size_t kMostRemedies = 16;
// Calls stay small: what is not wanted any more ends after one, and first tokens come after one.
constexpr int kMostRows = 32;
constexpr std::size_t kOwn = std::size_t{256} << 20U;  // bytes of a study that shares with none

}  // namespace

LiveOpening::LiveOpening(Work work, std::shared_ptr<LiveKept> kept)
    : work_(std::move(work)), kept_(kept ? std::move(kept) : std::make_shared<LiveKept>(kOwn)) {
    if (!work_.models) {
        work_.models = std::make_shared<ModelCache>();
    }
}

std::set<std::string> LiveOpening::networks_of(const Study& study) const {
    Study plain = study;
    for (auto& world : plain.worlds) {
        world = at_one(std::move(world));
    }
    std::set<std::string> networks;
    for (const auto& plan : plans_of(plain, work_).all()) {
        networks.insert(network_key(plan));
    }
    return networks;
}

/// The study with one world for each network, at strength 1.
Study LiveOpening::one_each(Study study) const {
    const auto worlds = std::exchange(study.worlds, {});
    std::set<std::string> seen = networks_of(study);
    std::vector<World> each;
    for (const auto& world : worlds) {
        study.worlds = {world};
        const auto before = seen.size();
        seen.merge(networks_of(study));
        if (seen.size() > before) {
            each.push_back(at_one(world));
        }
    }
    study.worlds = std::move(each);
    study.null_strings = FloorStrings::none;
    return study;
}

SessionOptions LiveOpening::options_for(const Study& study, const Opening& how) const {
    SessionOptions options = session_options(study, work_);
    options.first_sample = how.sample;
    options.read_only = how.laws;
    options.contexts = kept_->contexts;
    options.max_rows = options.max_rows > 0 ? options.max_rows : kMostRows;
    if (how.known != nullptr) {
        options.known_strings = *how.known;
    }
    if (remedy_) {
        const FoundRemedy& remedy = *remedy_;
        KnownProbes& probes = options.known.emplace();
        probes.repack = remedy.repack;
        probes.least_rows = remedy.least_rows;
        probes.fixed = remedy.fixed;
        probes.probes.push_back({.world = "factual", .probe = {}});
        for (const auto& world : study.worlds) {
            probes.probes.push_back({.world = world.name, .probe = {}});
        }
        options.tiled = remedy.tiled;
    }
    return options;
}

bool LiveOpening::prepare(const Study& study, const LiveEvents& events) {
    auto networks = networks_of(study);
    const auto before = std::exchange(remedy_, nullptr);
    const auto found =
        std::ranges::find(remedies_, networks, [](const auto& one) { return one->networks; });
    if (found != remedies_.end()) {
        remedy_ = *found;
        std::rotate(found, found + 1, remedies_.end());
    } else {
        try {
            open(one_each(study), {}, events);
        } catch (...) {
            remedy_ = before;  // what was found before is still true
            throw;
        }
        const Session& session = opened_->session();
        remedy_ = std::make_shared<FoundRemedy>(FoundRemedy{.networks = std::move(networks),
                                                            .repack = session.repacked(),
                                                            .least_rows = session.least_rows(),
                                                            .fixed = session.fixed_calls()});
        note_tiles();
        remedies_.push_back(remedy_);
        if (remedies_.size() > kMostRemedies) {
            remedies_.erase(remedies_.begin());
        }
    }
    return before && bits_of(*before) != bits_of(*remedy_);
}

/// Where a block is long enough, the session knows whether it goes through the tiled kernel.
void LiveOpening::note_tiles() {
    const Session& session = opened_->session();
    const auto& subjects = session.subjects();
    for (int string = 0; string < static_cast<int>(subjects.size()); ++string) {
        const auto& observed = subjects[static_cast<std::size_t>(string)].observed;
        bool is_long = observed && observed->size() >= std::size_t{kTileRows};
        for (int world = -1; world < static_cast<int>(session.world_names().size()); ++world) {
            is_long = is_long || session.prompt_length(string, world) > kTileRows;
        }
        if (is_long) {
            remedy_->tiled = session.tiled();
            return;
        }
    }
}

void LiveOpening::open(const Study& study, const Opening& how, const LiveEvents& events) {
    close();
    const auto plans = plans_of(study, work_);
    const Note quiet = [](const std::string&) {};
    auto session =
        std::make_unique<Session>(plans.factual, plans.worlds, strings_of(study),
                                  options_for(study, how), events.note ? events.note : quiet);
    opened_ = std::make_unique<OpenedStudy>(study, work_, std::move(session));
    kept_->last = nullptr;
    work_.models->drop_unused();
    if (remedy_) {
        note_tiles();
    }
}

void LiveOpening::close() {
    if (opened_) {
        opened_->session().release_contexts();
        kept_->last = std::move(opened_);
    }
}

std::string LiveOpening::head(const Study& study, int sample) const {
    const auto plans = plans_of(study, work_);
    std::string head = head_of(study, sample) + network_key(plans.factual);
    head += study.chat_template.empty() ? "" : file_stamp(study.chat_template) + "\n";
    return head + (remedy_ ? bits_of(*remedy_) : "") + "\n";
}

std::vector<std::string> LiveOpening::keys(const Study& study, int sample) const {
    const auto plans = plans_of(study, work_);
    const std::string head = this->head(study, sample);
    std::vector<std::string> keys;
    for (std::size_t w = 0; w < study.worlds.size(); ++w) {
        keys.push_back(head + to_spec(study.worlds[w]) + "\n" + network_key(plans.worlds[w]));
    }
    return keys;
}

}  // namespace otherwise
