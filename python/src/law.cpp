// The exact law of what would have stayed (otherwise/api/law.h).
#include "otherwise/api/law.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/text.h"
#include "otherwise/generate/session.h"
#include "python/src/module.h"
#include "python/src/settings.h"
#include "python/src/table.h"
#include "python/src/watch.h"

namespace nb = nanobind;

namespace otherwise::python {

nb::object table_object(SharedColumns columns);  // table.cpp

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kMostTop = 1000;
constexpr int kMostHalvings = 24;

/// The laws of strings as a table: a row for each string in each world, lists with a number for
/// each of its tokens. What has no law (a do took it away) is NaN.
class LawRows {
public:
    explicit LawRows(bool agreement) : agreement_(agreement) {
        if (agreement) {
            exact_ = &table_->column("agreement", ColumnType::reals);
        }
    }

    void add(const StringLaw& law, const Session& session) {
        string_.add(to_utf8(session.subjects()[static_cast<std::size_t>(law.string)].id));
        sample_.add(std::int64_t{law.sample});
        world_.add(session.world_names()[static_cast<std::size_t>(law.world)]);
        observed_.add_flag(law.observed);
        unchanged_.add(law.prefix.unchanged);
        expected_lcp_.add(law.prefix.expected_lcp);
        log_p_.add(law.log_p);
        log_q_.add(law.log_q);
        low_.add(law.bounds.low);
        high_.add(law.bounds.high);
        token_low_.add(law.token_bounds.low);
        token_high_.add(law.token_bounds.high);
        add_tokens(law, session);
        ++table_->rows;
    }
    [[nodiscard]] SharedColumns table() const { return table_; }
    [[nodiscard]] const std::map<Token, std::string>& pieces() const { return pieces_; }

private:
    void add_tokens(const StringLaw& law, const Session& session) {
        for (const Token token : law.written->tokens) {
            if (!pieces_.contains(token)) {
                pieces_.emplace(token, to_utf8(session.model().piece(token, true)));
            }
        }
        tokens_.add(law.written->tokens);
        stay_.add(law.stay);
        survival_.add(law.prefix.survival);
        p_.add(spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_p); }));
        q_.add(spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_q); }));
        kl_.add(spread(law, [&](std::size_t i) { return law.at[i].kl; }));
        same_draw_.add(spread(law, [&](std::size_t i) { return law.at[i].same_draw; }));
        if (agreement_) {
            exact_->add(spread(law, [&](std::size_t i) { return law.agreement.at(i); }));
        }
    }
    /// One number a token from one a scored position.
    template <typename Value>
    [[nodiscard]] static std::vector<double> spread(const StringLaw& law, const Value& value) {
        std::vector<double> all(law.stay.size(), kNone);
        for (std::size_t i = 0; i < law.scored.size(); ++i) {
            all[static_cast<std::size_t>(law.scored[i])] = value(i);
        }
        return all;
    }

    bool agreement_;
    std::map<Token, std::string> pieces_;
    std::shared_ptr<Columns> table_ = std::make_shared<Columns>();
    Column& string_ = table_->column("string", ColumnType::text);
    Column& sample_ = table_->column("sample", ColumnType::whole);
    Column& world_ = table_->column("world", ColumnType::text);
    Column& observed_ = table_->column("observed", ColumnType::flag);
    Column& unchanged_ = table_->column("unchanged", ColumnType::real);
    Column& expected_lcp_ = table_->column("expected_lcp", ColumnType::real);
    Column& log_p_ = table_->column("log_p", ColumnType::real);
    Column& log_q_ = table_->column("log_q", ColumnType::real);
    Column& low_ = table_->column("bounds_low", ColumnType::real);
    Column& high_ = table_->column("bounds_high", ColumnType::real);
    Column& token_low_ = table_->column("token_bounds_low", ColumnType::real);
    Column& token_high_ = table_->column("token_bounds_high", ColumnType::real);
    Column& tokens_ = table_->column("tokens", ColumnType::tokens);
    Column& stay_ = table_->column("stay", ColumnType::reals);
    Column& survival_ = table_->column("survival", ColumnType::reals);
    Column& p_ = table_->column("p", ColumnType::reals);
    Column& q_ = table_->column("q", ColumnType::reals);
    Column& kl_ = table_->column("kl", ColumnType::reals);
    Column& same_draw_ = table_->column("same_draw", ColumnType::reals);
    Column* exact_ = nullptr;  ///< the exact agreement, where it was asked for
};

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
    LawRows rows(asked.settings.agreement);
    std::vector<std::string> doubted;
    auto json = asked.watch.run([&] {
        OpenedLaw opened = asked.open();
        LawEvents events = asked.events();
        events.on_string = [&](const StringLaw& law) {
            if (is_written(opened.study(), law.role)) {
                rows.add(law, opened.session());
            }
        };
        const LawTable table = law_table(opened, events);
        asked.close(opened, table.report);
        doubted = doubts(table);
        return to_json(table);
    });
    return nb::make_tuple(json, table_object(rows.table()), rows.pieces(), doubted,
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
