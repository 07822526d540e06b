// Run files: a whole one with changes in it, read by all that reads one. An input is a list of
// changes, four bytes each: which column of which table, which row, and one of the values below;
// what comes after a byte 0xFF is a text for a value. So inputs stay small, and SQLite's own
// checks, which are not what is looked at, are not in the way.
#include <array>
#include <filesystem>
#include <string_view>

#include "otherwise/study/compare_runs.h"
#include "otherwise/study/export.h"
#include "otherwise/study/merge.h"
#include "otherwise/study/sound_rows.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

struct Place {
    const char* table;
    const char* column;
};

constexpr std::array kPlaces = {
    Place{"meta", "value"},
    Place{"worlds", "world"},
    Place{"worlds", "name"},
    Place{"worlds", "items"},
    Place{"worlds", "null_world"},
    Place{"worlds", "nudge"},
    Place{"strings", "string"},
    Place{"strings", "id"},
    Place{"strings", "prompt_tokens"},
    Place{"strings", "observed"},
    Place{"strings", "in_null"},
    Place{"strings", "state"},
    Place{"strings", "messages"},
    Place{"strings", "donor"},
    Place{"strings", "prompt_length"},
    Place{"draws", "string"},
    Place{"draws", "sample"},
    Place{"draws", "tokens"},
    Place{"draws", "ended"},
    Place{"draws", "observed"},
    Place{"draws", "law"},
    Place{"pairs", "string"},
    Place{"pairs", "sample"},
    Place{"pairs", "world"},
    Place{"pairs", "independent"},
    Place{"pairs", "tokens"},
    Place{"pairs", "ended"},
    Place{"pairs", "lcp"},
    Place{"pairs", "margin"},
    Place{"pairs", "runner_up"},
    Place{"prompts", "tokens"},
    Place{"prompts", "world"},
    Place{"laws", "world"},
    Place{"laws", "stay"},
    Place{"laws", "p"},
    Place{"laws", "kl"},
    Place{"laws", "string"},
    Place{"outcomes", "outcomes"},
    Place{"outcomes", "world"},
    Place{"pieces", "token"},
    Place{"pieces", "piece"},
    Place{"pieces", "ends"},
    Place{"probes", "worst"},
    Place{"files", "path"},
    Place{"sittings", "threads"},
};

constexpr std::array<std::string_view, 20> kValues = {"0",
                                                      "1",
                                                      "-1",
                                                      "2",
                                                      "3",
                                                      "99",
                                                      "2147483647",
                                                      "-2147483648",
                                                      "9223372036854775807",
                                                      "1e999",
                                                      "NULL",
                                                      "x'ff'",
                                                      "''",
                                                      "'[]'",
                                                      "'[0]'",
                                                      "'[-1]'",
                                                      "'[1,2,3]'",
                                                      "'[null]'",
                                                      "'[[0,[[5,0.5]]]]'",
                                                      "'null'"};

std::string quoted(std::string_view text) {
    std::string all = "'";
    for (const char c : text) {
        all.append(c == '\'' ? 2 : 1, c == '\0' ? ' ' : c);
    }
    return all + "'";
}

/// The statements of an input.
std::string changes_of(std::string_view input) {
    const auto text = std::min(input.find('\xFF'), input.size());
    const std::string own = text < input.size() ? quoted(input.substr(text + 1)) : "NULL";
    std::string sql;
    for (std::size_t i = 0; i + 4 <= text; i += 4) {
        const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(input[i + k]); };
        const auto& [table, column] = kPlaces[byte(0) % kPlaces.size()];
        const std::size_t value = byte(2) % (kValues.size() + 1);
        sql += std::string("UPDATE OR IGNORE ") + table + " SET " + column + " = " +
               (value < kValues.size() ? std::string(kValues[value]) : own) + " WHERE (SELECT " +
               (byte(3) % 2 == 0 ? "count(*) = " + std::to_string(byte(1)) : std::string("1")) +
               " FROM " + table + " t WHERE t." + column + " < " + table + "." + column + ");";
    }
    return sql;
}

void read_all(const std::filesystem::path& path, const std::filesystem::path& sound) {
    const WriteLines nowhere = [](const std::string&) {};
    fuzz::survive([&] { require_sound_results(RunReader(path)); });
    fuzz::survive([&] { export_jsonl(RunReader(path), nowhere); });
    fuzz::survive([&] { export_csv(RunReader(path), nowhere); });
    fuzz::survive([&] { export_laws(RunReader(path), nowhere); });
    fuzz::survive([&] { (void)compare_runs(RunReader(path), RunReader(sound)); });
    fuzz::survive([&] {
        const RunReader run(path);
        (void)run.progress();
        (void)run.sittings();
        (void)run.longest(0);
        (void)run.draws_without_law();
        run.each_draw([](auto&&...) {});
    });
    const std::filesystem::path merged = path.string() + ".merged";
    fuzz::survive([&] { (void)merge_runs({sound, path}, merged, true); });
    std::filesystem::remove(merged);
    fuzz::survive([&] { const RunWriter writer(path, test::stub_piece); });
}

/// A small run, made once, and a place for its changed copies.
class Runs {
public:
    Runs() {
        const auto scene = test::study_scene(4);
        test::write_run(scene, sound_, test::head_of(scene));
    }
    void read(const std::string& sql) const {
        std::filesystem::copy_file(sound_, changed_,
                                   std::filesystem::copy_options::overwrite_existing);
        try {
            Database database(changed_, OpenMode::write);
            database.run("PRAGMA journal_mode = DELETE");
            database.run("PRAGMA synchronous = OFF");
            database.run("PRAGMA foreign_keys = OFF");
            database.run(sql);
        } catch (const Error&) {
            return;  // not a change that SQLite makes
        }
        read_all(changed_, sound_);
    }

private:
    test::Folder folder_;
    std::filesystem::path sound_ = folder_ / "sound";
    std::filesystem::path changed_ = folder_ / "changed";
};

}  // namespace
}  // namespace otherwise

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const otherwise::Runs runs;
    runs.read(otherwise::changes_of(otherwise::fuzz::bytes_of(data, size)));
    return 0;
}
