// What is in a run file, as tables; its page; a view of it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "otherwise/api/report.h"
#include "otherwise/api/run_file.h"
#include "otherwise/base/text.h"
#include "otherwise/page/assets.h"
#include "otherwise/study/run_folder.h"
#include "python/src/module.h"
#include "python/src/table.h"
#include "python/src/words.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace otherwise::python {

nb::object table_object(SharedColumns columns);  // table.cpp

namespace {

std::string end_of(const Written& written) { return written.ended ? "eog" : "limit"; }

/// The law of a pair, kept until the pair comes.
struct PairLaw {
    std::vector<double> stay;
    double unchanged = 0.0;
    double expected_lcp = 0.0;
};
using LawOfPair = std::map<std::tuple<int, int, int>, PairLaw>;

LawOfPair laws_of(const StoredRun& run, RunPart part) {
    LawOfPair laws;
    run.each_law(
        [&](const StringLaw& law) {
            laws[{law.string, law.sample, law.world}] = {.stay = law.stay,
                                                         .unchanged = law.prefix.unchanged,
                                                         .expected_lcp = law.prefix.expected_lcp};
        },
        part);
    return laws;
}

/// One row for each pair whose line `run --jsonl` writes.
class PairTable {
public:
    PairTable(const StoredRun& run, RunPart part) : run_(run), laws_(laws_of(run, part)) {}

    void add(const Pair& pair) {
        const RunHead& head = run_.head();
        const auto& subject = head.strings[static_cast<std::size_t>(pair.string)].subject;
        string_.add(to_utf8(subject.id));
        sample_.add(std::int64_t{pair.sample});
        world_.add(head.worlds[static_cast<std::size_t>(pair.world)].name);
        independent_.add_flag(pair.independent);
        observed_.add_flag(pair.observed);
        prompt_.add(to_utf8(subject.prompt));
        factual_.add(to_utf8(run_.text(*pair.factual)));
        factual_end_.add(end_of(*pair.factual));
        factual_tokens_.add(pair.factual->tokens);
        counterfactual_.add(to_utf8(run_.text(pair.counterfactual)));
        counterfactual_end_.add(end_of(pair.counterfactual));
        counterfactual_tokens_.add(pair.counterfactual.tokens);
        lcp_.add(std::int64_t{pair.lcp});
        unchanged_.add_flag(pair.unchanged());
        margin_.add(pair.margin);
        add_law(pair);
        ++table_->rows;
    }
    [[nodiscard]] SharedColumns done() const { return table_; }

private:
    void add_law(const Pair& pair) {
        const auto found = laws_.find({pair.string, pair.sample, pair.world});
        if (pair.independent || found == laws_.end()) {
            stay_.add_none();
            p_unchanged_.add_none();
            expected_lcp_.add_none();
            return;
        }
        stay_.add(found->second.stay);
        p_unchanged_.add(found->second.unchanged);
        expected_lcp_.add(found->second.expected_lcp);
    }

    const StoredRun& run_;
    LawOfPair laws_;
    std::shared_ptr<Columns> table_ = std::make_shared<Columns>();
    Column& string_ = table_->column("string", ColumnType::text);
    Column& sample_ = table_->column("sample", ColumnType::whole);
    Column& world_ = table_->column("world", ColumnType::text);
    Column& independent_ = table_->column("independent", ColumnType::flag);
    Column& observed_ = table_->column("observed", ColumnType::flag);
    Column& prompt_ = table_->column("prompt", ColumnType::text);
    Column& factual_ = table_->column("factual", ColumnType::text);
    Column& factual_end_ = table_->column("factual_end", ColumnType::text);
    Column& factual_tokens_ = table_->column("factual_tokens", ColumnType::tokens);
    Column& counterfactual_ = table_->column("counterfactual", ColumnType::text);
    Column& counterfactual_end_ = table_->column("counterfactual_end", ColumnType::text);
    Column& counterfactual_tokens_ = table_->column("counterfactual_tokens", ColumnType::tokens);
    Column& lcp_ = table_->column("lcp", ColumnType::whole);
    Column& unchanged_ = table_->column("unchanged", ColumnType::flag);
    Column& margin_ = table_->column("margin", ColumnType::real);
    Column& stay_ = table_->column("stay", ColumnType::reals);
    Column& p_unchanged_ = table_->column("p_unchanged", ColumnType::real);
    Column& expected_lcp_ = table_->column("expected_lcp", ColumnType::real);
};

SharedColumns pairs_of(const StoredRun& run, RunPart part) {
    PairTable table(run, part);
    run.each_pair(
        [&](const Pair& pair) {
            const RunHead& head = run.head();
            if (pair.role == WorldRole::change ||
                (pair.role == WorldRole::null ? head.all_null : head.all_nudge)) {
                table.add(pair);
            }
        },
        part);
    return table.done();
}

SharedColumns pair_table(const StoredRun& run) { return pairs_of(run, {}); }

/// The same table part by part, some strings at a time.
class PairBatches {
public:
    PairBatches(const std::string& path, bool force, int strings)
        : run_(open_run(path, force)), at_once_(strings) {}

