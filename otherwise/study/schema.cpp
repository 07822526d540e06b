#include "otherwise/study/schema.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::int64_t kApplication = 0x6f746877;  // "othw"

struct Migration {
    const char* name;
    const char* sql;
};

constexpr const char* kRuns = R"(
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE worlds (
    world INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    items TEXT NOT NULL,
    description TEXT NOT NULL,
    null_world INTEGER NOT NULL,
    acted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE probes (
    world TEXT PRIMARY KEY,
    invariant INTEGER NOT NULL,
    worst REAL,
    shape TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE strings (
    string INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    prompt TEXT NOT NULL,
    prompt_tokens TEXT,
    prompt_length INTEGER NOT NULL,
    observed TEXT,
    in_null INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE draws (
    string INTEGER NOT NULL REFERENCES strings,
    sample INTEGER NOT NULL,
    tokens TEXT NOT NULL,
    ended INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    text TEXT NOT NULL,
    law INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (string, sample)
) WITHOUT ROWID;
CREATE TABLE pairs (
    string INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    world INTEGER NOT NULL,
    independent INTEGER NOT NULL,
    tokens TEXT NOT NULL,
    ended INTEGER NOT NULL,
    lcp INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    margin REAL,
    text TEXT NOT NULL,
    PRIMARY KEY (string, sample, world, independent),
    FOREIGN KEY (string, sample) REFERENCES draws
) WITHOUT ROWID;
CREATE TABLE prompts (
    string INTEGER NOT NULL,
    world INTEGER NOT NULL,
    tokens TEXT NOT NULL,
    PRIMARY KEY (string, world)
) WITHOUT ROWID;
CREATE TABLE laws (
    string INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    world INTEGER NOT NULL,
    expected_lcp REAL NOT NULL,
    unchanged REAL NOT NULL,
    stay TEXT NOT NULL,
    p TEXT NOT NULL,
    q TEXT NOT NULL,
    kl TEXT NOT NULL,
    same_draw TEXT NOT NULL,
    same_top TEXT NOT NULL,
    PRIMARY KEY (string, sample, world),
    FOREIGN KEY (string, sample) REFERENCES draws
) WITHOUT ROWID;
CREATE TABLE outcomes (
    string INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    world INTEGER NOT NULL,
    outcomes TEXT NOT NULL,
    PRIMARY KEY (string, sample, world),
    FOREIGN KEY (string, sample, world) REFERENCES laws
) WITHOUT ROWID;
CREATE TABLE pieces (
    token INTEGER PRIMARY KEY,
    piece BLOB NOT NULL,
    special BLOB NOT NULL,
    ends INTEGER NOT NULL
);
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    finished TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    laws INTEGER NOT NULL,
    store_seconds REAL NOT NULL
);
CREATE TABLE sittings (
    sitting INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    version TEXT NOT NULL,
    llama TEXT NOT NULL,
    backend TEXT NOT NULL,
    features TEXT NOT NULL,
    threads INTEGER NOT NULL,
    parallel INTEGER NOT NULL,
    pairs INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    backend_seconds REAL NOT NULL DEFAULT 0,
    law_seconds REAL NOT NULL DEFAULT 0,
    store_seconds REAL NOT NULL DEFAULT 0
);
)";

// null_world is the number of a WorldRole: 2 is a nudge.
constexpr const char* kNudges = R"(
ALTER TABLE worlds ADD COLUMN nudge TEXT;
ALTER TABLE strings ADD COLUMN in_nudge INTEGER NOT NULL DEFAULT 0;
)";

constexpr const char* kChats = R"(
ALTER TABLE strings ADD COLUMN messages TEXT;
)";

constexpr const char* kDonors = R"(
ALTER TABLE strings ADD COLUMN donor TEXT;
)";

// The second of the race at the divergence, and the nats by which it lost.
constexpr const char* kDivergences = R"(
ALTER TABLE pairs ADD COLUMN runner_up INTEGER;
ALTER TABLE pairs ADD COLUMN runner_up_margin REAL;
)";

// Lists of tokens and probabilities are packed from here on (packed_list.h); those that are there
// stay as they are, and versions before this one read none that are not.
constexpr const char* kPacked = "";

