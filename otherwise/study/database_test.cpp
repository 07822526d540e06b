#include "otherwise/study/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "otherwise/study/schema.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

TEST(Database, KeepsValuesOfEveryKind) {
    const Folder folder;
    Database database(folder / "a.db", OpenMode::create);
    database.run("CREATE TABLE t (a, b, c, d, e)");
    auto insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
    insert.bind(0, std::numeric_limits<std::int64_t>::min());
    insert.bind(1, 0.1);
    insert.bind(2, std::string_view("a\0b", 3));
    insert.bind_blob(3, std::string_view("\xff\x00", 2));
    insert.bind(4, std::nan(""));
    insert.run();
    auto row = database.prepare("SELECT * FROM t");
    ASSERT_TRUE(row.step());
    EXPECT_EQ(row.integer(0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row.real(1), 0.1);
    EXPECT_EQ(row.text(2), std::string_view("a\0b", 3));
    EXPECT_EQ(row.text(3), std::string_view("\xff\x00", 2));
    EXPECT_TRUE(row.is_null(4));
    EXPECT_FALSE(row.step());
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 1);
    EXPECT_EQ(database.number("SELECT e FROM t"), std::nullopt);
}

TEST(Database, TransactionsRollBackUnlessCommitted) {
    const Folder folder;
    Database database(folder / "a.db", OpenMode::create);
    database.run("CREATE TABLE t (a)");
    try {
        const Transaction transaction(database);
        database.run("INSERT INTO t VALUES (1)");
        throw std::runtime_error("on the way");
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 0);
    Transaction transaction(database);
    database.run("INSERT INTO t VALUES (1)");
    transaction.commit();
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 1);
}

TEST(Database, AFullDiskLeavesTheFileAsItWas) {
    const Folder folder;
    Database database(folder / "a.db", OpenMode::create);
    database.run("CREATE TABLE t (a); INSERT INTO t VALUES ('kept')");
    database.run("PRAGMA max_page_count = 8");  // as if the disk ended there
    const auto fill = [&] {
        Transaction transaction(database);
        auto insert = database.prepare("INSERT INTO t VALUES (randomblob(3000))");
        for (int i = 0; i < 100; ++i) {
            insert.run();
        }
        transaction.commit();
    };
    EXPECT_ERROR(fill(), "make room, then `resume`");
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 1);
    database.run("PRAGMA max_page_count = 1000");
    fill();
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 101);
}

TEST(Database, SaysWhatIsWrongWithAFile) {
    const Folder folder;
    const auto open = [&](const std::string& name) {
        const Database database(folder / name, OpenMode::read);
        require_schema(database);
    };
    EXPECT_ERROR(open("none.db"), "no such file");
    std::filesystem::create_directory(folder / "folder");
    EXPECT_ERROR(open("folder"), "a folder");
    std::ofstream(folder / "text.db") << "this is no database, but long enough to look like one";
    EXPECT_ERROR(open("text.db"), "a run file of otherwise");
    std::ofstream(folder / "empty.db").flush();
    EXPECT_ERROR(open("empty.db"), "a run file of otherwise");
    EXPECT_ERROR(Database(folder / "text.db", OpenMode::create), "which is there already");
}

TEST(Database, AnotherProcessesLockIsAnError) {
    const Folder folder;
    Database one(folder / "a.db", OpenMode::create);
    one.run("CREATE TABLE t (a)");
    const Transaction transaction(one);
    Database two(folder / "a.db", OpenMode::write);
    EXPECT_ERROR(Transaction{two}, "another process has locked");
    EXPECT_EQ(two.number("SELECT count(*) FROM t"), 0);  // readers go on
}

TEST(Schema, OtherDatabasesAndNewerSchemasAreRefused) {
    const Folder folder;
    {
        Database other(folder / "other.db", OpenMode::create);
        other.run("CREATE TABLE t (a)");
        EXPECT_ERROR(migrate(other), "another program's database");
        Database ours(folder / "ours.db", OpenMode::create);
        migrate(ours);
        migrate(ours);  // again: nothing to do
        require_schema(ours);
        ours.run("INSERT INTO migrations VALUES ('9999 next', 'now')");
        EXPECT_ERROR(require_schema(ours), "the newer schema '9999 next'");
    }
    EXPECT_ERROR(RunReader(folder / "ours.db"), "the newer schema");
    EXPECT_ERROR(RunWriter(folder / "ours.db", test::stub_piece), "the newer schema");
}

TEST(Schema, AMigrationIsWholeOrAbsent) {
    const Folder folder;
    Database database(folder / "a.db", OpenMode::create);
    database.run("PRAGMA max_page_count = 10");  // the tables do not fit
    EXPECT_ERROR(migrate(database), "to write");
    EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master"), 0);
    database.run("PRAGMA max_page_count = 1000");
    migrate(database);
    require_schema(database);
}

}  // namespace
}  // namespace otherwise