    /// None after the last.
    [[nodiscard]] nb::object next() {
        const auto all = static_cast<int>(run_->head().strings.size());
        if (first_ >= all) {
            return nb::none();
        }
        SharedColumns table;
        {
            const nb::gil_scoped_release release;
            const int end = std::min(all, first_ + at_once_);
            table = pairs_of(*run_, {.strings = end, .first = first_});
            first_ = end;
        }
        return table_object(std::move(table));
    }

private:
    std::unique_ptr<StoredRun> run_;
    int at_once_;
    int first_ = 0;
};

/// One row for each factual string.
SharedColumns string_table(const StoredRun& run) {
    auto table = std::make_shared<Columns>();
    Column& string = table->column("string", ColumnType::text);
    Column& sample = table->column("sample", ColumnType::whole);
    Column& observed = table->column("observed", ColumnType::flag);
    Column& prompt = table->column("prompt", ColumnType::text);
    Column& text = table->column("text", ColumnType::text);
    Column& end = table->column("end", ColumnType::text);
    Column& tokens = table->column("tokens", ColumnType::tokens);
    run.each_draw([&](int index, int draw, bool is_observed, const auto& written) {
        const auto& subject = run.head().strings[static_cast<std::size_t>(index)].subject;
        string.add(to_utf8(subject.id));
        sample.add(std::int64_t{draw});
        observed.add_flag(is_observed);
        prompt.add(to_utf8(subject.prompt));
        text.add(to_utf8(run.text(*written)));
        end.add(end_of(*written));
        tokens.add(written->tokens);
        ++table->rows;
    });
    return table;
}

template <SharedColumns (*Make)(const StoredRun&)>
nb::object read_table(const std::string& path, bool force) {
    SharedColumns table;
    {
        const nb::gil_scoped_release release;
        table = Make(*open_run(path, force));
    }
    return table_object(std::move(table));
}

const char* role_name(WorldRole role) {
    constexpr const char* kNames[] = {"change", "null", "nudge"};
    return kNames[static_cast<std::size_t>(role)];
}

nb::typed<nb::dict, std::string, nb::any> head_of_run(const std::string& path, bool force) {
    const auto run = open_run(path, force);
    const RunHead& head = run->head();
    const auto progress = run->progress();
    nb::list worlds;
    for (const auto& world : head.worlds) {
        worlds.append(nb::make_tuple(world.name, role_name(world.role), world.items));
    }
    nb::dict all;
    all["model"] = head.model;
    all["created"] = head.created;
    all["seed"] = head.seed;
    all["samples"] = head.samples;
    all["tokens"] = head.tokens;
    all["laws"] = head.laws;
    all["worlds"] = worlds;
    all["strings"] = progress.strings;
    all["done"] = progress.done;
    all["finished"] = run->finished();
    all["missing"] = run->missing_shards();
    return all;
}

std::string page_of(const std::string& path, const ReportSettings& settings, const Work& work) {
    return render_report(report(path, settings, work));
}

std::string page_data(const std::string& path, int strings, bool force) {
    return report_json(report(path, {.strings = strings, .force = force}));
}

}  // namespace

void bind_results(nb::module_& module) {
    using Release = nb::call_guard<nb::gil_scoped_release>;
    module.def("run_pairs", &read_table<&pair_table>, "path"_a, "force"_a = false);
    nb::class_<PairBatches>(module, "PairBatches")
        .def(nb::init<std::string, bool, int>(), "path"_a, "force"_a, "strings"_a)
        .def("next", &PairBatches::next);
    module.def("run_strings", &read_table<&string_table>, "path"_a, "force"_a = false);
    module.def("run_head", &head_of_run, "path"_a, "force"_a = false);
    module.def(
        "stored_result",
        [](const std::string& path, bool force) { return to_json(stored_result(path, force)); },
        "path"_a, "force"_a = false, Release());
    module.def(
        "stored_warnings",
        [](const std::string& path, bool force) {
            std::vector<std::string> warnings;
            for (const auto& warning : stored_result(path, force).warnings) {
                warnings.push_back(python_text(warning));
            }
            return warnings;
        },
        "path"_a, "force"_a = false, Release());
    module.def(
        "run_floor",
        [](const std::string& path, bool force) {
            const NullFloor floor = null_floor(path, force);
            return std::tuple(floor.strings, floor.diverged, floor.margin);
        },
        "path"_a, "force"_a = false, Release());
    nb::class_<ReportSettings>(module, "ReportSettings")
        .def(nb::init<>())
        .def_rw("title", &ReportSettings::title)
        .def_rw("strings", &ReportSettings::strings)
        .def_rw("targets", &ReportSettings::targets)
        .def_rw("off_targets", &ReportSettings::off_targets)
        .def_rw("embedder", &ReportSettings::embedder)
        .def_rw("e5", &ReportSettings::e5)
        .def_rw("gpu_layers", &ReportSettings::gpu_layers)
        .def_rw("no_repack", &ReportSettings::no_repack)
        .def_rw("force", &ReportSettings::force);
    module.def("report_page", &page_of, "path"_a, "settings"_a, "work"_a, Release());
    module.def("report_data", &page_data, "path"_a, "strings"_a, "force"_a = false, Release());
    module.def("page_asset", [](const std::string& name) { return std::string(page_asset(name)); });
}

}  // namespace otherwise::python
