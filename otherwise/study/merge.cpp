#include "otherwise/study/merge.h"

#include <string>

#include "otherwise/base/error.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/new_database.h"
#include "otherwise/study/run_reader.h"
#include "otherwise/study/same_study.h"
#include "otherwise/study/schema.h"
#include "otherwise/study/sound_rows.h"

namespace otherwise {
namespace {

/// The first file's head, nothing done yet, no shard. Checks that all belong together.
RunHead common_head(const std::vector<std::filesystem::path>& inputs, bool force) {
    if (inputs.empty()) {
        misuse({.where = "merge_runs", .expected = "run files to put together", .came = "none"});
    }
    RunHead head = RunReader(inputs.front()).head();
    for (const auto& path : inputs) {
        const RunReader run(path);
        require_same(head, run.head(), inputs.front().string(), "'" + path.string() + "'", force);
        require_sound_results(run);
    }
    head.shard = {};
    for (auto& string : head.strings) {
        string.state = StringState::waiting;
    }
    return head;
}

/// Copies what the attached file `part` has and `main` has not, in the caller's transaction.
void copy_part(Database& database) {
    database.run(
        "CREATE TEMP TABLE fresh AS SELECT p.string, p.state FROM part.strings p JOIN main.strings "
        "m USING (string) WHERE p.state > 0 AND m.state = 0");
    for (const char* table : {"draws", "pairs", "prompts", "laws", "outcomes"}) {
        const auto columns = columns_of(database, "part", table);  // an older file has fewer
        std::string insert = "INSERT INTO main.";
        insert.append(table).append(" (").append(columns).append(") SELECT ").append(columns);
        insert.append(" FROM part.").append(table);
        database.run(insert.append(" WHERE string IN (SELECT string FROM fresh)"));
    }
    database.run("INSERT OR IGNORE INTO main.pieces SELECT * FROM part.pieces");
    database.run("INSERT OR IGNORE INTO main.files SELECT * FROM part.files");
    database.run("INSERT OR IGNORE INTO main.probes SELECT * FROM part.probes");
    database.run(
        "UPDATE main.worlds SET acted = max(acted, (SELECT acted FROM part.worlds p WHERE "
        "p.world = main.worlds.world))");
    database.run(
        "UPDATE main.strings SET state = (SELECT state FROM fresh WHERE fresh.string = "
        "main.strings.string) WHERE string IN (SELECT string FROM fresh)");
    for (const char* columns :
         {"sittings (started, version, llama, backend, features, threads, parallel, pairs, "
          "seconds, backend_seconds, law_seconds, store_seconds)",
          "batches (finished, pairs, laws, store_seconds)"}) {
        const std::string text = columns;
        const auto open = text.find('(');
        database.run("INSERT INTO main." + text + " SELECT " +
                     text.substr(open + 1, text.size() - open - 2) + " FROM part." +
                     text.substr(0, open));
    }
    database.run("DROP TABLE fresh");
}

/// Throws Error where a token writes something else in the attached file.
void require_same_pieces(const Database& database, const Database& part) {
    const auto token = database.number(
        "SELECT token FROM part.pieces p JOIN main.pieces m USING (token) WHERE p.piece <> m.piece "
        "OR p.special <> m.special OR p.ends <> m.ends LIMIT 1");
    if (token) {
        fail({.where = "merge_runs",
              .expected = "runs of one vocabulary",
              .came = "'" + part.path().string() + "', where token " + std::to_string(*token) +
                      " writes something else",
              .advice = "one of them is damaged, or was changed"});
    }
}

void copy_from(Database& database, const Database& part) {
    database.attach(part, "part");
    require_same_pieces(database, part);
    {
        Transaction transaction(database);
        copy_part(database);
        transaction.commit();
    }
    database.run("DETACH part");
}

}  // namespace

MergeOutcome merge_runs(const std::vector<std::filesystem::path>& inputs,
                        const std::filesystem::path& out, bool force) {
    NewDatabase file(out);
    const RunHead head = common_head(inputs, force);
    MergeOutcome report{.strings = std::ssize(head.strings)};
    {
        Database database(file.path(), OpenMode::write, out);
        migrate(database);
        {
            Transaction transaction(database);
            write_head(database, head);
            database.run(
                "INSERT INTO meta VALUES ('created', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
            transaction.commit();
        }
        long all = 0;
        for (const auto& path : inputs) {
            const auto done = "SELECT count(*) FROM strings WHERE state > 0";
            const Database part(path, OpenMode::read);
            all += static_cast<long>(part.number(done).value_or(0));
            copy_from(database, part);
            report.done = static_cast<long>(database.number(done).value_or(0));
        }
        report.repeated = all - report.done;
        database.settle();  // one file, which can be renamed
    }
    file.commit();
    return report;
}

}  // namespace otherwise
