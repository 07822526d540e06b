// The exact law of what would have stayed (otherwise/api/law.h).
#include "otherwise/api/law.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/generate/session.h"
#include "python/src/law_rows.h"
#include "python/src/module.h"
#include "python/src/settings.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {

namespace {

constexpr int kMostTop = 1000;
constexpr int kMostHalvings = 24;

LawNames names_of(const Session& session) {
    return {
        .string =
            [&session](int string) {
                return session.subjects()[static_cast<std::size_t>(string)].id;
            },
        .world = [&session](
                     int world) { return session.world_names()[static_cast<std::size_t>(world)]; },
        .piece = [&session](Token token) { return session.model().piece(token, true); }};
}

LawSettings settings_of(const Settings& given) {
    LawSettings settings;
    given.take("corpus", settings.corpus);
    given.take("target_text", settings.target_text);
    given.take("agreement", settings.agreement);
    given.take("sweep", settings.sweep);
    given.take("threshold", settings.threshold);
    given.take_whole("halvings", settings.halvings, 1, kMostHalvings);
    given.take("law_at", settings.law_at);
    given.take_whole("top", settings.top, 1, kMostTop);
    return settings;
}

/// What every question has: a study, what is asked, how it is worked through, who is told.
struct Asked {
    const Study& study;
    LawSettings settings;
    const Work& work;
    Watch watch;

    Asked(const Study& asked, const Given& given, const Work& how, const nb::object& progress,
          const nb::object& note)
        : study(asked), settings(settings_of(Settings(given))), work(how), watch(progress, note) {}

    [[nodiscard]] OpenedLaw open() {
        check_law(study, settings);
        OpenedLaw opened = open_law(study, settings, work, watch.on_note());
        opened.session().notes(watch.on_note());
        return opened;
    }
    [[nodiscard]] LawEvents events() {
        return {.on_progress = watch.on_progress(), .cancelled = watch.cancelled()};
    }
    void close(const OpenedLaw& opened, const LawOutcome& report) {
        for (const auto& id : report.skipped) {
            watch.on_note()("skipped string '" + id + "': the factual world cannot write it");
        }
        require_laws(opened, report);
    }
};

/// (JSON, table, texts of tokens, doubts, whether Ctrl-C came before the end)
Values law_of_strings(const Study& study, const Given& given, const Work& work,
                      const nb::object& progress, const nb::object& note) {
    Asked asked(study, given, work, progress, note);
    asked.watch.keep_interrupts();
    std::optional<LawRows> rows;
    std::vector<std::string> doubted;
    auto json = asked.watch.run([&] {
        OpenedLaw opened = asked.open();
        rows.emplace(asked.settings.agreement, names_of(opened.session()));
        LawEvents events = asked.events();
        events.on_string = [&](const StringLaw& law) {
            if (is_written(opened.study(), law.role)) {
                rows->add(law);
            }
        };
        const LawTable table = law_table(opened, events);
        asked.close(opened, table.report);
        doubted = doubts(table);
        return to_json(table);
    });
    return nb::make_tuple(json, table_object(rows->table()), rows->pieces(), doubted,
                          asked.watch.interrupted());
}

/// (JSON, target, whether Ctrl-C came before the end)
Values law_of_doses(const Study& study, const Given& given, const Work& work,
                    const nb::object& progress, const nb::object& note) {
    Asked asked(study, given, work, progress, note);
    asked.watch.keep_interrupts();
    std::string target;
    auto json = asked.watch.run([&] {
        OpenedLaw opened = asked.open();
        for (const auto& world : opened.left_out) {
            asked.watch.on_note()("world '" + world + "' is left out of the sweep");
        }
        const SweepTable table = law_sweep(opened, asked.events());
        asked.close(opened, table.report);
        target = table.target;
        return to_json(table);
    });
    return nb::make_tuple(json, target, asked.watch.interrupted());
}

/// (JSON, target, low, high, whether Ctrl-C came before the end)
Values law_of_thresholds(const Study& study, const Given& given, const Work& work,
                         const nb::object& progress, const nb::object& note) {
    Asked asked(study, given, work, progress, note);
    asked.watch.keep_interrupts();
    const auto found = asked.watch.run([&] {
        OpenedLaw opened = asked.open();
        auto table = law_threshold(opened, asked.events());
        for (const auto& id : table.skipped) {
            asked.watch.on_note()("skipped string '" + id + "': the factual world cannot write it");
        }
        return table;
    });
    return nb::make_tuple(to_json(found), found.target, found.low, found.high,
                          asked.watch.interrupted());
}

/// (JSON, worlds without a law there)
Values law_of_one_token(const Study& study, const Given& given, const Work& work,
                        const nb::object& progress, const nb::object& note) {
    Asked asked(study, given, work, progress, note);
    const auto found = asked.watch.run([&] {
        OpenedLaw opened = asked.open();
        auto table = law_of_token(opened, asked.events());
        asked.close(opened, table.report);
        return table;
    });
    return nb::make_tuple(to_json(found), found.without);
}

}  // namespace

void bind_law(nb::module_& module) {
    using namespace nb::literals;
    const auto add = [&](const char* name, auto function) {
        module.def(name, function, "study"_a, "settings"_a, "work"_a, "progress"_a.none(),
                   "note"_a.none());
    };
    add("law_of_strings", &law_of_strings);
    add("law_of_doses", &law_of_doses);
    add("law_of_thresholds", &law_of_thresholds);
    add("law_of_token", &law_of_one_token);
}

}  // namespace otherwise::python
