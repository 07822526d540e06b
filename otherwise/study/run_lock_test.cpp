#include "otherwise/study/run_lock.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <utility>

#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

TEST(RunLock, IsHeldByOneAtATime) {
    const test::Folder folder;
    const auto path = folder / "run.db";
    std::ofstream(path) << "x";
    std::optional<RunLock> first(path);
    EXPECT_ERROR(RunLock{path}, "another run is writing");
    std::optional<RunLock> moved(std::move(*first));
    first.reset();  // it has nothing to give back
    EXPECT_ERROR(RunLock{path}, "another run is writing");
    moved.reset();
    const RunLock second(path);
    // Where there is no file, there is nothing to lock.
    const RunLock none(folder / "none.db");
    const RunLock again(folder / "none.db");
}

}  // namespace
}  // namespace otherwise