constexpr Migration kMigrations[] = {{.name = "0001 runs", .sql = kRuns},
                                     {.name = "0002 nudges", .sql = kNudges},
                                     {.name = "0003 chats", .sql = kChats},
                                     {.name = "0004 donors", .sql = kDonors},
                                     {.name = "0005 divergences", .sql = kDivergences},
                                     {.name = "0006 packed lists", .sql = kPacked}};

std::set<std::string> applied(const Database& database) {
    std::set<std::string> names;
    if (database.number("SELECT count(*) FROM sqlite_master WHERE name = 'migrations'") == 1) {
        auto statement = database.prepare("SELECT name FROM migrations");
        while (statement.step()) {
            names.emplace(statement.text(0));
        }
    }
    return names;
}

bool is_known(const std::string& name) {
    return std::ranges::any_of(kMigrations, [&](const auto& m) { return name == m.name; });
}

/// Throws Error unless the file is empty or ours, and no newer than this program.
std::set<std::string> checked(const Database& database) {
    const auto tables = database.number("SELECT count(*) FROM sqlite_master").value_or(0);
    const std::string name = "'" + database.path().string() + "'";
    if (tables > 0 && database.number("PRAGMA application_id") != kApplication) {
        fail({.where = "require_schema",
              .expected = "a run file of otherwise",
              .came = name + ", another program's database",
              .advice = "run files are made by `otherwise run -o`"});
    }
    const auto* made =
        "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index') OR "
        "sql LIKE 'CREATE VIRTUAL%'";
    if (database.number(made) != 0) {  // it would act, or be made up, as it is read
        fail({.where = "require_schema",
              .expected = "a run file of otherwise, which is tables alone",
              .came = name + " with views, triggers or virtual tables",
              .advice = "run files are made by `otherwise run -o`"});
    }
    auto names = applied(database);
    for (const auto& migration : names) {
        if (!is_known(migration)) {
            fail({.where = "require_schema",
                  .expected = "a run file of this version of otherwise or an older one",
                  .came =
                      std::string(name).append(" with the newer schema '").append(migration) + "'",
                  .advice = "use the version that made it, or a newer one"});
        }
    }
    return names;
}

}  // namespace

void migrate(Database& database) {
    const auto names = checked(database);
    for (const auto& migration : kMigrations) {
        if (names.contains(migration.name)) {
            continue;
        }
        Transaction transaction(database);
        if (names.empty() && migration.name == kMigrations[0].name) {
            database.run("PRAGMA application_id = " + std::to_string(kApplication));
            database.run("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied TEXT NOT NULL)");
        }
        database.run(migration.sql);
        auto record = database.prepare(
            "INSERT INTO migrations VALUES (?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
        record.bind(0, std::string_view(migration.name));
        record.run();
        transaction.commit();
    }
}

void require_ours(const Database& database) {
    if (checked(database).empty()) {
        fail({.where = "require_ours",
              .expected = "a run file of otherwise",
              .came = "'" + database.path().string() + "', an empty one",
              .advice = "run files are made by `otherwise run -o`"});
    }
}

void require_schema(const Database& database) {
    const auto names = checked(database);
    for (const auto& migration : kMigrations) {
        if (!names.contains(migration.name)) {
            fail({.where = "require_schema",
                  .expected = "a run file of otherwise",
                  .came = "'" + database.path().string() + "' without '" + migration.name + "'",
                  .advice = "run files are made by `otherwise run -o`"});
        }
    }
}

std::string column_or_null(const Database& database, const std::string& table,
                           const std::string& name) {
    auto count = database.prepare("SELECT count(*) FROM pragma_table_info(?) WHERE name = ?");
    count.bind(0, std::string_view(table));
    count.bind(1, std::string_view(name));
    return count.step() && count.integer(0) == 1 ? name : "NULL";
}

std::string columns_of(const Database& database, const std::string& schema,
                       const std::string& table) {
    auto names = database.prepare(
        "SELECT group_concat('\"' || replace(name, '\"', '\"\"') || '\"', ', ') FROM "
        "pragma_table_info(?, ?)");
    names.bind(0, std::string_view(table));
    names.bind(1, std::string_view(schema));
    return names.step() ? std::string(names.text(0)) : "";
}

}  // namespace otherwise
