#include "otherwise/study/new_database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/study/database.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using test::Folder;

void put(const std::filesystem::path& path, int value) {
    std::ofstream(path).flush();
    Database database(path, OpenMode::write);
    database.run("CREATE TABLE t (a); INSERT INTO t VALUES (" + std::to_string(value) + ")");
}

/// A WAL with the value 1 that has lost its database, as after a kill and an `rm run.db`.
void leave_wal(const Folder& folder) {
    const auto old = folder / "run.db";
    Database database(old, OpenMode::create);
    database.run("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    std::filesystem::copy_file(old.string() + "-wal", folder / "kept");
    std::filesystem::remove(old);
}

TEST(NewDatabase, IsNotWhatALostDatabaseHasLeft) {
    const Folder folder;
    leave_wal(folder);
    std::filesystem::rename(folder / "kept", folder / "run.db-wal");
    NewDatabase file(folder / "run.db");
    put(file.path(), 2);
    file.commit();
    EXPECT_FALSE(std::filesystem::exists(folder / "run.db-wal"));
    EXPECT_EQ(Database(folder / "run.db", OpenMode::read).number("SELECT a FROM t"), 2);
}

TEST(NewDatabase, TheWalOfALostDatabaseWouldBePlayedIntoAnother) {  // the control
    const Folder folder;
    leave_wal(folder);
    put(std::filesystem::path(folder / "new.db"), 2);
    std::filesystem::rename(folder / "new.db", folder / "run.db");
    std::filesystem::rename(folder / "kept", folder / "run.db-wal");
    EXPECT_EQ(Database(folder / "run.db", OpenMode::read).number("SELECT a FROM t"), 1);
}

TEST(NewDatabase, IsWholeOrAbsent) {
    const Folder folder;
    {
        const NewDatabase file(folder / "run.db");
        put(file.path(), 1);
        EXPECT_FALSE(std::filesystem::exists(folder / "run.db"));
    }
    const auto parent = (folder / "run.db").parent_path();
    EXPECT_TRUE(std::filesystem::is_empty(parent));
}

TEST(NewDatabase, ReplacesNothing) {
    const Folder folder;
    NewDatabase late(folder / "run.db");
    put(late.path(), 1);
    std::ofstream(folder / "run.db") << "kept";
    EXPECT_ERROR(NewDatabase(folder / "run.db"), "which is there already");
    EXPECT_ERROR(late.commit(), "which is there already");
    EXPECT_EQ(std::filesystem::file_size(folder / "run.db"), 4U);
}

}  // namespace
}  // namespace otherwise
